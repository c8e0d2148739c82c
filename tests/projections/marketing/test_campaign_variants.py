"""Which variant of a campaign is probably the best."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec import UNSET

from domain.marketing.campaign.values import Variant
from projections.marketing import campaign_variants
from projections.marketing.campaign_members import campaign_members
from projections.marketing.campaign_variants import Question
from projections.marketing.campaigns import campaigns
from projections.shared.figures import Figure
from projections.shared.statistics.best import Rate, Spend, best_rates, best_spends
from tests.projections.harness import in_memory, uuid
from tests.projections.marketing.given_campaigns import MARCH_1, Campaigns

AB = (Variant(code="a"), Variant(code="b"))


class Story(Campaigns):
    def arm(self, variant: str, members: int, *spends: str) -> None:
        for number in range(members):
            self.target(f"{variant} {number}", variant)
        for number, spend in enumerate(spends):
            self.convert(f"{variant} {number}", spend)

    def measures(self, **question: Any) -> dict[object, dict[str, Figure]]:
        self.fold()
        answer = campaign_variants.report(self.connection, Question(campaign_id=uuid("Spring"), **question))
        assert answer is not None
        return {group.group["variant"]: dict(group.measures) for group in answer.groups}


@pytest.fixture
def story() -> Iterator[Story]:
    with in_memory(campaigns, campaign_members) as connection:
        yield Story(connection)


def values(measures: dict[object, dict[str, Figure]], name: str) -> list[float]:
    return [float(one[name].value or 0) for one in measures.values()]


def test_variants_are_compared_by_conversion_and_by_revenue_without_the_control(story: Story) -> None:
    story.campaign(variants=AB)
    story.arm("a", 6, "10.00", "20.00", "30.00")
    story.arm("b", 5, "90.00", "0.00")
    story.arm("control", 4, "1.00", "2.00", "3.00")
    found = story.measures()
    assert list(found) == ["a", "b"]
    assert values(found, "probability_best") == pytest.approx(best_rates([Rate.of(3, 6), Rate.of(2, 5)]), abs=1e-9)
    # The prior is one buyer who spends the mean of the four buyers of both variants.
    spends = [Spend.of(3, 6, 60.0, 37.5), Spend.of(1, 5, 90.0, 37.5)]
    assert values(found, "probability_best_by_revenue") == pytest.approx(best_spends(spends), abs=1e-9)
    assert sum(values(found, "next_members")) == sum(values(found, "next_members_by_revenue")) == 1000


def test_a_variant_without_members_is_left_out(story: Story) -> None:
    story.campaign(variants=(*AB, Variant(code="c")))
    story.arm("a", 3, "10.00")
    story.arm("b", 3)
    found = story.measures()
    assert sum(values(found, "probability_best")) == pytest.approx(1)
    assert (found["c"]["probability_best"].value, found["c"]["probability_best"].reason) == (None, "no members assigned")


def test_one_variant_is_not_compared(story: Story) -> None:
    story.campaign()
    story.arm("treatment", 3, "10.00")
    story.arm("control", 3)
    measures = story.measures()["treatment"]
    reason = "there are not two variants with members"
    assert {measures[name].reason for name in ("probability_best", "next_members", "probability_best_by_revenue")} == {reason}


def test_without_revenue_only_conversions_are_compared(story: Story) -> None:
    story.campaign(variants=AB)
    story.arm("a", 3)
    story.arm("b", 3)
    story.convert("a 0", None)
    found = story.measures()
    assert values(found, "probability_best") == pytest.approx(best_rates([Rate.of(1, 3), Rate.of(0, 3)]), abs=1e-9)
    assert found["a"]["probability_best_by_revenue"].reason == "no conversion has a value"


def test_a_mismatch_of_the_sample_ratio_is_a_caution(story: Story) -> None:
    story.campaign(variants=(Variant(code="a", share=Decimal("0.9")), Variant(code="b", share=Decimal("0.1"))))
    story.arm("a", 9)
    story.arm("b", 9)
    assert str(story.measures()["a"]["probability_best"].caution).startswith("Sample ratio mismatch")
    assert story.measures()["a"]["members"].caution is UNSET


# Edge cases


def test_without_conversions_all_variants_are_as_likely(story: Story) -> None:
    story.campaign(variants=AB)
    story.arm("a", 4)
    story.arm("b", 4)
    found = story.measures()
    assert values(found, "probability_best") == pytest.approx([0.5, 0.5])
    assert values(found, "conversion_rate") == [0, 0]
    assert found["a"]["probability_best_by_revenue"].reason == "no conversion has a value"


def test_variants_with_the_same_members_and_spends_are_as_likely(story: Story) -> None:
    story.campaign(variants=AB)
    story.arm("a", 4, "10.00", "10.00")
    story.arm("b", 4, "10.00", "10.00")
    found = story.measures()
    for name in ("probability_best", "probability_best_by_revenue"):
        assert values(found, name) == pytest.approx([0.5, 0.5])


def test_one_member_in_each_variant_is_compared(story: Story) -> None:
    story.campaign(variants=AB)
    story.arm("a", 1, "10.00")
    story.arm("b", 1)
    # Beta(2, 1) against Beta(1, 2): worked out by hand.
    assert values(story.measures(), "probability_best") == pytest.approx([5 / 6, 1 / 6])


def test_each_currency_has_its_own_comparison_by_revenue(story: Story) -> None:
    story.campaign(variants=AB)
    story.arm("a", 4, "10.00", "20.00")
    story.arm("b", 4, "10.00")
    story.convert("b 3", "9000", currency="JPY")
    story.fold()
    answer = campaign_variants.report(story.connection, Question(campaign_id=uuid("Spring")))
    assert answer is not None
    found = {(one.group["variant"], one.group["currency"]): one.measures for one in answer.groups}
    assert {group: one["revenue_per_member"].numerator for group, one in found.items()} == {
        ("a", "EUR"): 30,
        ("b", "EUR"): 10,
        ("a", "JPY"): 0,
        ("b", "JPY"): 9000,
    }
    assert found["a", "EUR"]["probability_best"] == found["a", "JPY"]["probability_best"]
    better = [found["b", currency]["probability_best_by_revenue"].value or 0 for currency in ("EUR", "JPY")]
    assert better[0] < 0.5 < better[1]


def test_merged_erased_and_late_members_count_in_their_variant(story: Story) -> None:
    story.campaign(variants=AB)
    story.arm("a", 3, "10.00", "20.00")
    story.arm("b", 3, "10.00")
    before = story.measures()
    story.merge("a 0", "b 0")
    story.erase("a 1")
    assert story.measures() == before
    story.unmerge("a 0")
    assert story.measures() == before
    story.convert("b 1", "5.00", MARCH_1)
    assert [int(one) for one in values(story.measures(), "converted")] == [2, 2]
    story.reverse("b 1")
    assert story.measures() == before
