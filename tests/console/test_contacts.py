"""Leads, interactions and feedback in the console: recorded, worked on by forms, found behind reports, hidden from analysts."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.console.conftest import Reader
from tests.console.forms import chosen, saved
from tests.console.site import Site


def api_path(reader: Reader) -> str:
    """The path in the API of the thing that the page shows."""
    return "/v1" + reader.page.url.removeprefix(reader.url)


def test_a_lead_is_captured_qualified_lost_reopened_and_converted(admin: Reader, site: Site) -> None:
    page, customer = admin.page, site.business.customers[30]
    admin.open("/leads")
    dialog = chosen(page, "Capture a lead")
    dialog.get_by_label("Name").fill("Ada Byron")
    dialog.get_by_label("Channel").fill("social")
    dialog.get_by_label("Origin").fill("spring_video")
    dialog.get_by_label("Estimated value").fill("500.00")
    saved(page)
    expect(page.get_by_role("heading", name="Ada Byron")).to_be_visible()
    chosen(page, "Qualify")
    saved(page)
    chosen(page, "Lead", "Move to another stage").get_by_label("Stage").fill("contacted")
    saved(page)
    chosen(page, "Lead", "Assign").get_by_label("Owner").fill("mia")
    saved(page)
    chosen(page, "Lose").get_by_label("Reason").fill("too_expensive")
    saved(page)
    expect(page.locator(".heading")).to_contain_text("lost")
    chosen(page, "Reopen")
    saved(page)
    dialog = chosen(page, "Convert")
    dialog.get_by_label("Customer").fill(customer)
    dialog.get_by_label("Estimated value").fill("450.00")
    saved(page)
    expect(page.locator(".heading")).to_contain_text("converted")
    lead = site.api.get(api_path(admin)).json()
    assert (lead["customer_id"], lead["converted_value"], lead["owner"], lead["stage"]) == (
        customer,
        "450.00",
        "mia",
        "contacted",
    )
    page.get_by_role("slider", name="Known by").press("Home")
    expect(page.locator(".heading")).to_contain_text("open")
    expect(page.get_by_role("button", name="Reopen")).to_have_count(0)


def test_an_interaction_is_recorded_late_corrected_redacted_and_retracted(admin: Reader, site: Site) -> None:
    page, customer = admin.page, site.business.customers[31]
    admin.open("/interactions")
    dialog = chosen(page, "Record an interaction")
    dialog.get_by_label("Customer").fill(customer)
    dialog.get_by_label("Minutes").fill("5.5")
    dialog.get_by_label("Subject").fill("Where is my parcel")
    dialog.get_by_label("Text").fill("They asked where it is.")
    dialog.get_by_label("Participants").fill("Eve, Bob")
    dialog.get_by_label("When it happened").fill("2026-11-20T10:30")
    saved(page)
    expect(page.get_by_role("heading", name="Where is my parcel")).to_be_visible()
    path = api_path(admin)
    logged = site.api.get(path).json()
    assert (logged["duration_seconds"], logged["private"]["participants"]) == (330, ["Eve", "Bob"])
    assert datetime.fromisoformat(logged["occurred_at"]) == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)  # the reader is in Berlin
    dialog = chosen(page, "Correct")
    dialog.get_by_label("Subject").fill("")
    dialog.get_by_label("Outcome").fill("Tomorrow")
    saved(page)
    expect(page.get_by_role("heading", name="phone")).to_be_visible()
    corrected = site.api.get(path).json()
    assert corrected["private"]["outcome"] == "Tomorrow"
    assert corrected["duration_seconds"] == 330
    assert "title" not in corrected["private"] or corrected["private"]["title"] is None
    chosen(page, "Interaction", "Remove the text")
    saved(page)
    expect(page.get_by_text("The text was removed.")).to_be_visible()
    chosen(page, "Interaction", "Retract")
    saved(page)
    expect(page.locator(".heading")).to_contain_text("Retracted")
    admin.open(f"/customers/{customer}")
    page.get_by_role("region", name="Interactions").get_by_role("link", name="phone").click()
    expect(page).to_have_url(site.url + path.removeprefix("/v1"))


def test_feedback_is_asked_for_answered_and_worked_on_and_stands_behind_its_report(admin: Reader, site: Site) -> None:
    page = admin.page
    admin.open("/feedback")
    dialog = chosen(page, "Record a request")
    dialog.get_by_label("Kind").select_option("NPS")
    dialog.get_by_label("Channel").fill("desk")
    saved(page)
    expect(page.get_by_text("The customer was asked and has not answered.")).to_be_visible()
    dialog = chosen(page, "Record the answer")
    expect(dialog.get_by_label("Kind")).to_have_value("nps")
    dialog.get_by_label("Score").first.fill("11")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("11 is not between 0 and 10.")
    dialog.get_by_label("Score").first.fill("9")
    dialog.get_by_label("Comment").fill("Quick, but cold tea.")
    saved(page)
    expect(page.get_by_text("Quick, but cold tea.").first).to_be_visible()
    chosen(page, "Acknowledge")
    saved(page)
    chosen(page, "Record an action").get_by_label("Note").fill("We called.")
    saved(page)
    expect(page.locator(".talk")).to_contain_text("We called.")
    chosen(page, "Resolve").get_by_label("Code").fill("explained")
    saved(page)
    expect(page.locator(".heading")).to_contain_text("resolved")
    assert site.api.get(api_path(admin)).json()["score"] == 9

    admin.open("/reports/service?by=channel")
    page.get_by_role("table", name="Service").get_by_role("link", name="desk").click()
    expect(page.get_by_role("heading", name="Feedback", level=1)).to_be_visible()
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(1)


def test_the_leads_behind_the_funnel_are_those_that_it_counted(admin: Reader, site: Site) -> None:
    page = admin.page
    for origin in ("fair", "fair", None):
        lead = {"contact": {"name": "Bo"}, "channel": "stand", **({"origin": origin} if origin else {})}
        answer = site.api.post("/v1/leads", json=lead)
    site.api.get("/v1/leads", params={"after": answer.headers["Position"]})
    for by, name, count in (("channel", "stand", 3), ("origin", "fair", 2)):
        admin.open(f"/reports/lead-funnel?by={by}&channel=stand")
        table = page.get_by_role("table", name="Lead funnel")
        row = table.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        expect(row).to_contain_text(str(count))
        row.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name="Leads", level=1)).to_be_visible()
        expect(page.get_by_role("table").locator("tbody tr")).to_have_count(count)


def test_an_analyst_sees_leads_interactions_and_feedback_without_what_people_said(reader: Reader, site: Site) -> None:
    customer = site.business.customers[32]
    made = {
        "leads": {"contact": {"name": "Secret Name"}},
        "interactions": {"customer_id": customer, "channel": "phone", "direction": "inbound", "body": "Secret words"},
        "feedback": {"kind": "praise", "customer_id": customer, "comment": "Secret words"},
    }
    ids = {}
    for name, body in made.items():
        answer = site.api.post(f"/v1/{name}", json=body)
        ids[name] = answer.json()["id"]
        site.api.get(f"/v1/{name}", params={"after": answer.headers["Position"]})
    answers: list[str] = []
    reader.page.on(
        "response", lambda answer: answers.append(answer.text()) if any(f"/v1/{name}" in answer.url for name in made) else None
    )
    reader.sign_in(site.key("analyst"))
    for name, id in ids.items():
        reader.open(f"/{name}")
        expect(reader.page.get_by_role("table")).to_be_visible()
        reader.open(f"/{name}/{id}")
        expect(reader.page.get_by_text("You may not see the text.")).to_be_visible()
        expect(reader.page.locator(".heading button")).to_have_count(0)
        answers.append(reader.page.content())
    assert len(answers) > 9
    assert not [text for text in answers if "Secret" in text]
