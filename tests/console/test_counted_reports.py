"""Reports in full: every name has a word, every list adds up, two periods stand in one table, and pictures are drawn."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.console import counted
from tests.console.conftest import Reader
from tests.console.counted import Counted
from tests.console.report_names import Names, named
from tests.console.site import Site, started

PURCHASES = 400
SPRING_OF_1997 = {"from": "1997-01-01", "to": "1997-04-01"}
SUMMER_OF_1997 = {"from": "1997-04-01", "to": "1997-06-01"}
DAYS: tuple[dict[str, str], ...] = ({}, {"from": "1997-02-01", "to": "1997-05-15"}, {"from": "2026-10-14", "to": "2026-11-20"})
"""Days that reports are asked for: all, and such that begin and end within a week and a month."""
UNTIL = {"to": "1998-04-01"}
"""The end of the time in which a prediction is compared with what came: the sample has nothing later."""
SHOWN = 5
"""So many groups of an answer are compared with their lists."""
PAGE = 500


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: what is recorded here would change what other files count."""
    with started(tmp_path_factory.mktemp("counted") / "home", PURCHASES) as site:
        yield site


@pytest.fixture(scope="module")
def business(site: Site) -> Counted:
    return counted.recorded(site)


def test_every_name_that_a_report_can_answer_has_a_word_in_both_languages(
    reader: Reader, site: Site, business: Counted
) -> None:
    names = named(site.api.get("/openapi.json").json())
    assert len(names.measures) > 200
    names.units.update(_units(site, business))
    reader.open("/")
    for language in ("en", "zh"):
        assert _without_a_word(reader.page, language, names) == {"measures": [], "words": [], "reports": []}, language


def _units(site: Site, business: Counted) -> set[str]:
    """The units of all figures in all answers."""
    found = set()
    for path in site.api.get("/openapi.json").json()["paths"]:
        if path.startswith("/v1/reports/"):
            answer = site.api.get(path, params=_needed(path, business)).json()
            found |= {figure["unit"] for one in _groups(answer) for figure in one["measures"].values()}
    return {unit for unit in found if unit != "1" and not (len(unit) == 3 and unit.isupper()) and " per " not in unit}


def _needed(path: str, business: Counted) -> dict[str, str]:
    return {"campaign_id": business.campaign} if path.endswith(("campaign-lift", "campaign-variants")) else {}


def _groups(answer: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [part for name in ("groups", "total", "totals", "means") for part in _listed(answer.get(name))]
    return [part for part in parts if part.get("measures")]


def _listed(part: Any) -> list[dict[str, Any]]:
    return part if isinstance(part, list) else [part] if isinstance(part, dict) else []


def _without_a_word(page: Page, language: str, names: Names) -> Any:
    script = """async ([language, measures, words, reports]) => {
      const dictionary = await import("/console/core/words.js");
      dictionary.language.value = language;
      const { known } = await import("/console/core/measures.js");
      const { REPORTS } = await import("/console/core/reports.js");
      return {
        measures: measures.filter(([name, report]) => !known(name, report)),
        words: words.filter((name) => !dictionary.has(name)),
        reports: reports.filter((name) => !REPORTS.some((one) => one.name === name) || !dictionary.has(`report.${name}.what`)),
      };
    }"""
    return page.evaluate(script, [language, sorted(names.measures), sorted(names.words()), sorted(names.reports)])


def test_every_list_behind_a_figure_has_as_many_rows_as_the_figure_says(reader: Reader, site: Site, business: Counted) -> None:
    reader.open("/")
    compared, wrong = 0, []
    for report in _reports(reader.page):
        for asked in _asked(report, business):
            answer = site.api.get(f"/v1/reports/{report['name']}", params=asked)
            assert answer.is_success, answer.text
            groups = _groups({name: answer.json().get(name) for name in ("groups", "total")})[-SHOWN:]
            for group, addresses in zip(groups, _addresses(reader.page, report["name"], groups, asked), strict=True):
                for measure, address in addresses.items():
                    if address and measure in group["measures"]:
                        figure, rows = int(Decimal(group["measures"][measure]["value"])), _rows(site, address)
                        compared += 1
                        wrong += [(report["name"], measure, figure, rows, address)] if figure != rows else []
    assert wrong == []
    assert compared > 150


def _reports(page: Page) -> list[dict[str, Any]]:
    """Reports whose figures have lists; other reports are no lists, and a campaign's plan has no rows."""
    script = """async () => (await import("/console/core/reports.js")).REPORTS
      .filter(({ name, lists }) => lists && !["sales-trend", "campaign-progress"].includes(name))
      .map(({ name, by, filters }) => ({ name, by, filters }))"""
    found: list[dict[str, Any]] = page.evaluate(script)
    return found


def _asked(report: dict[str, Any], business: Counted) -> list[dict[str, Any]]:
    """By each grouping for all days, and by each second one for some."""
    needed = _needed(report["name"], business)
    bys: list[dict[str, Any]] = [{"by": [by]} for by in report["by"]] or [{}]
    dated = [
        by | days for place, by in enumerate(bys) for days in (DAYS if place % 2 else DAYS[:2]) if "from" in report["filters"]
    ]
    return [needed | asked for asked in dated or bys]


def _addresses(page: Page, name: str, groups: list[dict[str, Any]], asked: dict[str, Any]) -> list[dict[str, str | None]]:
    script = """async ([name, groups, asked]) => {
      const { lists } = (await import("/console/core/reports.js")).REPORTS.find((one) => one.name === name);
      const addresses = (group) => Object.entries(lists).map(([measure, list]) => [measure, list(group, asked)]);
      return groups.map((group) => Object.fromEntries(addresses(group)));
    }"""
    found: list[dict[str, str | None]] = page.evaluate(script, [name, [one["group"] for one in groups], asked])
    return found


def _rows(site: Site, address: str) -> int:
    """How many rows the API has for this address of the console."""
    path, _, filters = address.partition("?")
    _, kind, *of = path.split("/")
    if kind == "segments":
        path, filters = "/segment-labels", f"label={of[0]}&{filters}"
    if kind == "campaigns":
        path += "/members"
    page, rows = f"/v1{path}?{filters}&limit={PAGE}", 0
    while page:
        answer = site.api.get(page)
        assert answer.is_success, f"{page}: {answer.text}"
        rows += len(answer.json()["items"])
        page = answer.json()["next"]
    return rows


def test_every_report_shows_what_each_figure_was_made_of_and_is_taken_along_as_csv(
    admin: Reader, site: Site, business: Counted
) -> None:
    page = admin.page
    admin.open("/reports")
    links = page.locator("main a.tile")
    expect(links.first).to_be_visible()
    paths = {str(link.get_attribute("href")): link.locator("b").inner_text() for link in links.all()}
    assert len(paths) == len(named(site.api.get("/openapi.json").json()).reports)
    for path, title in paths.items():
        needed = _needed(path, business) | (UNTIL if path.endswith("value-calibration") else {})
        # As a link within the console does, which loads no module again.
        page.evaluate("async (to) => (await import('/console/core/address.js')).go(to)", f"{path}?{urlencode(needed)}")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.locator("main table .figure").first).to_be_visible()
        expect(page.locator("main .state")).to_have_count(0)
        said = page.evaluate(
            "[...document.querySelectorAll('.figure')].map((one) => one.querySelector('[role=tooltip] strong')?.textContent)"
        )
        assert said, path
        assert all(said), path
        csv = site.api.get(f"/v1{path}", params=needed, headers={"Accept": "text/csv"})
        assert csv.headers["Content-Type"].startswith("text/csv"), path


def test_two_periods_stand_in_one_table_with_exact_differences(admin: Reader, site: Site) -> None:
    spring, summer = (_months(site, days) for days in (SPRING_OF_1997, SUMMER_OF_1997))
    beside = "&".join(f"{name}2={day}" for name, day in SUMMER_OF_1997.items())
    admin.open(f"/reports/sales?by=month&from={SPRING_OF_1997['from']}&to={SPRING_OF_1997['to']}&{beside}")
    page = admin.page
    table = page.get_by_role("table", name="Sales")
    expect(page.get_by_role("img", name="Sales")).to_have_attribute("data-drawn", "true")
    place = table.get_by_role("columnheader").all_inner_texts().index("Gross") - 3
    for number, (one, other) in enumerate(zip(spring[:2], summer, strict=True)):
        rows = table.locator("tbody").nth(number).get_by_role("row")
        expect(rows.nth(2).get_by_role("rowheader")).to_have_text("Difference")
        moved = one - other
        shown = f"{'+' if moved > 0 else '−'}${abs(moved):,.2f}"
        expect(rows.nth(2).get_by_role("cell").nth(place)).to_contain_text(shown)
    alone = table.locator("tbody").nth(2)
    expect(alone.get_by_role("rowheader", name="Only in this period")).to_be_visible()
    expect(alone.get_by_text("%")).to_have_count(0)


def _months(site: Site, days: dict[str, str]) -> list[Decimal]:
    groups = site.api.get("/v1/reports/sales", params=days | {"by": "month"}).json()["groups"]
    return [Decimal(one["measures"]["gross"]["value"]) for one in groups]


def test_differences_are_those_of_decimal_arithmetic(reader: Reader) -> None:
    chance = random.Random(7)
    pairs = [["0.00", "0"], ["-0.5", "0.25"], ["1", "3"]]
    pairs += [[_decimal(chance), _decimal(chance)] for _ in range(300)]
    script = """async (pairs) => {
      const { change, difference } = await import("/console/core/decimals.js");
      const { moved } = await import("/console/core/comparing.js");
      const one = { value: "1", unit: "EUR" };
      const none = [moved({ value: null, unit: "EUR" }, one), moved(one, { value: "1", unit: "USD" }), moved(undefined, one)];
      return [pairs.map(([one, other]) => [difference(one, other), change(one, other)]), none];
    }"""
    reader.open("/")
    found, none = reader.page.evaluate(script, pairs)
    assert none == [None, None, None]
    for (one, other), (difference, change) in zip(pairs, found, strict=True):
        a, b = Decimal(one), Decimal(other)
        assert Decimal(difference) == a - b
        assert change is None if b == 0 else Decimal(change) == ((a - b) / abs(b)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _decimal(chance: random.Random) -> str:
    return str(
        Decimal(chance.randint(-(10**9), 10**9)).scaleb(-chance.randint(0, 6)).quantize(Decimal("0.000001")).normalize() + 0
    )


def test_promises_kept_stand_above_the_backlog_of_the_same_weeks(admin: Reader, site: Site, business: Counted) -> None:
    week = "2026-10-12"
    levels, backlog = (
        next(
            one["measures"]
            for one in site.api.get(f"/v1/reports/{name}", params={"by": "week"}).json()["groups"]
            if one["group"]["week"] == week
        )
        for name in ("service-levels", "ticket-backlog")
    )
    for report in ("service-levels", "ticket-backlog"):
        admin.open(f"/reports/{report}")
        picture = admin.page.get_by_role("figure").filter(
            has=admin.page.get_by_role("img", name="Promises kept, and the age of the backlog")
        )
        expect(picture.get_by_role("img")).to_have_attribute("data-drawn", "true")
    admin.page.get_by_role("button", name="As a table").first.click()
    row = admin.page.get_by_role("table", name="Promises kept, and the age").get_by_role("row").filter(has_text="12 Oct 2026")
    share = Decimal(levels["first_response_attainment"]["value"]) * 100
    expect(row).to_contain_text(f"{share.quantize(Decimal('0.1'), ROUND_HALF_UP).normalize():f}%")
    expect(row.get_by_role("cell").nth(4)).to_contain_text(backlog["backlog"]["value"])


def test_a_reader_chooses_a_campaign_by_name_and_sees_the_members_of_an_arm(
    admin: Reader, site: Site, business: Counted
) -> None:
    page = admin.page
    admin.open("/reports/campaign-lift")
    page.get_by_role("link", name="Spring sale").click()
    expect(page.get_by_role("combobox", name="Campaign")).to_have_value(business.campaign)
    table = page.get_by_role("table", name="Campaign lift")
    row = table.get_by_role("row").filter(has_text="control")
    members = row.get_by_role("cell").nth(2).get_by_role("link")
    groups = site.api.get("/v1/reports/campaign-lift", params={"campaign_id": business.campaign}).json()["groups"]
    [held] = {one["measures"]["members"]["value"] for one in groups if one["group"]["variant"] == "control"}
    expect(members).to_contain_text(held)
    members.click()
    expect(page.get_by_role("heading", name="Spring sale")).to_be_visible()
    expect(page.get_by_role("table", name="Members").locator("tbody tr")).to_have_count(int(held))
    admin.open("/tickets?opened_from=2026-10-12&opened_to=2026-10-19&discarded=false")
    expect(page.locator("tbody tr")).to_have_count(7)
    page.get_by_role("button", name="Leave out: Opened before").click()
    expect(page).not_to_have_url("opened_to")
    expect(page.locator("tbody tr")).to_have_count(28)


def test_segments_are_shown_by_the_two_features_that_the_reader_chooses(admin: Reader, site: Site, business: Counted) -> None:
    page = admin.page
    admin.open("/reports/segments")
    expect(page.get_by_role("img", name="Segments")).to_have_attribute("data-drawn", "true")
    page.get_by_label("Across").select_option(label="bought in all USD")
    expect(page).to_have_url(f"{site.url}/reports/segments?x=total%3AUSD")
    expect(page.get_by_text("Each dot is one of")).to_be_visible()
    expect(page.get_by_role("table", name="Segment drift").get_by_role("row", name="bought in all USD")).to_be_visible()
    [first, *_] = site.api.get("/v1/reports/segments").json()["groups"]
    page.get_by_role("table", name="Segments").get_by_role("link", name=first["group"]["label"], exact=True).click()
    expect(page.get_by_role("heading", name=f"Segment: {first['group']['label']}")).to_be_visible()
    admin.open("/reports/segment-explanation")
    [rule, *_] = site.api.get("/v1/reports/segment-explanation").json()["groups"]
    expect(page.get_by_role("cell", name=rule["text"], exact=True)).to_be_visible()
    admin.open("/reports/segment-flows")
    expect(page.get_by_role("img", name="Segment flows")).to_have_attribute("data-drawn", "true")
    admin.open("/reports/channel-sales?by=month&by=channel")
    expect(page.get_by_label("And by")).to_have_value("channel")
    expect(page.get_by_role("img", name="Channel sales")).to_have_attribute("data-drawn", "true")
