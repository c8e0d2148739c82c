"""What requests say about segment models, and how it becomes facts."""

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
    """Which customers are alike: StandardScaler and KMeans on these features of theirs, as they are now."""

    model_config = {"json_schema_extra": {"examples": [BASELINE]}}

    name: SystemCode = Field(
        description="What the model is called. Another fit under the same name takes the place of the last."
    )
    features: Annotated[list[FeatureText], Field(min_length=1, max_length=FEATURE_LIMIT)] = Field(
        description=f"Of {', '.join(domain.FEATURE_NAMES)}, and `attribute:<key>` for a number that customers have. One in "
        "money names its currency, as `total:EUR` does."
    )
    currency: Currency | None = Field(
        default=None, description="Of features in money that name none; else the only one there is."
    )
    k: Annotated[int, Field(ge=2, le=CLUSTER_LIMIT)] = 3
    transform: domain.Transform = Field(default="none", description="What is done to every feature before it is scaled.")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    cut_off_day: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)] | None = Field(
        default=None, description="The day that T and days_since_last count to, if not today; never before a customer's last."
    )
    activate: bool = Field(default=True, description="Label every customer by it. A model that is active stays so.")

    def wanted(self) -> Wanted:
        features = [feature(text, self.currency) for text in self.features]
        return Wanted(self.name, features, self.k, self.transform, self.seed)


class ClusterNamesBody(CommandBody):
    names: Annotated[list[ClusterName], Field(min_length=2, max_length=CLUSTER_LIMIT)] = Field(
        description="One for each cluster, in their order.", examples=[["champions", "steady", "lapsed"]]
    )


def feature(text: str, currency: str | None) -> Feature:
    """The feature that a text such as `total:EUR` names; one in money without its currency is in `currency`."""
    if text.startswith(domain.ATTRIBUTE):
        return Feature(name=text)
    name, _, own = text.partition(":")
    return Feature(name=name, currency=own or (currency if name in MONEY_FEATURES else None))
