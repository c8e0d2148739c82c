"""A day in the life of a customer, played with forms: in the evening all pages and reports agree on what happened."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.console.conftest import Reader
from tests.console.forms import sheet, submitted
from tests.console.site import Site

NAME, SHOP, CATEGORY = "Lin Xiaomei", "tea-stall", "broken-pot"


def test_a_day_is_played_with_forms_and_every_page_agrees_in_the_evening(admin: Reader, site: Site) -> None:
    page = admin.page
    customer = a_customer_is_registered(admin)
    order = a_shop_sends_an_order(site, customer)
    the_order_is_confirmed_paid_and_shipped(admin, order)
    a_ticket_is_opened_answered_and_solved(admin, customer)

    admin.open(f"/customers/{customer}")
    expect(sheet(page, "Money")).to_contain_text("€25.00")
    expect(sheet(page, "Orders")).to_contain_text("confirmed")
    expect(sheet(page, "Tickets")).to_contain_text("solved")
    timeline = sheet(page, "Timeline")
    for part in ("Customer registered", "placed: total 25.00 EUR", "payment captured", "shipped: carrier DHL", "solved"):
        expect(timeline).to_contain_text(part)
    the_reports_count_the_day(admin)
    page.get_by_label("Language").select_option("zh")
    expect(page.get_by_role("navigation", name="页面").get_by_role("link", name="工单")).to_be_visible()


def a_customer_is_registered(admin: Reader) -> str:
    admin.open("/customers")
    submitted(admin.page, "Register a customer", {"Name": NAME, "E-mail": "xiaomei@example.com"})
    expect(admin.page.get_by_role("heading", name=NAME)).to_be_visible()
    return admin.page.url.rsplit("/", 1)[1]


def a_shop_sends_an_order(site: Site, customer: str) -> str:
    line = {"line_id": "1", "name": "Tea pot", "quantity": "1", "unit_price": "25.00"}
    order = {"customer_id": customer, "channel": SHOP, "currency": "EUR", "lines": [line]}
    return str(site.api.post("/v1/orders", json=order).raise_for_status().json()["id"])


def the_order_is_confirmed_paid_and_shipped(admin: Reader, order: str) -> None:
    admin.open(f"/orders/{order}")
    status = admin.page.locator(".heading")
    submitted(admin.page, "Confirm")
    expect(status).to_contain_text("confirmed")
    submitted(admin.page, "Record a payment")
    expect(status.get_by_text("paid", exact=True)).to_be_visible()
    submitted(admin.page, "Ship", {"Carrier": "DHL"})
    expect(status.get_by_text("shipped", exact=True)).to_be_visible()


def a_ticket_is_opened_answered_and_solved(admin: Reader, customer: str) -> None:
    page = admin.page
    admin.open("/tickets")
    fields = {"Subject": "The pot came broken", "Description": "It has no handle.", "Category": CATEGORY}
    submitted(page, "Open a ticket", fields | {"Requester": customer})
    expect(page.get_by_role("button", name="Solve")).to_be_visible()
    submitted(page, "Reply", {"Text": "A new pot is on its way."})
    expect(page.locator(".talk")).to_contain_text("A new pot is on its way.")
    submitted(page, "Solve", {"Resolution": "Replaced."})
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()


def the_reports_count_the_day(admin: Reader) -> None:
    admin.open(f"/reports/sales?by=channel&channel={SHOP}")
    expect(row_of(admin.page, SHOP)).to_contain_text("€25.00")
    admin.open(f"/reports/ticket-times?by=category&category={CATEGORY}")
    cells = row_of(admin.page, CATEGORY).get_by_role("cell")
    expect(cells.nth(1)).to_contain_text("1")
    expect(cells.nth(2)).to_contain_text("0")


def row_of(page: Page, group: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=group, exact=True))
