"""The segments of a model as rules that a person can read: the leaves of a small decision tree.

A tree (Breiman, Friedman, Olshen and Stone 1984) with at most three leaves for each cluster learns the labels of 70 % of the
customers from their features, untransformed. The other 30 % show how well its rules agree with the model. A rule is an
expression of segment rules, so it can be defined as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from domain.segmentation.segment_model import Fitted
from projections.segmentation.segment_assignment import assign_all
from projections.segmentation.segment_fitting import drawn, load_libraries, sample
from projections.segmentation.segment_models import Model, known
from projections.shared.figures import Figure, counted
from projections.shared.ratios import proportion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LEAVES_PER_CLUSTER, HELD_OUT = 3, 0.3
SMALLEST_LEAF = 5
READ_AT_MOST = 50_000
NOBODY = "none of the held-out customers is there"


class Explained(msgspec.Struct, frozen=True):
    """A rule, and how well it agrees with the model on customers who were held out."""

    group: dict[str, Any]
    rule: dict[str, Any]
    text: str
    measures: dict[str, Figure]


class Report(msgspec.Struct, frozen=True):
    """`fidelity` is None if there are too few customers for a tree, or if all are in one cluster."""

    as_of: date
    fidelity: Figure
    groups: list[Explained]


class _Step(NamedTuple):
    """A condition on the way to a leaf: the feature's place, whether the value is at most the threshold, or above it."""

    feature: int
    at_most: bool
    threshold: float


def report(connection: Connection, model: Model, ready: Callable[[], object] = load_libraries) -> Report:
    """The rules of the model, the ones with the most customers first. The same customers give the same rules.

    `ready` returns when scikit-learn is loaded, which may go on in another thread while customers are read.
    """
    import numpy as np

    fitted = model.fitted
    found = sample(connection, fitted.features, model.day(known(connection).ended))
    ready()
    rows = drawn(found.rows, fitted.seed, READ_AT_MOST)
    labels = assign_all(fitted, list(rows.T)).clusters if len(rows) else np.zeros(0, np.int64)
    order = np.random.default_rng(fitted.seed).permutation(len(rows))
    learnt, held_out = np.split(order, [len(rows) - int(HELD_OUT * len(rows))])
    if len(learnt) < 2 * SMALLEST_LEAF or len(np.unique(labels[learnt])) < 2:
        return Report(found.day, _fidelity(0, 0), [])
    rules = list(_rules(fitted, rows[learnt], labels[learnt]))
    matches = [_matches(rows[held_out], steps) for steps, _ in rules]
    right = sum(int((labels[held_out][match] == cluster).sum()) for match, (_, cluster) in zip(matches, rules, strict=True))
    groups = [
        _explained(model, steps, cluster, match, labels[held_out])
        for match, (steps, cluster) in zip(matches, rules, strict=True)
    ]
    groups.sort(key=lambda one: (-int(one.measures["customers"].value or 0), one.text))
    return Report(found.day, _fidelity(right, len(held_out)), groups)


def _fidelity(right: int, of: int) -> Figure:
    return proportion(right, of, "1", "held-out customers whose rule names their cluster / held-out customers", NOBODY)


def _rules(fitted: Fitted, rows: Numbers, labels: Any) -> Iterator[tuple[list[_Step], int]]:
    """Each leaf of the tree: the conditions on the way to it, and its cluster."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        max_leaf_nodes=LEAVES_PER_CLUSTER * fitted.k, min_samples_leaf=SMALLEST_LEAF, random_state=fitted.seed
    ).fit(rows, labels)
    nodes, classes = tree.tree_, tree.classes_.tolist()

    def leaves(node: int, steps: list[_Step]) -> Iterator[tuple[list[_Step], int]]:
        left, right = int(nodes.children_left[node]), int(nodes.children_right[node])
        if left == right:
            yield steps, classes[int(nodes.value[node][0].argmax())]
            return
        feature, threshold = int(nodes.feature[node]), float(nodes.threshold[node])
        yield from leaves(left, [*steps, _Step(feature, at_most=True, threshold=threshold)])
        yield from leaves(right, [*steps, _Step(feature, at_most=False, threshold=threshold)])

    return ((_narrowest(steps), cluster) for steps, cluster in leaves(0, []))


def _narrowest(steps: Sequence[_Step]) -> list[_Step]:
    """Of several bounds of a feature on the same side, the one that decides."""
    found: dict[tuple[int, bool], _Step] = {}
    for step in steps:
        found[step.feature, step.at_most] = step
    return [found[key] for key in sorted(found)]


def _matches(rows: Numbers, steps: Sequence[_Step]) -> Flags:
    import numpy as np

    found: Flags = np.ones(len(rows), bool)
    for step in steps:
        column = rows[:, step.feature]
        found &= column <= step.threshold if step.at_most else column > step.threshold
    return found


def _explained(model: Model, steps: Sequence[_Step], cluster: int, match: Flags, labels: Any) -> Explained:
    features = [feature.label for feature in model.fitted.features]
    parts = [
        {
            "op": "compare",
            "feature": features[step.feature],
            "is": "<=" if step.at_most else ">",
            "value": step.threshold,
        }
        for step in steps
    ]
    inside, of_cluster = int(match.sum()), int((labels == cluster).sum())
    right = int((labels[match] == cluster).sum())
    return Explained(
        group={"cluster_id": model.fitted.ids[cluster], "label": model.cluster_names[cluster]},
        rule=parts[0] if len(parts) == 1 else {"op": "and", "of": parts},
        text=" and ".join(f"{part['feature']} {part['is']} {part['value']:.6g}" for part in parts),
        measures={
            "customers": counted(inside, "customers", "held-out customers whom the rule matches"),
            "precision": proportion(right, inside, "1", "those of them in the cluster / held-out customers matched", NOBODY),
            "coverage": proportion(right, of_cluster, "1", "those of them in the cluster / held-out customers in it", NOBODY),
        },
    )
