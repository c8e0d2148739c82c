"""Pictures show the figures of an answer where they are, and are the same file every time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from matplotlib.axes import Axes

from infra.drawing import bars, cohorts, fonts, funnel, lift, segment_map, waiting
from infra.drawing.pictures import NothingToDraw, draw
from infra.drawing.sheet import styled
from infra.reports.answer import read
from tests.infra.reports.bodies import COHORTS, FEW, FUNNEL, LIFT, SALES, SEGMENTS, WAITING, answer, figure, group, interval

ALL: dict[str, dict[str, Any]] = {
    "campaign-effect": FUNNEL,
    "campaign-lift": LIFT,
    "waiting-times": WAITING,
    "segments": SEGMENTS,
    "cohorts": COHORTS,
    "channel-sales": SALES,
}


def texts(file: Path) -> list[str]:
    tree = ElementTree.fromstring(file.read_text())
    return ["".join(one.itertext()) for one in tree.iter("{http://www.w3.org/2000/svg}text")]


def whiskers(axes: Axes) -> list[tuple[float, float]]:
    """From where to where each horizontal line of an interval reaches."""
    segments = [one for lines in axes.collections for one in getattr(lines, "get_segments", list)()]
    return [(round(float(one[0][0]), 9), round(float(one[1][0]), 9)) for one in segments]


def xs(line: Any) -> list[float]:
    return [float(x) for x in line.get_xdata()]


def ys(line: Any) -> list[float]:
    return [float(y) for y in line.get_ydata()]


def labels(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.get_yticklabels()]


def widths(axes: Axes) -> list[float]:
    return [bar.get_width() for bar in axes.patches]  # type: ignore[attr-defined]


@pytest.mark.parametrize("report", ALL)
def test_the_same_answer_is_the_same_file_to_the_byte(report: str, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.svg", "two.svg")]
    for file in files:
        draw(read(report, ALL[report]), file, asked="from=2026-01-01")
    assert files[0].read_bytes() == files[1].read_bytes()
    assert any(
        text.startswith(f"Source: recount report {report} from=2026-01-01") and "position 1234" in text
        for text in texts(files[0])
    )


def test_text_stays_text_whatever_its_script_and_dollars_are_no_formula(tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    assert draw(read("channel-sales", SALES), file) == "", "an SVG needs no font"
    assert any("亚洲" in text for text in texts(file))
    draw(read("campaign-lift", LIFT), file)
    assert "Save $5 & get $10" in texts(file)


def test_a_png_says_which_font_it_uses_for_what_ours_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "picture.png"
    assert draw(read("campaign-lift", LIFT), file) == ""
    assert file.read_bytes().startswith(b"\x89PNG")
    assert fonts.lacking("Aé亚") == "亚"
    monkeypatch.setattr("infra.drawing.sheet.with_glyphs", lambda _: None)
    assert "No installed font has '亚洲'" in draw(read("channel-sales", SALES), file)


def test_the_font_for_characters_is_one_that_has_them() -> None:
    assert fonts.with_glyphs("Aé") is not None
    assert fonts.with_glyphs("\U000f0000") is None, "a font of boxes has all, and none"


def test_lift_is_a_dot_with_its_interval_beside_the_line_of_no_difference() -> None:
    with styled():
        made = lift.sheet(read("campaign-lift", LIFT), [])
    differences, euros, dollars = made.panels
    assert labels(differences) == ["Save $5 & get $10", "blue"], "the control is compared with nothing; a currency repeats it"
    assert sorted(whiskers(differences)) == [(-0.014, 0.006), (-0.008, 0.033), (0.002, 0.022)]
    assert [xs(axes.get_lines()[0])[0] for axes in made.panels] == [0, 0, 0]
    assert euros.get_xlabel() == "revenue per member difference, EUR"
    assert dollars.get_xlabel() == "revenue per member difference, USD"
    assert whiskers(dollars)[0] == (-0.9, -0.4), "a side without a bound has no whisker"
    assert f"Hollow: {FEW}." in made.notes


def test_a_ratio_is_compared_with_one() -> None:
    body = answer(group({"variant": "blue"}, {"risk_ratio": figure("1.2", interval=interval("0.9", "1.6"))}))
    with styled():
        [axes] = lift.sheet(read("campaign-lift", body), ["risk_ratio"]).panels
    assert xs(axes.get_lines()[0])[0] == 1


def test_a_funnel_shows_each_step_once_for_a_variant() -> None:
    with styled():
        made = funnel.sheet(read("campaign-effect", FUNNEL), [])
    assert [axes.get_title(loc="left") for axes in made.panels] == ["Spring, treatment", "Spring, control"]
    assert widths(made.panels[0]) == [80, 40, 4]
    assert [text.get_text().strip() for text in made.panels[0].texts] == ["80 (100.0%)", "40 (50.0%)", "4 (5.0%)"]
    assert made.panels[1].texts[0].get_text().strip() == "0", "there is no share of nobody"


def test_a_waiting_curve_begins_with_everybody_and_steps_down_in_fitting_units() -> None:
    with styled():
        [axes] = waiting.sheet(read("waiting-times", WAITING), []).panels
    curve, other, _ = axes.get_lines()
    assert xs(curve) == [0, 1, 2]
    assert ys(curve) == [1.0, 0.75, 0.25]
    assert curve.get_drawstyle() == other.get_drawstyle() == "steps-post"
    assert axes.get_xlabel() == "first resolution, calendar hours"
    _, named = axes.get_legend_handles_labels()
    assert named == ["billing", "delivery"], "the total is left out"


def test_without_groupings_the_curve_of_the_total_is_drawn() -> None:
    body = WAITING | {"groups": [WAITING["total"]]}
    with styled():
        [axes] = waiting.sheet(read("waiting-times", body), []).panels
    assert ys(axes.get_lines()[0]) == [1.0, 0.75, 0.25]


def test_a_map_of_segments_has_circles_whose_areas_are_customers() -> None:
    with styled():
        [axes] = segment_map.sheet(read("segments", SEGMENTS), []).panels
    circles: list[Any] = list(axes.collections)
    loyal, new = circles
    assert [tuple(one.get_offsets()[0]) for one in circles] == [(8, 500), (1, 40)], "an empty one has no place"
    assert new.get_sizes()[0] == 4 * loyal.get_sizes()[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("mean of orders", "mean of total:EUR, EUR")


def test_cohorts_are_a_map_for_each_currency_with_gaps_where_nothing_is_known() -> None:
    with styled():
        made = cohorts.sheet(read("cohorts", COHORTS), [])
    assert [axes.get_title(loc="left") for axes in made.panels] == ["EUR", "USD"]
    values: Any = made.panels[0].get_images()[0].get_array()
    assert values.filled(-1).tolist() == [[1, 0.5], [1, -1]]
    assert labels(made.panels[0]) == ["2026-01", "2026-02"]


def test_other_reports_are_bars_and_units_never_share_an_axis() -> None:
    with styled():
        made = bars.sheet(read("channel-sales", SALES), ["net", "orders"])
    assert [axes.get_xlabel() for axes in made.panels] == ["net, EUR", "net, USD", "orders"]
    assert [widths(axes) for axes in made.panels] == [[1234567.5], [10], [7, 2]]


def test_bars_have_whiskers_and_show_the_first_of_many() -> None:
    many = [group({"day": str(day)}, {"rate": figure("0.5", interval=interval("0.4", "0.7"))}) for day in range(50)]
    with styled():
        made = bars.sheet(read("any", answer(*many)), [])
    [axes] = made.panels
    assert len(widths(axes)) == 40
    assert "The first 40 of 50 groups." in made.notes
    assert whiskers(axes)[0] == (0.4, 0.7)


@pytest.mark.parametrize(
    ("report", "body", "measures", "why"),
    [
        ("channel-sales", answer(), [], "the report has no figures"),
        ("channel-sales", SALES, ["nett"], "there is no figure nett. The nearest is net"),
        ("campaign-effect", SALES, [], "no group has a step of the funnel"),
        ("campaign-lift", SALES, [], "no arm is compared with another"),
        ("waiting-times", SALES, [], "no group has a curve"),
        ("cohorts", SALES, [], "no cohort has retention"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    report: str, body: dict[str, Any], measures: Sequence[str], why: str, tmp_path: Path
) -> None:
    with pytest.raises(NothingToDraw, match=why):
        draw(read(report, body), tmp_path / "picture.svg", measures)
    assert not (tmp_path / "picture.svg").exists()
