"""Reports in the console: figures that say what they were made of, pictures, and the lists behind them."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import expect

from tests.console.conftest import Reader
from tests.console.site import Site


def test_a_number_leads_to_the_list_that_it_was_made_of_and_they_agree(admin: Reader, site: Site) -> None:
    admin.open("/reports/sales?by=month&from=1998-01-01&to=1998-03-01")
    page = admin.page
    table = page.get_by_role("table", name="Sales")
    expect(table.get_by_role("row")).to_have_count(3)
    report = site.api.get("/v1/reports/sales", params={"by": "month", "from": "1998-01-01", "to": "1998-03-01"}).json()
    february = report["groups"][1]
    assert february["group"]["month"] == "1998-02-01"
    table.get_by_role("link", name="1 Feb 1998").click()
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    behind = dict(part.split("=") for part in page.url.split("?")[1].split("&"))
    orders = site.api.get("/v1/orders", params=behind | {"limit": 500}).json()["items"]
    assert len(orders) == int(february["measures"]["orders"]["value"])
    assert sum(Decimal(order["gross"]) for order in orders) == Decimal(february["measures"]["gross"]["value"])
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(min(len(orders), 50))


def test_a_figure_says_on_focus_what_it_was_made_of(admin: Reader, site: Site) -> None:
    [channel] = site.api.get("/v1/reports/channel-comparison", params={"currency": "USD"}).json()["groups"]
    average = channel["measures"]["average_order"]
    admin.open("/reports/channel-comparison?currency=USD")
    figure = admin.page.locator(".figure").filter(has_text=average["definition"])
    figure.focus()
    tip = figure.get_by_role("tooltip")
    expect(tip).to_contain_text("(gross - discounts) / orders placed")
    expect(tip).to_contain_text(f"{average['numerator']} / {average['denominator']}")
    expect(tip).to_contain_text("95%")
    box = tip.bounding_box()
    assert box is not None
    # Nothing covers it or cuts it off, although its row is the last one of a table that scrolls.
    for x, y in ((box["x"] + 4, box["y"] + 4), (box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)):
        assert admin.page.evaluate("([x, y]) => Boolean(document.elementFromPoint(x, y)?.closest('[role=tooltip]'))", [x, y])


def test_a_chart_has_a_table_behind_it(admin: Reader) -> None:
    admin.open("/reports/waiting-times?by=category")
    page = admin.page
    expect(page.get_by_role("img", name="Waiting times")).to_have_attribute("data-drawn", "true")
    page.get_by_role("button", name="As a table").click()
    expect(page.get_by_role("table", name="Waiting times").first.get_by_role("cell", name="delivery")).to_be_visible()


def test_a_report_is_taken_along_as_a_file_and_as_a_request(admin: Reader) -> None:
    admin.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.open("/reports/sales?by=month")
    with admin.page.expect_download() as download:
        admin.page.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "sales.csv"
    assert "1998-02" in download.value.path().read_text()
    admin.page.get_by_role("button", name="Copy as curl").click()
    assert "/v1/reports/sales?by=month" in admin.page.evaluate("navigator.clipboard.readText()")
