"""From exports of the API, a short script computes the same segments of real customers as Recount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pandas
import pytest

from commands.importing.mapping import parse_mapping
from commands.importing.run import run_import
from domain.shared.events import Actor
from domain.shared.ids import external_id
from infra.processes.parts import Parts, opened
from infra.settings import Settings
from tests.api.client import Client
from tests.api.conftest import SETTINGS, new_key
from tests.oracles.segments import rfm, same_segments, segments

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[3] / "shared" / "data"
CDNOW = DATA / "cdnow"
LAST_DAY = date(1998, 6, 30)
PURCHASES = 2_000
"""The number of purchases that are read, of 6,919 in the file, where they are grouped by customer."""


class Place(NamedTuple):
    """Recount with one file imported."""

    parts: Parts
    client: Client

    def load(self, mapping: str, file: Path) -> None:
        if not file.exists():
            pytest.skip(f"{file.name} is not on this machine")
        executor, secret = self.parts.executor, self.parts.deployment.store.secret
        run_import(executor, secret, parse_mapping(mapping.encode()), file, Actor(type="system", id="test"))

    def fit(self, features: Sequence[str], **more: Any) -> None:
        answer = self.client.post("/v1/segment-models", {"name": "baseline", "features": features, "k": 3, **more})
        assert answer.status_code == 201, answer.text

    def exported(self) -> str:
        """Every customer's label and features, as a CSV."""
        asked = {"model": "baseline", "after": self.parts.deployment.store.head()}
        answer = self.client.get("/v1/segment-labels", params=asked, headers={"accept": "text/csv"})
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    settings = Settings.model_validate(SETTINGS | {"home": tmp_path / "home"})
    with opened(settings) as parts, parts.application() as app:
        client = Client(app, new_key(parts, "admin"))
        yield Place(parts, client)
        client.close()


def customers_only(mapping: str) -> str:
    """The mapping up to its first `[[make]]`, which makes the customers."""
    return "[[make]]".join((DATA / "mappings" / mapping).read_text().split("[[make]]")[:2])


def columns(features: Sequence[str]) -> list[str]:
    return [f"features.{feature}" for feature in features]


def ours(csv: str) -> Any:
    """The labels in the CSV, by customer; customers without a label are left out."""
    return pandas.read_csv(StringIO(csv)).set_index("customer_id")["cluster"].dropna().astype(int)


GOODS = ("fresh", "milk", "grocery", "frozen", "detergents_paper", "delicassen")
PERSONALITY = ("income", "recency", "wines", "fruits", "meat", "fish", "sweets", "gold", "web_purchases", "store_purchases")


@pytest.mark.parametrize(
    ("mapping", "file", "keys", "labelled", "left_out"),
    [
        ("wholesale.toml", SHARED / "wholesale" / "wholesale_customers.csv", GOODS, 440, 0),
        (
            "customer_personality.toml",
            SHARED / "customer_personality" / "marketing_campaign_full.csv",
            PERSONALITY,
            2_216,
            24,
        ),
    ],
    ids=["wholesale", "personality"],
)
def test_the_script_finds_the_same_segments_by_attributes_of_customers(
    place: Place, mapping: str, file: Path, keys: Sequence[str], labelled: int, left_out: int
) -> None:
    place.load(customers_only(mapping), file)
    features = [f"attribute:{key}" for key in keys]
    place.fit(features)
    csv = place.exported()
    assert (len(ours(csv)), len(pandas.read_csv(StringIO(csv)))) == (labelled, labelled + left_out)
    assert same_segments(segments(csv, columns(features)), ours(csv))


def test_the_script_finds_the_same_segments_by_behaviour_of_customers(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "cdnow.txt"
    file.write_text("".join((CDNOW / "CDNOW_sample.txt").read_text().splitlines(keepends=True)[:PURCHASES]))
    place.load((CDNOW / "cdnow.toml").read_text(), file)
    features = ["orders", "frequency", "recency", "T", "days_since_last", "total:USD", "monetary:USD"]
    place.fit(features, cut_off_day=LAST_DAY.isoformat())
    csv = place.exported()
    assert same_segments(segments(csv, columns(features)), ours(csv))
    seen = pandas.read_csv(StringIO(csv)).set_index("customer_id")[columns(features)]
    counted = rfm(purchases(file, place.parts.deployment.store.secret), LAST_DAY)
    assert sorted(counted.index) == sorted(seen.index)
    assert (abs(counted.loc[seen.index].to_numpy() - seen.to_numpy()) <= 1e-9).all()


def purchases(file: Path, secret: bytes) -> Any:
    """The file's purchases, with the ids that its customers have in Recount."""
    names = ["customer", "sample", "day", "cds", "amount"]
    read = pandas.read_csv(file, sep=r"\s+", names=names, dtype={"customer": str, "day": str})
    read["customer"] = [str(external_id("customer", "cdnow", name, secret)) for name in read["customer"]]
    read["day"] = pandas.to_datetime(read["day"], format="%Y%m%d")
    return read
