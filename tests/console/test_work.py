"""Daily work in the console: an order is confirmed, a ticket answered and solved, a deal moved, a task done."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Error, Route, expect

from tests.console.conftest import Reader
from tests.console.forms import chosen, lost, saved
from tests.console.site import Site


def test_the_overview_shows_what_waits_what_runs_and_each_fact_as_it_is_recorded(admin: Reader, site: Site) -> None:
    admin.open("/")
    page = admin.page
    waiting = page.get_by_role("table", name="Tickets that have waited longest").get_by_role("row")
    oldest = site.api.get("/v1/tickets", params={"unsolved": "true", "sort": "opened_at", "limit": 5}).json()["items"]
    expect(waiting).to_have_count(1 + len(oldest))
    expect(waiting.nth(1)).to_contain_text(oldest[0]["private"]["title"])
    expect(page.get_by_role("table", name="Campaigns that run now")).to_contain_text("Winter sale")
    feed = page.get_by_role("main").get_by_role("listitem")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    site.api.post("/v1/customers", json={"kind": "organisation", "name": "Green Tea Ltd"})
    expect(feed.first).to_contain_text("Customer registered")


def test_an_order_is_paid_for_and_its_past_stays_visible(admin: Reader, site: Site) -> None:
    line = {"line_id": "1", "name": "Green tea", "quantity": "2", "unit_price": "12.50"}
    order = {"customer_id": site.business.customers[0], "channel": "web", "currency": "EUR", "lines": [line]}
    id = site.api.post("/v1/orders", json=order).json()["id"]
    admin.open(f"/orders/{id}")
    page = admin.page
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Save").click()
    status = page.locator(".heading")
    expect(status).to_contain_text("confirmed")
    page.get_by_role("button", name="Record a payment").click()
    page.get_by_role("button", name="Save").click()
    expect(status.get_by_text("paid", exact=True)).to_be_visible()
    page.get_by_role("slider", name="Known by").press("Home")
    expect(status).to_contain_text("unpaid")
    expect(page.get_by_role("button", name="Record a payment")).to_have_count(0)


def test_a_ticket_is_found_answered_and_solved(admin: Reader, site: Site) -> None:
    admin.open("/tickets?unsolved=true")
    page = admin.page
    page.get_by_role("link", name="#1", exact=True).click()
    page.get_by_role("button", name="Reply").click()
    page.get_by_role("dialog").get_by_label("Text").fill("A new disc is on its way.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".talk")).to_contain_text("A new disc is on its way.")
    page.get_by_role("button", name="Solve").click()
    page.get_by_role("dialog").get_by_label("Resolution").fill("Replaced.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    expect(page.get_by_text("First resolution").first).to_be_visible()


def test_a_ticket_is_changed_by_forms_and_merged_into_another(admin: Reader, site: Site) -> None:
    page = admin.page
    other, order = site.business.tickets[2], site.api.get("/v1/orders", params={"limit": 1}).json()["items"][0]["id"]
    admin.open("/tickets")
    dialog = chosen(page, "Open a ticket")
    dialog.get_by_label("Subject").fill("The sleeve is torn")
    dialog.get_by_label("Requester").fill(site.business.customers[20])
    saved(page)
    expect(page.get_by_role("heading", name="The sleeve is torn")).to_be_visible()
    path = "/v1" + page.url.removeprefix(site.url)
    chosen(page, "Ticket", "Change the priority").get_by_label("Priority").select_option("urgent")
    saved(page)
    chosen(page, "Ticket", "Change the category").get_by_label("Category").fill("damage")
    saved(page)
    chosen(page, "Ticket", "Link what it is about").get_by_label("Id").fill(order)
    saved(page)
    chosen(page, "Ticket", "Assign").get_by_label("Owner").fill("mia")
    saved(page)
    chosen(page, "Waiting", "Wait for somebody else").get_by_label("Reason").fill("supplier")
    saved(page)
    expect(page.locator(".heading")).to_contain_text("on hold")
    chosen(page, "Waiting", "Resume")
    saved(page)
    chosen(page, "Waiting", "Escalate").get_by_label("Team").fill("quality")
    saved(page)
    chosen(page, "Add a note").get_by_label("Text").fill("Card number 4711")
    saved(page)
    note = page.locator(".talk .internal")
    expect(note).to_contain_text("Card number 4711")
    note.get_by_role("button", name="Remove the text").click()
    saved(page)
    expect(note).to_contain_text("The text was removed.")
    expect(note.get_by_role("button")).to_have_count(0)
    chosen(page, "Ticket", "Merge into another ticket").get_by_label("The ticket that continues").fill(other)
    saved(page)
    expect(page.locator(".heading")).to_contain_text("closed")
    expect(page.get_by_role("button", name="Waiting")).to_have_count(0)
    ticket = site.api.get(path).json()
    expected = {"priority": "urgent", "category": "damage", "agent": "mia", "merged_into": other}
    assert {name: ticket[name] for name in expected} == expected
    assert (ticket["about"], ticket["escalations"][0]["team"]) == ([{"kind": "order", "id": order}], "quality")


def test_a_deal_is_dragged_to_its_next_stage_or_moved_with_the_keyboard(admin: Reader, site: Site) -> None:
    admin.open("/deals")
    page = admin.page
    contacted, demo = page.get_by_role("region", name="Contacted"), page.get_by_role("region", name="Demo")
    card = contacted.locator("article").filter(has=page.get_by_role("link", name="Deal 1", exact=True))
    card.drag_to(demo)
    moved = demo.locator("article").filter(has=page.get_by_role("link", name="Deal 1", exact=True))
    expect(moved).to_be_visible()
    moved.get_by_label("Stage").select_option("contract")
    expect(page.get_by_role("region", name="Contract").get_by_role("link", name="Deal 1", exact=True)).to_be_visible()
    deal = site.api.get(f"/v1/deals/{site.business.deals[0]}", params={"fields": "stage"}).json()
    assert deal["stage"] == "contract"


def test_a_task_is_completed_and_leaves_the_list_of_open_ones(admin: Reader) -> None:
    admin.open("/tasks?status=open")
    page = admin.page
    row = page.get_by_role("row").filter(has_text="Call about offer 1")
    row.get_by_role("button", name="Complete").click()
    page.get_by_role("button", name="Save").click()
    expect(row).to_have_count(0)


def test_a_command_whose_answer_was_lost_happens_once_however_often_it_is_sent(admin: Reader, site: Site) -> None:
    admin.open("/customers")
    page = admin.page
    page.route("**/v1/customers", lost, times=1)
    page.get_by_role("button", name="Register a customer").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Once Ltd")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Once Ltd")).to_be_visible()
    found = site.api.get("/v1/customers", params={"q": "Once Ltd"}).json()["items"]
    assert [one["id"] for one in found] == [page.url.rpartition("/")[2]]


def test_a_page_of_rows_that_comes_late_is_not_added_to_another_list(admin: Reader) -> None:
    admin.open("/orders")
    page = admin.page
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    late = list[Route]()
    page.route("**/v1/orders?*cursor=*", lambda route: late.append(route))
    with page.expect_request("**/v1/orders?*cursor=*"):
        page.get_by_role("button", name="Show more").click()
    page.get_by_label("Channel").fill("nowhere")
    page.get_by_label("Channel").press("Enter")
    expect(rows).to_have_count(0)
    for route in late:
        with suppress(Error):  # The page has taken its question back.
            route.continue_()
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    expect(rows).to_have_count(0)


def test_a_malformed_address_is_not_sent_and_escape_closes_the_form(admin: Reader) -> None:
    admin.open("/customers")
    page = admin.page
    page.get_by_role("button", name="Register a customer").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Eve")
    page.get_by_role("dialog").get_by_role("textbox", name="E-mail").fill("no-address@")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
