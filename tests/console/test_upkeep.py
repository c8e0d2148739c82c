"""Upkeep in the console: a file is imported, a view is saved, two periods are compared, a webhook is looked after."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.console.conftest import Reader
from tests.console.forms import submitted

MAPPING = """\
system = "desk"
occurred_at = "{day}"
ids.customer = "{customer}"
[[make]]
command = "customer.register"
facts = { name = "{name}" }
"""


def test_a_file_is_imported_and_its_refused_rows_say_why(admin: Reader, tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(MAPPING)
    (tmp_path / "desk.csv").write_text("customer,name,day\n1,Mary,2026-01-02\n2,,2026-01-03\n")
    admin.open("/operations?view=imports")
    page = admin.page
    page.get_by_label("Mapping (TOML)").set_input_files(tmp_path / "desk.toml")
    page.get_by_label("Rows (CSV)").set_input_files(tmp_path / "desk.csv")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    refused = page.get_by_role("table", name="Refused")
    expect(refused.locator("tbody tr")).to_have_count(1)
    expect(refused).to_contain_text("3")


def test_a_view_is_saved_and_opened_again(admin: Reader) -> None:
    admin.open("/tickets?priority=urgent&unsolved=true")
    page = admin.page
    page.get_by_role("button", name="Save this view").click()
    page.get_by_role("dialog").get_by_label("Name of the view").fill("Urgent ones")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Saved views")).to_contain_text("Urgent ones")
    admin.open("/tickets")
    page.get_by_label("Saved views").select_option("Urgent ones")
    expect(page.get_by_label("Priority")).to_have_value("urgent")
    assert "unsolved=true" in page.url


def test_a_webhook_is_added_tested_paused_and_sent_again(admin: Reader) -> None:
    admin.open("/operations?view=webhooks")
    page = admin.page
    submitted(page, "Add a webhook", {"URL": "https://receiver.example.org/hook", "Type": "crm.order.placed.*"})
    expect(page.get_by_role("alert")).to_contain_text("This secret is shown only now: whsec_")
    row = page.get_by_role("row").filter(has_text="receiver.example.org")
    row.get_by_role("button", name="Deliveries").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("not accepted")).to_be_visible()  # no such host
    expect(page.get_by_role("table", name="Deliveries")).to_contain_text("test")
    submitted(page, "Pause")
    expect(row).to_contain_text("paused")
    submitted(page, "Resume")
    expect(row).to_contain_text("active")
    submitted(page, "Send again", {"From position": "1"})
    submitted(page, "New secret", {"Hours that the old secret stays valid": "0"})
    expect(page.get_by_role("alert")).to_contain_text("whsec_")
    submitted(page, "Remove")
    expect(row).to_contain_text("removed")
    expect(page.get_by_role("button", name="Send a test")).to_have_count(0)


def test_an_order_is_found_by_its_number(admin: Reader) -> None:
    page = admin.page
    page.keyboard.press("Control+k")
    page.keyboard.type("CDNOW-1237")
    expect(page.get_by_role("listbox").get_by_role("option")).to_contain_text("CDNOW-1237")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Order CDNOW-1237")).to_be_visible()
