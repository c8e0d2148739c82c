"""Request bodies of commands on segment models, and how they become a command's facts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from api.shared.fields import ABSENT, CalendarDay, CommandBody, Currency, SystemCode
from api.shared.reading import FIRST_DAY, LAST_DAY
from domain.segmentation import segment_model as domain
from domain.segmentation.segment_model import CLUSTER_LIMIT, FEATURE_LIMIT, MONEY_FEATURES, Feature
from projections.segmentation.segment_fitting import Wanted

FeatureText = Annotated[
    str,
    StringConstraints(max_length=80, pattern=r"^(attribute:.{1,64}|[A-Za-z_]{1,32}(:[A-Z]{3})?)$"),
    Field(examples=["orders", "total:EUR", "attribute:income"]),
]
Features = Annotated[
    list[FeatureText],
    Field(
        min_length=1,
        max_length=FEATURE_LIMIT,
        description=f"Any of {', '.join(domain.FEATURE_NAMES)}, and `attribute:<key>` for a numeric attribute of customers. "
        "A money feature names its currency, such as `total:EUR`.",
    ),
]
Clusters = Annotated[int, Field(ge=2, le=CLUSTER_LIMIT)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
CutOffDay = Annotated[
    Annotated[CalendarDay, Field(ge=FIRST_DAY, le=LAST_DAY)] | None,
    Field(
        description="`T` and `days_since_last` count to this day (default: today), or to a customer's last purchase if later. "
        "It cannot be before the last day that has ended."
    ),
]
ClusterName = Annotated[str, StringConstraints(min_length=1, max_length=64)]

DEFAULT_FEATURES, DEFAULT_K = ("orders", "days_since_last", "total"), 3
BASELINE: dict[str, Any] = {
    "name": "baseline",
    "features": ["orders", "days_since_last", "total"],
    "currency": "EUR",
    "k": 3,
}


class FitBody(CommandBody):
    """Finds groups of similar customers: StandardScaler and KMeans on these features as they are now."""

    model_config = {"json_schema_extra": {"examples": [BASELINE]}}

    name: SystemCode = Field(description="The model's name. No other model may have it.")
    features: Features | None = Field(
        default=None, description="By default `orders`, `days_since_last` and `total`, each as its logarithm (`log1p`)."
    )
    currency: Currency | None = Field(
        default=None, description="Currency of the money features that name none; by default the only currency in use."
    )
    k: Clusters | None = Field(
        default=None,
        description="By default 3 for the features that the request names. null, and the default without features: the number"
        " from 2 to 8 whose clusters are large enough, stable, and best separated.",
    )
    transform: domain.Transform | None = Field(default=None, description="Applied to every feature before scaling.")
    seed: Seed = 0
    cut_off_day: CutOffDay = None
    activate: bool = Field(default=True, description="Label every customer by this model.")

    def wanted(self) -> Wanted:
        features = [feature(text, self.currency) for text in self.features or DEFAULT_FEATURES]
        k = self.k if "k" in self.model_fields_set or self.features is None else DEFAULT_K
        return Wanted(self.name, features, k, self.transform or ("none" if self.features else "log1p"), self.seed)


class RefitBody(CommandBody):
    """Fits the model again. What the request does not name stays as in the last fit; the cut-off day is today by default."""

    model_config = {"json_schema_extra": {"examples": [{}, {"k": 4}]}}

    features: Features = ABSENT
    currency: Currency | None = None
    k: Clusters = ABSENT
    transform: domain.Transform = ABSENT
    seed: Seed = ABSENT
    cut_off_day: CutOffDay = None
    activate: bool = Field(default=False, description="Label every customer by this model too if it is not active.")

    @model_validator(mode="after")
    def _check_currency(self) -> RefitBody:
        if self.currency is not None and self.features is None:
            raise ValueError("the currency is that of features without one: name the features too")
        return self

    def wanted(self, last: domain.Fitted) -> Wanted:
        features = last.features if self.features is None else [feature(text, self.currency) for text in self.features]
        seed = last.seed if self.seed is None else self.seed
        return Wanted(last.name, features, self.k or last.k, self.transform or last.transform, seed, before=last)


class ClusterNamesBody(CommandBody):
    names: Annotated[list[ClusterName], Field(min_length=2, max_length=CLUSTER_LIMIT)] = Field(
        description="One name for each cluster, in the order of the clusters.", examples=[["champions", "steady", "lapsed"]]
    )


def feature(text: str, currency: str | None) -> Feature:
    """The feature that a text such as `total:EUR` names; a money feature without a currency gets `currency`."""
    if text.startswith(domain.ATTRIBUTE):
        return Feature(name=domain.feature_name(text))
    name, _, own = text.partition(":")
    return Feature(name=name, currency=own or (currency if name in MONEY_FEATURES else None))
