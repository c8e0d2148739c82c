"""Customers in the console: found, read, seen as of the past, registered, changed."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import httpx
from playwright.sync_api import expect

from tests.console.conftest import Reader
from tests.console.forms import sheet
from tests.console.site import Site


def test_a_customer_is_found_by_name_with_the_keyboard_alone(admin: Reader) -> None:
    page = admin.page
    page.keyboard.press("/")
    page.keyboard.type("customer 00636")
    expect(page.get_by_role("listbox").get_by_role("option")).to_contain_text("Customer 00636")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Customer 00636")).to_be_visible()


def test_the_list_is_filtered_by_the_address_and_grows_as_the_reader_scrolls(admin: Reader) -> None:
    admin.open("/customers?kind=person&sort=registered_at")
    rows = admin.page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(50)
    admin.page.mouse.wheel(0, 10_000)
    expect(rows).to_have_count(100)
    admin.page.get_by_label("Tag").fill("no-such-tag")
    admin.page.get_by_label("Tag").press("Enter")
    expect(admin.page.get_by_text("Nothing matches.")).to_be_visible()
    assert "tag=no-such-tag" in admin.page.url


def test_a_slider_shows_the_past_and_the_address_holds_the_moment(admin: Reader, api: httpx.Client) -> None:
    orders = api.get("/v1/orders", params={"limit": 500}).json()["items"]
    [(customer, _)] = Counter(order["customer_id"] for order in orders).most_common(1)
    net = f"${Decimal(api.get(f'/v1/customers/{customer}').json()['money']['USD']['net']):,}"
    admin.open(f"/customers/{customer}")
    page = admin.page
    money = sheet(page, "Money")
    expect(money).to_contain_text(net)
    happened = page.get_by_role("slider", name="Happened by")
    happened.press("Home")
    expect(page.get_by_text("as of then")).to_be_visible()
    expect(money).not_to_contain_text(net)
    assert "effective_at=1997" in page.url
    page.reload()
    expect(page.get_by_text("as of then")).to_be_visible()
    page.get_by_role("button", name="Now").click()
    expect(money).to_contain_text(net)
    known = page.get_by_role("slider", name="Known by")
    known.press("Home")
    expect(page.get_by_text("as of then")).to_be_visible()
    assert "as_of=" in page.url


def test_the_page_of_one_customer_asks_at_most_four_requests(admin: Reader, api: httpx.Client) -> None:
    customer = api.get("/v1/customers", params={"q": "Customer 00636"}).json()["items"][0]
    admin.open(f"/customers/{customer['id']}")
    expect(admin.page.get_by_role("slider", name="Known by")).to_be_visible()
    asked = [url for url in admin.asked if f"/v1/customers/{customer['id']}" in url]
    assert 0 < len(asked) <= 4


def test_a_conflict_shows_what_the_other_one_changed(admin: Reader, api: httpx.Client) -> None:
    id = api.post("/v1/customers", json={"name": "Grace Hopper"}).json()["id"]
    admin.open(f"/customers/{id}")
    page = admin.page
    page.get_by_role("button", name="Change", exact=True).click()
    changed = api.patch(f"/v1/customers/{id}", json={"name": "Rear Admiral Hopper"})
    api.get(f"/v1/customers/{id}", params={"after": changed.headers["Position"]})
    page.get_by_role("dialog").get_by_label("Language").fill("en")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else changed this meanwhile.")
    expect(page.get_by_role("alert")).to_contain_text("Rear Admiral Hopper")
    page.get_by_role("button", name="Save all the same").click()
    expect(sheet(page, "Profile")).to_contain_text("en")


def test_an_analyst_gets_no_personal_data_in_the_page_nor_in_memory(reader: Reader, site: Site, api: httpx.Client) -> None:
    id = api.post(
        "/v1/customers", json={"name": "Secret Name", "contact_methods": [{"kind": "email", "value": "secret@example.org"}]}
    ).json()["id"]
    answers: list[str] = []
    reader.page.on("response", lambda answer: answers.append(answer.text()) if "/v1/customers" in answer.url else None)
    reader.sign_in(site.key("analyst"))
    reader.open("/customers")
    expect(reader.page.get_by_role("table")).to_be_visible()
    reader.open(f"/customers/{id}")
    expect(reader.page.get_by_role("heading", name="Customer without a name")).to_be_visible()
    assert answers
    for text in (*answers, reader.page.content()):
        assert "Secret Name" not in text
        assert "secret@example.org" not in text
