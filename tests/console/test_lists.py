"""Lists in the console: their columns are the reader's choice, and a long list stays small."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.console.conftest import Reader
from tests.console.site import Site


def titles(page: Page) -> list[str]:
    return [title.strip(" ↑↓") for title in page.get_by_role("columnheader").all_text_contents()]


def choose(page: Page, *columns: str) -> None:
    """Shows or hides them, with the keyboard."""
    page.get_by_text("Columns", exact=True).press("Enter")
    for column in columns:
        page.locator(".choice").get_by_label(column, exact=True).press("Space")
    page.keyboard.press("Escape")
    expect(page.locator(".choice[open]")).to_have_count(0)


def test_a_reader_chooses_columns_and_the_address_the_browser_and_a_saved_view_hold_them(admin: Reader) -> None:
    page = admin.page
    admin.open("/tickets?unsolved=true")
    table = page.get_by_role("table")
    expect(table).to_be_visible()
    assert titles(page) == ["Number", "Subject", "Status", "Priority", "Agent", "Opened", "Last activity"]
    choose(page, "Priority", "Agent", "Opened", "Category")
    chosen = ["Number", "Subject", "Status", "Last activity", "Category"]
    expect(page.get_by_role("columnheader")).to_have_count(len(chosen))
    assert titles(page) == chosen
    expect(table).to_contain_text("delivery")
    sent = page.url
    page.get_by_role("button", name="Save this view").click()
    page.get_by_role("dialog").get_by_label("Name of the view").fill("What it is about")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_label("Saved views")).to_be_visible()

    admin.open("/tickets")  # The browser keeps the choice.
    expect(table).to_be_visible()
    assert titles(page) == chosen
    choose(page, "Priority", "Agent", "Opened", "Category")
    expect(page.get_by_role("columnheader")).to_have_count(7)
    assert "columns" not in page.url
    page.get_by_label("Saved views").select_option("What it is about")
    expect(page.get_by_role("columnheader")).to_have_count(len(chosen))
    assert titles(page) == chosen
    page.evaluate("localStorage.clear()")
    page.goto(sent)  # Somebody else opens the same address.
    expect(table).to_be_visible()
    assert titles(page) == chosen
    choose(page, "Subject", "Status", "Last activity", "Category")
    expect(page.get_by_role("columnheader")).to_have_count(1)  # The first column stays.
    assert titles(page) == ["Number"]


def test_every_column_that_can_be_hidden_is_a_field_that_the_api_knows(admin: Reader, site: Site) -> None:
    page = admin.page
    for resource in ("customers", "orders", "tickets", "tasks", "campaigns", "events", "audit"):
        page.evaluate("localStorage.clear()")
        admin.open(f"/{resource}?columns=id")
        expect(page.get_by_role("table")).to_be_visible()
        page.get_by_text("Columns", exact=True).click()
        boxes = page.locator(".choice input")
        boxes.first.uncheck()
        for number in range(1, boxes.count()):
            boxes.nth(number).check()
        expect(page).to_have_url(re.compile("columns="))
        fields = page.evaluate("new URLSearchParams(location.search).get('columns')")
        answer = site.api.get(f"/v1/{resource}", params={"fields": fields, "limit": 1})
        assert answer.status_code == 200, answer.text


def test_a_long_list_shows_500_rows_at_most_and_goes_on_from_there(admin: Reader, site: Site) -> None:
    page = admin.page
    latest = site.api.get("/v1/orders", params={"sort": "-placed_at", "limit": 500}).json()["items"]
    numbers = [one["number"] for one in latest]
    admin.open("/orders")
    rows = page.locator("tbody tr")
    for count in range(50, 501, 50):
        expect(rows).to_have_count(count)
        page.mouse.wheel(0, 100_000)
    expect(rows.last).to_contain_text(numbers[-1])
    further = page.get_by_role("button", name="Show the next 500 rows")
    expect(further).to_be_enabled()
    further.click()
    expect(page.get_by_text("Rows 501 to 550")).to_be_visible()
    expect(rows).to_have_count(50)
    expect(rows.first).to_be_in_viewport()
    expect(page.get_by_role("region", name="Orders")).to_be_focused()  # Not the button below them.
    assert rows.first.text_content() not in numbers
    page.get_by_role("button", name="Show earlier rows").click()
    expect(rows.first).to_contain_text(numbers[0])
    expect(page.get_by_text("50 shown")).to_be_visible()
