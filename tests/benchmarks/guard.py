"""The recorded figures of `make bench-quick`, the spread of each ratio, and the figures that fell by more than their spread."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles

import msgspec

TOLERANCE = 0.15
SPREADS = 2
RECORD = Path(__file__).parents[2] / "docs" / "benchmarks.json"
ABOUT = (
    "Written by `python -m tests.benchmarks.quick --record`; `make bench-quick` compares with it. Not edited by hand.",
    "A ratio says how many times its peer Recount is, in work for each second of CPU; higher is better.",
    "`runs` are the medians of the whole runs, `ratio` is their median. `spread` is relative to the ratio: the larger of half "
    "the interquartile range of all rounds and the distance of the run that is furthest from the ratio.",
    "`rounds` were measured in all; a busy machine has time for fewer.",
    "A figure fell when it is lower by more than 15 % and by more than twice its spread.",
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when something was measured. `changed`: whether files differed from those of the commit."""

    commit: str
    changed: bool
    date: str
    machine: str
    cores: int
    python: str
    load: str

    def differs_from(self, other: "Place") -> bool:
        """Whether the places differ in a property that ratios depend on. The code is not such a property."""
        return (self.machine, self.cores, self.python, self.load) != (other.machine, other.cores, other.python, other.load)


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    ratio: float
    spread: float
    runs: list[float]
    rounds: int
    place: Place


class Record(msgspec.Struct, frozen=True):
    about: Sequence[str] = ABOUT
    figures: Mapping[str, Recorded] = {}


def summary(what: str, runs: Sequence[Sequence[float]], place: Place) -> Recorded:
    """Summarises the ratios of the rounds of each run. There must be at least two rounds in all."""
    medians = [median(ratios) for ratios in runs]
    ratio = median(medians)
    between_runs = max(abs(one - ratio) for one in medians)
    spread = max(half_interquartile([one for ratios in runs for one in ratios]), between_runs) / ratio
    shown = [rounded(one) for one in medians]
    return Recorded(
        what=what, ratio=rounded(ratio), spread=rounded(spread), runs=shown, rounds=sum(map(len, runs)), place=place
    )


def half_interquartile(ratios: Sequence[float]) -> float:
    """Half the interquartile range. One disturbed round does not change it, but would change half the whole range."""
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return (high - low) / 2


def rounded(ratio: float) -> float:
    """Rounded to four significant digits: more are noise."""
    return float(f"{ratio:.4g}")


def fall(before: Recorded, ratio: float) -> float:
    """The fraction by which the figure is lower than before; negative if it rose."""
    return 1 - ratio / before.ratio


def fell(before: Recorded, ratio: float) -> bool:
    return fall(before, ratio) > max(TOLERANCE, SPREADS * before.spread)


def fallen(record: Record, ratios: Mapping[str, float]) -> list[str]:
    """A line for each figure that fell."""
    known = ((name, ratio, record.figures[name]) for name, ratio in ratios.items() if name in record.figures)
    return [
        f"{name} fell by {fall(before, ratio):.0%}: from {before.ratio:.4g} to {ratio:.4g} times its peer, "
        f"where the spread is {before.spread:.0%}"
        for name, ratio, before in known
        if fell(before, ratio)
    ]


def not_compared(record: Record, ratios: Mapping[str, float]) -> list[str]:
    """A line for each figure with nothing to compare it with."""
    return [f"{name} is not in the record: nothing to compare it with" for name in ratios if name not in record.figures]


def elsewhere(record: Record, names: Sequence[str], place: Place) -> list[str]:
    """A line for each figure that was recorded on another kind of machine: that difference alone may explain a fall."""
    there = {name: record.figures[name].place for name in names if name in record.figures}
    return [
        f"{name} was recorded elsewhere: {was.machine}, {was.cores} cores, Python {was.python}, load from {was.load}"
        for name, was in there.items()
        if was.differs_from(place)
    ]


def read_record(path: Path = RECORD) -> Record:
    """The record; empty if there is no file. Raises msgspec.DecodeError."""
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else Record()


def write_record(figures: Mapping[str, Recorded], order: Sequence[str], path: Path = RECORD) -> None:
    """Replace the figures with the same names and keep the others. All are written in this order."""
    known = {**read_record(path).figures, **figures}
    record = Record(ABOUT, {name: known[name] for name in order if name in known})
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
