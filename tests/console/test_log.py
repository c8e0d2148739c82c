"""The log in the console: live, by facets, one fact with its causes, and a read model counted again."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from playwright.sync_api import expect
from sqlalchemy import insert

from infra.read_models.positions import dead_letters
from tests.console.conftest import Reader
from tests.console.forms import submitted
from tests.console.site import Site


def test_a_fact_appears_as_it_is_recorded(admin: Reader, site: Site) -> None:
    expect(admin.page.get_by_text("live", exact=True)).to_be_visible()
    position = site.api.post("/v1/customers", json={"name": "Just Now"}).json()["position"]
    expect(admin.page.get_by_role("link", name=f"#{position}")).to_be_visible()
    expect(admin.page.get_by_text("Customer registered").first).to_be_visible()


def test_facets_narrow_the_log_and_stay_in_the_address(admin: Reader) -> None:
    admin.open("/events")
    page = admin.page
    page.get_by_role("link", name="crm.order.placed.v1").first.click()
    expect(page.get_by_label("Type")).to_have_value("crm.order.placed.v1")
    assert "type=crm.order.placed.v1" in page.url
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(50)


def test_one_fact_shows_what_it_changed_and_what_it_came_from(admin: Reader) -> None:
    # One that the import recorded: other tests of the same deployment record payments too.
    admin.open("/events?type=crm.order.payment_captured.v1&actor=test")
    page = admin.page
    expect(page.get_by_role("heading", name="Facets")).to_be_visible()  # they stand above the list
    page.get_by_role("table").locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="What it changed")).to_be_visible()
    expect(page.locator(".pairs").first).to_contain_text("payment_status")
    tree = page.locator(".tree")
    expect(tree).to_contain_text("cause")
    tree.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Import started")).to_be_visible()


def test_an_auditor_recounts_a_read_model_and_sees_that_it_is_the_same(reader: Reader, site: Site) -> None:
    reader.sign_in(site.key("auditor"))
    reader.open("/audit?view=recount")
    page = reader.page
    row = page.get_by_role("row").filter(has_text="pipelines")
    row.get_by_role("button", name="Recount").click()
    expect(row.get_by_text("same", exact=True)).to_be_visible()
    expect(row.locator("code").first).to_be_visible()


def test_an_operator_watches_a_rebuild(reader: Reader, site: Site) -> None:
    reader.sign_in(site.key("operator"))
    reader.open("/operations")
    page = reader.page
    row = page.get_by_role("row").filter(has_text="pipelines")
    row.get_by_role("button", name="Rebuild pipelines").click()
    expect(page.get_by_text("rebuilt: the same rows")).to_be_visible()
    expect(row).to_contain_text("live")
    expect(page.locator("section.sheet").filter(has_text="Relay to Kafka")).to_contain_text("there is no relay")
    submitted(page, "Verify the store")
    jobs = page.get_by_role("table", name="Jobs")
    verification = jobs.get_by_role("row").filter(has_text="verification")
    verification.get_by_role("button", name="Result").click()
    expect(page.locator("dl.values").filter(has_text="findings").first).to_be_visible()
    page.get_by_role("button", name="Rebuild everything").click()
    everything = jobs.get_by_role("row").nth(1)
    expect(everything).to_contain_text("rebuild")
    expect(everything).to_contain_text("completed", timeout=120_000)


def test_an_auditor_sees_who_did_what_what_was_refused_and_the_receipt_of_an_erasure(reader: Reader, site: Site) -> None:
    customer = site.api.post("/v1/customers", json={"name": "Forget Me"}).json()["id"]
    erasure = {"reason": "consent_withdrawn", "requested_by": "customer"}
    site.api.post(f"/v1/customers/{customer}/erasure", json=erasure).raise_for_status()
    agent = site.key("agent")
    assert site.api.get("/v1/events", headers={"Authorization": f"Bearer {agent}"}).status_code == 403
    reader.sign_in(site.key("auditor"))
    reader.open("/audit?view=erased")
    page = reader.page
    page.get_by_role("row").filter(has_text=customer).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Erasure", exact=True)).to_be_visible()
    expect(page.locator(".pairs")).to_contain_text("consent was withdrawn")
    expect(page.get_by_role("table", name="What was erased")).to_contain_text("destroyed")
    confirming = page.get_by_role("table", name="Read models that confirm it")
    expect(confirming.get_by_role("row").filter(has_text="customer_view")).to_contain_text("purged")

    page.get_by_role("link", name="Audit").click()
    page.get_by_role("link", name="Refused requests").click()
    expect(page.get_by_role("row").filter(has_text="GET /v1/events").first).to_contain_text("events:read")
    page.get_by_role("link", name="Who did what").click()
    page.locator(".facets").get_by_role("link", name="test", exact=True).click()
    assert "actor=test" in page.url
    expect(page.get_by_role("table").locator("tbody tr").first).to_contain_text("system test")


def test_a_dead_letter_is_seen_and_tried_again(admin: Reader, site: Site) -> None:
    # The event is one that the read model leaves out, so it folds at the next try.
    letter = {
        "projection": "orders",
        "position": 1,
        "partition": 0,
        "subject": UUID(site.business.customers[0]),
        "type": "crm.import.started.v2",
        "error": "a fault of this test",
        "traceback": "",
        "tries": 1,
        "since": datetime.now(UTC),
    }
    with site.parts.deployment.read_models.writer.begin() as connection:
        connection.execute(insert(dead_letters).values(letter))
    admin.open("/operations")
    page = admin.page
    row = page.get_by_role("table", name="dead letters").get_by_role("row").filter(has_text="a fault of this test")
    expect(row).to_be_visible()
    row.get_by_role("button", name="Try again").click()
    expect(row).to_have_count(0)
