"""Names of the clusters of a fit: a word where the features support one, else a number; what people named keeps its name.

A word says how far the customers of a cluster are from all other fitted customers in recency and in value, the usual pair
(Hughes, Strategic Database Marketing, 1994): on average, and in standard deviations of the model's own scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from string import digits
from typing import NamedTuple

from msgspec.structs import replace

from domain.segmentation.segment_model import Fitted

RECENCY = "days_since_last"
VALUE = ("orders", "frequency", "total", "monetary")
PURCHASES = frozenset((RECENCY, *VALUE, "recency", "T"))
FAR = 0.8
"""Standard deviations. Cohen (Statistical Power Analysis, 1988, https://doi.org/10.4324/9780203771587) calls this large."""

WORDS = (
    "A cluster that people have not named has a word for how far its customers are from all other fitted customers, on average"
    f" and in standard deviations of the model's scale: recent or long ago if {RECENCY} is at least {FAR} below or above;"
    f" valuable if the mean of {', '.join(VALUE)}, of those that are features, is at least {FAR} above, little if it is below."
    " champions = recent and valuable; promising = recent and little; valuable, occasional = valuable or little, neither recent"
    " nor long ago; at risk = long ago and not little; lapsed = long ago and little; steady = all others. A word that is there"
    " already has a number after it."
)
NUMBERS = (
    f"A cluster that people have not named has a number: words need the feature {RECENCY}, one of {', '.join(VALUE)}, and no"
    " feature that is not about purchases, because then a word would not say what sets the clusters apart."
)
FROM_BEFORE = (
    "A cluster that people have not named has a number: the fit was made before there were words. The next fit gives words."
)


class Position(NamedTuple):
    """How much more recent and more valuable than all others the customers of a cluster are, in standard deviations."""

    recent: float
    valuable: float

    @property
    def word(self) -> str:
        if self.recent <= -FAR:
            return "at risk" if self.valuable >= 0 else "lapsed"
        recent = self.recent >= FAR
        if self.valuable >= FAR:
            return "champions" if recent else "valuable"
        if self.valuable < 0:
            return "promising" if recent else "occasional"
        return "steady"


def support_words(fitted: Fitted) -> bool:
    """Whether the features of a fit say how recent and how valuable customers are, and nothing that is not about purchases."""
    names = {feature.name for feature in fitted.features}
    return RECENCY in names and not names.isdisjoint(VALUE) and names <= PURCHASES


def definition(fitted: Fitted) -> str:
    """How the clusters are named that people have not named."""
    if not support_words(fitted):
        return NUMBERS
    return WORDS if fitted.named_by_people else FROM_BEFORE


def position(fitted: Fitted, cluster: int) -> Position:
    """The position of a cluster of a fit whose features support words."""
    by_name: dict[str, list[float]] = {}
    for feature, value in zip(fitted.features, fitted.centroids[cluster], strict=True):
        by_name.setdefault(feature.name, []).append(value)
    [last] = by_name[RECENCY]
    values = [value for name in VALUE for value in by_name.get(name, ())]
    # The mean of all is 0. So that of the others is -centroid · share / (1 - share), and the difference centroid / (1 - share).
    others = 1 - fitted.mix[cluster]
    return Position(-last / others, sum(values) / len(values) / others) if others else Position(0.0, 0.0)


def named(fitted: Fitted, before: Fitted | None, matched: Mapping[int, int]) -> Fitted:
    """The fit with names for its clusters. `matched` has the clusters that the fit before had, with their places in it.

    A name that people gave stays with its cluster. A word stays as long as it is the right one, with the number after it.
    """
    words = [position(fitted, cluster).word if support_words(fitted) else "" for cluster in range(fitted.k)]
    kept = _kept(words, before, matched) if before is not None else {}
    taken = {name for name, _ in kept.values()}
    names = []
    for cluster, word in enumerate(words):
        name = kept[cluster][0] if cluster in kept else next(name for name in _possible(word) if name not in taken)
        taken.add(name)
        names.append(name)
    by_people = tuple(cluster in kept and kept[cluster][1] for cluster in range(fitted.k))
    return replace(fitted, cluster_names=tuple(names), named_by_people=by_people)


def _kept(words: list[str], before: Fitted, matched: Mapping[int, int]) -> dict[int, tuple[str, bool]]:
    """The clusters that keep their names, each with its name and whether people gave it."""
    by_people = before.by_people(before.cluster_names)
    old = {cluster: (before.cluster_names[place], by_people[place]) for cluster, place in matched.items()}
    return {cluster: (name, given) for cluster, (name, given) in old.items() if given or _word_of(name) == words[cluster]}


def _word_of(name: str) -> str:
    """The word of a name that the rule gave; empty for a number."""
    return name.rstrip(digits).rstrip()


def _possible(word: str) -> Iterator[str]:
    """`steady`, `steady 2` and so on; 1, 2 and so on without a word."""
    if word:
        yield word
    for number in count(2 if word else 1):
        yield f"{word} {number}".lstrip()
