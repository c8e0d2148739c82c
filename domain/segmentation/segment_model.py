"""A segment model: the stored result of a fit. A replay gives every customer the same label without fitting again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from math import isfinite
from typing import Literal, get_args
from uuid import UUID

import msgspec

from domain.shared import money
from domain.shared.aggregate import Aggregate, decision
from domain.shared.events import Context, GlobalEvent, Metadata, Value
from domain.shared.refusals import AlreadyThere, Malformed, Refusal
from domain.shared.text import check_code, one_form, text

FeatureName = Literal["orders", "frequency", "recency", "T", "days_since_last", "total", "monetary", "tickets", "touches"]
Transform = Literal["none", "log1p"]

ATTRIBUTE = "attribute:"
FEATURE_NAMES: tuple[str, ...] = get_args(FeatureName)
MONEY_FEATURES = frozenset({"total", "monetary"})
DAY_FEATURES = frozenset({"T", "days_since_last"})
FEATURE_LIMIT = 50
CLUSTER_LIMIT = 100
NAME_LENGTH = 64


class UnknownFeature(Malformed):
    """Customers have no such feature."""


class CurrencyMissing(Malformed):
    """A money feature must have a currency, and other features must not have one."""


class ClusterNamesDoNotFit(Malformed):
    """There must be one name for each cluster, all different."""


class CutOffDayTooEarly(Malformed):
    """Features are known as of the last day that has ended, and of later days only."""


class SegmentModelExists(AlreadyThere):
    """A segment model with this name already exists. It can be fitted again."""


class NotEnoughCustomers(Refusal):
    """There are fewer customers, or fewer customers with different features, than requested clusters."""


class FeaturesTooLarge(Refusal):
    """The feature values of these customers are too large to be scaled."""


class ModelNotActive(Refusal):
    """Only an active model can be retired."""


class Feature(Value, frozen=True):
    """An input of a model. `attribute:<key>` is a numeric attribute of the customer. Money features have a currency."""

    name: str
    currency: str | None = None

    @property
    def label(self) -> str:
        """Such as `total:EUR`, or only the name if there is no currency."""
        return f"{self.name}:{self.currency}" if self.currency else self.name

    @property
    def attribute(self) -> str | None:
        """The attribute's key if the feature is an attribute, else None."""
        return self.name.removeprefix(ATTRIBUTE) if self.name.startswith(ATTRIBUTE) else None

    @property
    def depends_on_the_day(self) -> bool:
        """Whether its value changes as days end, without any event of the customer."""
        return self.name in DAY_FEATURES


class Quality(Value, frozen=True):
    """`inertia` is the sum of squared distances to the centroids, in scaled space.

    `silhouette` is computed from at most 5,000 customers; None if every customer was a separate cluster. `smallest_share` is
    the share of the fitted customers in the smallest cluster, as a fraction.
    """

    inertia: float
    silhouette: float | None
    smallest_share: float


class Bins(Value, frozen=True):
    """Tenths of the fitted customers by one feature, untransformed: fewer if many are equal.

    A value belongs to the bin after the edges that it reaches, so there is one share more than there are edges.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]


class Fitted(GlobalEvent, frozen=True, tag="crm.segment_model.fitted.v1"):
    """The model was fitted to the features at `cut_off_position`, as of `cut_off_day`.

    A customer's cluster is the nearest centroid, after their features are transformed, reduced by `mean` and divided by
    `scale`. `mean`, `scale` and each of `centroids` have one number per feature. `customers` is the number of fitted
    customers, `left_out` the number without a feature. `versions` are the versions of the libraries used.

    `cluster_ids` name the clusters across fits: a cluster that the fit before had too keeps its id. `next_cluster_id` is an id
    that no cluster has had. A fit without them has the ids from 0 on, in the order of the centroids.

    `named_by_people` says of each of `cluster_names` whether people gave it and it was kept from the fit before; the others are
    by a rule. A fit without it was made when the rule gave numbers only.

    `bins` has one entry for each feature, and `mix` the shares of the clusters, both of the fitted customers: what drift is
    measured from. A fit without them has recorded none.
    """

    name: str
    features: tuple[Feature, ...]
    cut_off_position: int
    cut_off_day: date
    transform: Transform
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    centroids: tuple[tuple[float, ...], ...]
    cluster_names: tuple[str, ...]
    seed: int
    customers: int
    left_out: int
    quality: Quality
    versions: dict[str, str] = msgspec.field(default_factory=dict)
    cluster_ids: tuple[int, ...] = ()
    next_cluster_id: int = 0
    bins: tuple[Bins, ...] = ()
    mix: tuple[float, ...] = ()
    named_by_people: tuple[bool, ...] = ()

    @property
    def k(self) -> int:
        return len(self.centroids)

    @property
    def ids(self) -> tuple[int, ...]:
        """The id of each cluster, in the order of the centroids."""
        return self.cluster_ids or tuple(range(self.k))

    @property
    def next_id(self) -> int:
        """An id that no cluster of the model has had."""
        return max(self.next_cluster_id, *(id + 1 for id in self.ids))

    def by_people(self, names: Sequence[str]) -> tuple[bool, ...]:
        """Whether people gave each of these names, which the clusters have now. A name that they left is not theirs."""
        kept = self.named_by_people or tuple(not name.isdecimal() for name in self.cluster_names)
        own = zip(names, self.cluster_names, kept, strict=True)
        return tuple(given or name != of_fit for name, of_fit, given in own)

    def apply(self, model: SegmentModel, metadata: Metadata) -> None:
        model.fitted = self
        model.cluster_names = self.cluster_names


class Activated(GlobalEvent, frozen=True, tag="crm.segment_model.activated.v1"):
    """From now on the latest fit labels the customers. A later fit takes effect immediately."""

    def apply(self, model: SegmentModel, metadata: Metadata) -> None:
        model.active_since, model.retired_since = metadata.occurred_at, None


class Retired(GlobalEvent, frozen=True, tag="crm.segment_model.retired.v1"):
    """No customer has a label from this model any more."""

    def apply(self, model: SegmentModel, metadata: Metadata) -> None:
        model.active_since, model.retired_since = None, metadata.occurred_at


class ClustersNamed(GlobalEvent, frozen=True, tag="crm.segment_model.clusters_named.v1"):
    """Names shown to people, in the order of the centroids. In a new fit, clusters that are the same keep them."""

    names: tuple[str, ...]

    def apply(self, model: SegmentModel, metadata: Metadata) -> None:
        model.cluster_names = self.names


class SegmentModel(Aggregate):
    name = "segment_model"
    events = (Fitted, Activated, Retired, ClustersNamed)

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.fitted: Fitted | None = None
        self.cluster_names: tuple[str, ...] = ()
        self.active_since: datetime | None = None
        self.retired_since: datetime | None = None

    @decision
    def fit(self, context: Context, fitted: Fitted) -> None:
        """Records the first fit.

        Raises SegmentModelExists, Malformed, UnknownFeature, CurrencyMissing, ClusterNamesDoNotFit.
        """
        self.record_first(context, self.fitted, _checked(fitted), SegmentModelExists)

    @decision
    def refit(self, context: Context, fitted: Fitted) -> None:
        """Records another fit if it differs from the last one. Raises NotThere, and what `fit` raises for its values."""
        self.require()
        fitted = _checked(fitted)
        if self.fitted != fitted:
            self.record_once(context, fitted)

    @decision
    def activate(self, context: Context) -> None:
        """Raises NotThere."""
        self.require()
        self.record_status(context, Activated(), self.active_since)

    @decision
    def retire(self, context: Context) -> None:
        """Raises NotThere, and ModelNotActive if the model was never active."""
        self.require()
        if self.active_since is None and self.retired_since is None:
            raise ModelNotActive(id=self.id)
        self.record_status(context, Retired(), self.retired_since)

    @decision
    def name_clusters(self, context: Context, names: Sequence[str]) -> None:
        """Raises NotThere, ClusterNamesDoNotFit, Malformed."""
        self.require()
        distinct = _distinct(names, len(self.cluster_names))
        if distinct != self.cluster_names:
            self.record_once(context, ClustersNamed(names=distinct))


def feature_name(name: str) -> str:
    """The feature's name, with the key of an attribute in the form in which attributes are recorded."""
    return ATTRIBUTE + one_form(name.removeprefix(ATTRIBUTE)) if name.startswith(ATTRIBUTE) else name


def check_features(features: Sequence[Feature]) -> None:
    """Raises UnknownFeature, CurrencyMissing, UnknownCurrency, and Malformed if there are none, too many or duplicates."""
    if not 0 < len(set(features)) == len(features) <= FEATURE_LIMIT:
        raise Malformed(f"There must be 1 to {FEATURE_LIMIT} features, all different.")
    for feature in features:
        if not feature.attribute and feature.name not in FEATURE_NAMES:
            raise UnknownFeature(f"The possible features are {', '.join(FEATURE_NAMES)} and {ATTRIBUTE}<key>.")
        if (feature.name in MONEY_FEATURES) != (feature.currency is not None):
            raise CurrencyMissing(feature=feature.name)
        if feature.currency is not None:
            money.minor_digits(feature.currency)


def _checked(fitted: Fitted) -> Fitted:
    """The fit in the form in which it is recorded. Raises Malformed, UnknownFeature, CurrencyMissing, ClusterNamesDoNotFit."""
    check_code(fitted.name, "name")
    check_features(fitted.features)
    _check_numbers(fitted)
    return msgspec.structs.replace(fitted, cluster_names=_distinct(fitted.cluster_names, fitted.k))


def _check_numbers(fitted: Fitted) -> None:
    """Raises Malformed. JSON has no infinity, and features are divided by the scale."""
    vectors = (fitted.mean, fitted.scale, *fitted.centroids)
    if not 2 <= fitted.k <= CLUSTER_LIMIT:
        raise Malformed(f"There must be 2 to {CLUSTER_LIMIT} clusters.")
    if any(len(vector) != len(fitted.features) for vector in vectors):
        raise Malformed("The mean, the scale and every centroid must have one number for each feature.")
    if fitted.cluster_ids and not fitted.k == len(set(fitted.cluster_ids)) == len(fitted.cluster_ids):
        raise Malformed("There must be one id for each cluster, all different.")
    if fitted.named_by_people and len(fitted.named_by_people) != fitted.k:
        raise Malformed("Of each cluster it must be said whether people named it.")
    if not all(isfinite(number) for vector in vectors for number in vector) or min(fitted.scale) <= 0:
        raise Malformed("The mean, the scale and the centroids must be finite, and every scale greater than zero.")


def _distinct(names: Sequence[str], k: int) -> tuple[str, ...]:
    clean = tuple(text(name, "name of a cluster", NAME_LENGTH) for name in names)
    if len(clean) != k or len(set(clean)) != k:
        raise ClusterNamesDoNotFit(clusters=k)
    return clean
