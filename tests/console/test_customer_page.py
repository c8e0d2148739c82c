"""The page of one customer: who they are and what they agreed to, changed by forms, and why they are in a segment."""

from __future__ import annotations

import httpx
from playwright.sync_api import Page, expect

from tests.console.conftest import Reader
from tests.console.forms import sheet
from tests.console.site import Site


def do(page: Page, button: str, menu: str | None = None, go: str = "Save", **fields: str) -> None:
    """Opens a form, fills it, and sends it; the form closes when the API has taken it."""
    if menu:
        page.get_by_role("button", name=menu, exact=True).click()
    page.get_by_role("button", name=button, exact=True).click()
    fill(page, **fields)
    page.get_by_role("dialog").get_by_role("button", name=go, exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        control = page.get_by_role("dialog").locator(f"[name={name}]")
        if control.evaluate("one => one.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


def registered(api: httpx.Client, name: str) -> str:
    answer = api.post("/v1/customers", json={"name": name})
    id = str(answer.json()["id"])
    api.get(f"/v1/customers/{id}", params={"after": answer.headers["Position"]})
    return id


def test_a_customer_is_registered_described_and_reached(admin: Reader) -> None:
    page = admin.page
    admin.open("/customers")
    person = {"name": "Ada Lovelace", "email": "ada@example.org", "channel": "referral", "owner": "mia", "language": "en"}
    do(page, "Register a customer", **person)
    expect(page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()
    profile, contacts, consents = sheet(page, "Profile"), sheet(page, "Contact"), sheet(page, "Consents")
    expect(profile).to_contain_text("referral")
    do(page, "Change", name="Ada King", language="")
    expect(page.get_by_role("heading", name="Ada King")).to_be_visible()
    do(page, "Change the address", "More", lines="12 St James's Square", city="London", country="GB")
    expect(profile).to_contain_text("12 St James's Square")
    do(page, "Set an attribute", "More", name="income", value="58138")
    do(page, "Add a tag", "More", tags="vip jazz")
    expect(profile).to_contain_text("58138")
    do(page, "Remove the tag jazz")
    expect(profile.get_by_text("jazz")).to_have_count(0)
    expect(profile.get_by_text("vip")).to_be_visible()

    do(page, "Add a contact", kind="phone", value="+44 20 7946 0018")
    do(page, "Verify: +442079460018")
    expect(contacts.get_by_role("listitem").filter(has_text="+442079460018")).to_contain_text("verified")
    do(page, "Remove: ada@example.org")
    expect(contacts.get_by_text("ada@example.org")).to_have_count(0)
    do(page, "Record a consent", purpose="newsletter", channel="email", evidence="Said so on the phone.")
    expect(consents.get_by_text("given")).to_be_visible()
    do(page, "Withdraw: newsletter · email")
    expect(consents.get_by_text("withdrawn")).to_be_visible()
    expect(consents.get_by_role("button", name="Withdraw")).to_have_count(0)
    page.get_by_role("slider", name="Known by").press("Home")
    expect(consents.get_by_text("No consent was given or withdrawn.")).to_be_visible()
    expect(page.get_by_role("button", name="Add a contact")).to_have_count(0)  # The past cannot be changed.


def test_a_possible_duplicate_is_shown_and_an_order_a_ticket_and_a_task_begin_on_the_page(
    admin: Reader, api: httpx.Client
) -> None:
    page = admin.page
    id = api.post(
        "/v1/customers", json={"name": "Mary Shelley", "contact_methods": [{"kind": "email", "value": "mary@example.org"}]}
    ).json()["id"]
    admin.open("/customers")
    page.get_by_role("button", name="Register a customer").click()
    fill(page, name="M. Shelley", email="mary@example.org")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("dialog").get_by_role("link", name=id).click()
    expect(page.get_by_role("heading", name="Mary Shelley")).to_be_visible()
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("button", name="Place an order").click()
    fill(page, currency="EUR")
    dialog = page.get_by_role("dialog")
    for label, value in (("Product 1", "Green tea"), ("Quantity 1", "2"), ("Price 1", "12.50")):
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("button", name="Save").click()
    expect(sheet(page, "Orders")).to_contain_text("€25.00")
    expect(sheet(page, "Money")).to_contain_text("€25.00")
    do(page, "Open a ticket", "New", title="The tea is cold")
    expect(sheet(page, "Tickets").get_by_role("row")).to_have_count(2)
    do(page, "Create a task", "New", title="Send hot tea")
    expect(sheet(page, "Tasks")).to_contain_text("Send hot tea")


def test_customers_are_related_merged_parted_archived_and_erased(admin: Reader, site: Site, api: httpx.Client) -> None:
    page = admin.page
    firm, person = registered(api, "Difference Engines Ltd"), registered(api, "Charles Babbage")
    admin.open(f"/customers/{person}")
    relations = sheet(page, "Relations")
    expect(relations).to_contain_text("No relation is known.")
    do(page, "Add a relation", role="employee", other=firm, title="Engineer", since="2020-05-01")
    expect(relations).to_contain_text("employee of Difference Engines Ltd")
    do(page, "End: employee of Difference Engines Ltd", until="2024-05-01")
    expect(relations.get_by_role("button", name="End")).to_have_count(0)
    expect(relations).to_contain_text("Difference Engines Ltd")

    do(page, "Archive", "More")
    expect(page.locator(".heading").get_by_text("archived")).to_be_visible()
    do(page, "Restore", "More")
    expect(page.locator(".heading").get_by_text("archived")).to_have_count(0)

    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Merge into another customer").click()
    fill(page, into="Difference")
    found = page.get_by_role("dialog").locator("datalist option")
    expect(found).to_have_attribute("value", firm)
    fill(page, into=firm)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".heading")).to_contain_text("merged into")
    expect(page.get_by_role("button", name="Add a relation")).to_have_count(0)
    do(page, "Undo the merge")
    expect(page.locator(".heading").get_by_text("merged into")).to_have_count(0)

    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Erase", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nobody can bring it back.")
    fill(page, reason="requested", typed="Charles")
    dialog.get_by_role("button", name="Erase for ever").click()
    expect(dialog.get_by_text("This is not: Charles Babbage")).to_be_visible()
    fill(page, typed="Charles Babbage")
    dialog.get_by_role("button", name="Erase for ever").click()
    expect(page.locator(".heading").get_by_text("erased")).to_be_visible()
    assert "Babbage" not in page.content()
    assert api.get(f"/v1/customers/{person}/erasure").json()["reason"] == "requested"


def test_a_customer_says_why_they_are_in_a_segment_and_what_they_will_probably_buy(admin: Reader, api: httpx.Client) -> None:
    if not api.get("/v1/value-models").json()["items"]:
        fitted = api.post("/v1/value-models", json={"name": "value", "currency": "USD"})
        api.get("/v1/value-models", params={"after": fitted.headers["Position"]})
    [model] = [one for one in api.get("/v1/segment-models").json()["items"] if one["name"] == "customers"]
    cluster = max(model["clusters"], key=lambda one: one["centre"]["orders"])
    wanted = {"model": "customers", "label": cluster["name"], "limit": 200}
    labels = api.get("/v1/segment-labels", params=wanted).json()["items"]
    label = next(one for one in labels if one["features"]["total:USD"])  # Others may have bought in another currency.
    [predicted] = api.get(f"/v1/customers/{label['customer_id']}/predicted-values").json()["values"]
    page = admin.page
    admin.open(f"/customers/{label['customer_id']}")
    expect(sheet(page, "Relations")).to_contain_text("No relation is known.")
    expect(page.get_by_role("slider", name="Known by")).to_be_visible()
    asked = [url for url in admin.asked if "/v1/" in url]
    page.get_by_text(f"Why {cluster['name']}?").click()
    segments = sheet(page, "Segments")
    orders = segments.get_by_role("row").filter(has_text="orders")
    expect(orders).to_contain_text(f"{label['features']['orders']:g}")
    expect(orders).to_contain_text(f"{round(cluster['centre']['orders'], 2):g}")
    expect(segments).to_contain_text(f"{cluster['name']}, {round(label['distance'], 2):g} away")
    expect(segments.get_by_role("heading", name="In words")).to_be_visible()
    expect(segments.get_by_text("customers who were held out")).to_be_visible()
    money = sheet(page, "Money")
    money.get_by_text("What will they probably buy?").click()
    lines = money.locator(".pairs > div")
    alive, value = f"{100 * float(predicted['alive']):.1f}", f"${float(predicted['expected_value']):,.2f}"
    expect(lines.filter(has_text="Still a customer")).to_contain_text(alive.removesuffix(".0"))
    expect(lines.filter(has_text="Expected value")).to_contain_text(value)
    opened = [url for url in admin.asked if "/v1/" in url][len(asked) :]
    routes = [url.partition("/v1/")[2].partition("/")[0].partition("?")[0] for url in opened]
    assert sorted(routes) == ["customers", "reports", "segment-models"]


def test_buttons_are_only_there_for_those_who_may(reader: Reader, site: Site, api: httpx.Client) -> None:
    id = registered(api, "Emmy Noether")
    page = reader.page
    reader.sign_in(site.key("agent"))
    reader.open(f"/customers/{id}")
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("button", name="Merge into another customer")).to_be_visible()
    expect(page.get_by_role("button", name="Erase", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    reader.sign_in(site.key("analyst"))
    reader.open(f"/customers/{id}")
    expect(sheet(page, "Relations")).to_be_visible()
    expect(page.locator("main").get_by_role("button", name="Change")).to_have_count(0)
    for title in ("Contact", "Consents", "Relations"):
        expect(sheet(page, title).get_by_role("button")).to_have_count(0)
