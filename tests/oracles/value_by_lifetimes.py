"""Writes tests/data/oracles/value_by_lifetimes.json: what `lifetimes` says about the CDNOW sample.

Not a test: lifetimes 0.11.3 cannot be installed beside pandas 3. In an environment of its own:

    pip install lifetimes==0.11.3 "pandas<3"
    python tests/oracles/value_by_lifetimes.py
"""

# mypy: ignore-errors
from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pandas

lifetimes, utils = import_module("lifetimes"), import_module("lifetimes.utils")

DATA = Path(__file__).parents[1] / "data"
CUT_OFF = "1997-09-30"
WEEKS = (1, 13, 39)
SHOWN = 40


def main() -> None:
    columns = ["of_all", "customer", "day", "cds", "spent"]
    bought = pandas.read_csv(
        DATA / "cdnow" / "CDNOW_sample.txt", sep=r"\s+", names=columns, dtype={"customer": str, "day": str}
    )
    bought["day"] = pandas.to_datetime(bought["day"], format="%Y%m%d")
    known = utils.summary_data_from_transaction_data(
        bought, "customer", "day", monetary_value_col="spent", observation_period_end=CUT_OFF, freq="D"
    )
    x, t_x, age = known["frequency"], known["recency"] / 7, known["T"] / 7
    rates = lifetimes.BetaGeoFitter(penalizer_coef=0)
    rates.fit(x, t_x, age, tol=1e-9)
    again = known[(known["frequency"] > 0) & (known["monetary_value"] > 0)]
    spend = lifetimes.GammaGammaFitter(penalizer_coef=0)
    spend.fit(again["frequency"], again["monetary_value"], tol=1e-9)
    expected = spend.conditional_expected_average_profit(x, known["monetary_value"])
    alive = rates.conditional_probability_alive(x, t_x, age)
    bought_in = {weeks: rates.predict(weeks, x, t_x, age) for weeks in WEEKS}
    most = known.sort_values(["frequency", "recency", "T"], ascending=False).index[: SHOWN // 2]
    shown = [*most, *(one for one in known.index[:: len(known) // SHOWN] if one not in most)][:SHOWN]
    table = {
        "source": "lifetimes 0.11.3 on the CDNOW sample until 1997-09-30, in weeks, without a penalty",
        "rates": rates.params_.to_dict(),
        "spend": spend.params_.to_dict(),
        "spend_customers": len(again),
        "customers": [
            {
                "customer": one,
                "x": int(x[one]),
                "t_x": int(known["recency"][one]),
                "T": int(known["T"][one]),
                "m": float(known["monetary_value"][one]),
                "alive": float(alive.loc[one] if hasattr(alive, "loc") else alive[known.index.get_loc(one)]),
                "purchases": {str(weeks): float(found[one]) for weeks, found in bought_in.items()},
                "spend": float(expected[one]),
            }
            for one in shown
        ],
    }
    target = DATA / "oracles" / "value_by_lifetimes.json"
    target.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
