"""The log in the console: live, by facets, one fact with its causes, and a read model counted again."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from playwright.sync_api import expect
from sqlalchemy import insert

from infra.read_models.positions import dead_letters
from tests.console.conftest import Reader
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
    page.get_by_role("button", name="Rebuild everything").click()
    expect(page.get_by_role("table", name="Jobs").get_by_text("completed").first).to_be_visible(timeout=120_000)


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
