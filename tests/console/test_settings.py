"""The settings of the business in the console: listed, made by forms, seen with their past, and taken out of use."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.conftest import Reader
from tests.console.forms import sheet, submitted
from tests.console.site import Site


def test_a_user_is_added_changed_sent_away_and_deactivated(admin: Reader, site: Site) -> None:
    page = admin.page
    admin.open("/settings?kind=teams")
    submitted(page, "Add a team", {"Code": "night", "Name": "Night shift"})
    expect(page.get_by_role("row").filter(has_text="Night shift")).to_contain_text("in use")
    page.get_by_role("link", name="Users", exact=True).click()
    fields = {"Code": "nora", "Name": "Nora", "Team": "night", "Open items at a time": "5"}
    submitted(page, "Add a user", fields)
    page.get_by_role("link", name="nora", exact=True).click()
    expect(page.get_by_role("heading", name="User nora")).to_be_visible()
    submitted(page, "Change", {"Name": "Nora Night"})
    expect(sheet(page, "Details")).to_contain_text("Nora Night")
    submitted(page, "Give no new work")
    expect(page.locator(".heading")).to_contain_text("gets no new work")
    submitted(page, "Deactivate")
    expect(page.locator(".heading")).to_contain_text("out of use")
    user = site.api.get("/v1/users/nora").json()
    assert (user["capacity"], user["team"], user["deactivated_at"] is None) == (5, "night", False)
    page.get_by_role("slider", name="Known by").press("Home")
    expect(sheet(page, "Details")).not_to_contain_text("Nora Night")

    admin.open("/settings")
    page.get_by_role("button", name="Add a user").click()
    page.get_by_role("dialog").get_by_label("Code").fill("nora")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()  # one with this code exists, and is not replaced


def test_a_pipeline_is_written_as_json_and_what_is_wrong_stands_at_its_field(admin: Reader) -> None:
    page = admin.page
    admin.open("/settings?kind=pipelines")
    page.get_by_role("button", name="Define a pipeline").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code").fill("workshop")  # after `sales`: the board of deals shows the first pipeline
    dialog.get_by_label("Name").fill("Workshop")
    stages = dialog.get_by_label("Stages")
    stages.fill("[{")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This is no JSON.")
    expect(stages).to_have_attribute("aria-invalid", "true")
    stages.fill('[{"code": "seen", "name": "Looked at", "probability": "7"}]')
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).not_to_contain_text("This is no JSON.")
    stages.fill('[{"code": "seen", "name": "Looked at", "probability": "0.7"}]')
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name="workshop", exact=True).click()
    expect(page.get_by_role("table", name="Stages")).to_contain_text("Looked at")
    kinds = ("users", "assignment-rules", "channels", "sla-policies", "service-calendars", "field-definitions")
    for kind in kinds:
        admin.open(f"/settings?kind={kind}")
        expect(page.locator(".tabs [aria-current]")).to_be_visible()
        expect(page.get_by_text("Counting …")).to_have_count(0)
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_reader_without_the_permission_sees_settings_and_no_names_nor_buttons(reader: Reader, site: Site) -> None:
    site.api.put("/v1/users/otto", json={"name": "Otto Unseen"}).raise_for_status()
    reader.sign_in(site.key("analyst"))
    reader.open("/settings/users/otto")
    expect(reader.page.get_by_role("heading", name="User otto")).to_be_visible()
    expect(reader.page.get_by_role("button", name="Change")).to_have_count(0)
    assert "Otto Unseen" not in reader.page.content()
