"""Request bodies of commands on segment models, and how they become a command's facts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.shared.fields import CommandBody, Currency, SystemCode
from api.shared.reading import FIRST_DAY, LAST_DAY
from domain.marketing import segment_model as domain
from domain.marketing.segment_model import CLUSTER_LIMIT, FEATURE_LIMIT, MONEY_FEATURES, Feature
from projections.marketing.segment_fitting import Wanted

FeatureText = Annotated[
    str,
    StringConstraints(max_length=80, pattern=r"^(attribute:.{1,64}|[A-Za-z_]{1,32}(:[A-Z]{3})?)$"),
    Field(examples=["orders", "total:EUR", "attribute:income"]),
]
ClusterName = Annotated[str, StringConstraints(min_length=1, max_length=64)]

BASELINE: dict[str, Any] = {
    "name": "baseline",
    "features": ["orders", "days_since_last", "total"],
    "currency": "EUR",
    "k": 3,
}


class FitBody(CommandBody):
    """Finds groups of similar customers: StandardScaler and KMeans on these features as they are now."""

    model_config = {"json_schema_extra": {"examples": [BASELINE]}}

    name: SystemCode = Field(description="The model's name. A new fit under the same name replaces the last one.")
    features: Annotated[list[FeatureText], Field(min_length=1, max_length=FEATURE_LIMIT)] = Field(
        description=f"Any of {', '.join(domain.FEATURE_NAMES)}, and `attribute:<key>` for a numeric attribute of customers. "
        "A money feature names its currency, such as `total:EUR`."
    )
    currency: Currency | None = Field(
        default=None, description="Currency of the money features that name none; by default the only currency in use."
    )
    k: Annotated[int, Field(ge=2, le=CLUSTER_LIMIT)] = 3
    transform: domain.Transform = Field(default="none", description="Applied to every feature before scaling.")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    cut_off_day: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)] | None = Field(
        default=None,
        description="`T` and `days_since_last` count to this day (default: today), or to a customer's last purchase if later.",
    )
    activate: bool = Field(default=True, description="Label every customer by this model. An active model stays active.")

    def wanted(self) -> Wanted:
        features = [feature(text, self.currency) for text in self.features]
        return Wanted(self.name, features, self.k, self.transform, self.seed)


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
