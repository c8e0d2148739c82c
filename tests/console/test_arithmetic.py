"""What the console computes by itself is exact, and draws of variants follow their shares."""

from __future__ import annotations

import random
from decimal import Decimal

from tests.console.conftest import Reader


def test_sums_of_amounts_are_exact(reader: Reader) -> None:
    chance = random.Random(7)
    lists = [
        [f"{chance.randint(-(10**15), 10**15)}.{chance.randint(0, 99):02}" for _ in range(chance.randint(1, 9))]
        for _ in range(300)
    ]
    lists += [["-0.05"], ["0.1", "0.2"], ["5", "-5.00"], []]
    reader.open("/")
    sums = reader.page.evaluate(
        "async (lists) => (({ sum }) => lists.map(sum))(await import('/console/core/decimals.js'))", lists
    )
    assert [Decimal(text) for text in sums] == [sum(map(Decimal, texts)) for texts in lists]
    less = reader.page.evaluate("async () => (await import('/console/core/decimals.js')).less('6', ['2', '0.5', '-1'])")
    assert less == "4.5"


def test_variants_are_drawn_by_their_planned_shares(reader: Reader) -> None:
    plans = {
        "as planned": {
            "holdout_share": "0.1",
            "variants": [{"code": "short", "share": "0.6"}, {"code": "long", "share": "0.3"}],
        },
        "the rest divided": {"holdout_share": "0.5", "variants": [{"code": "short"}, {"code": "long"}]},
        "no plan": {"holdout_share": None, "variants": []},
    }
    expected = {
        "as planned": {"control": 100, "short": 600, "long": 300},
        "the rest divided": {"control": 500, "short": 250, "long": 250},
        "no plan": {"treatment": 1000},
    }
    reader.open("/")
    counted = reader.page.evaluate(
        """async (plans) => {
          const { arms, drawn } = await import('/console/core/drawing.js');
          const count = (plan) => {
            const found = {};
            for (let n = 0; n < 1000; n++) {
              const code = drawn(arms(plan), (n + 0.5) / 1000);
              found[code] = (found[code] ?? 0) + 1;
            }
            return found;
          };
          return Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, count(plan)]));
        }""",
        plans,
    )
    assert counted == expected
