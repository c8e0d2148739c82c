"""A campaign in the console: planned, filled with members, run, and compared with its hold-out."""

from __future__ import annotations

import re
from collections import Counter

from playwright.sync_api import expect

from tests.console.conftest import Reader
from tests.console.forms import chosen, done, saved, sheet
from tests.console.site import Site


def test_a_campaign_is_planned_filled_and_run(admin: Reader, site: Site) -> None:
    page, api = admin.page, site.api
    listed = api.post("/v1/lists", json={"name": "Invited to the opening"}).json()["id"]
    answer = api.post(f"/v1/lists/{listed}/members", json={"customer_ids": site.business.customers[:40]})
    api.get("/v1/lists", params={"after": answer.headers["Position"]})

    admin.open("/campaigns")
    dialog = chosen(page, "Plan a campaign")
    dialog.get_by_label("Name").fill("Opening")
    dialog.get_by_label("Channels").fill("email, sms")
    dialog.get_by_label("Held out").fill("0.5")
    dialog.get_by_label("Code 1").fill("card")
    dialog.get_by_label("Share 1").fill("0.5")
    saved(page)
    expect(page.get_by_role("heading", name="Opening")).to_be_visible()
    path = page.url.removeprefix(site.url).replace("/campaigns", "/v1/campaigns")
    expect(sheet(page, "Members")).to_contain_text("Nobody was added yet.")

    chosen(page, "Plan", "Change the plan").get_by_label("Ends").fill("2027-03-31")
    saved(page)
    chosen(page, "Spent", "Change the budget").get_by_label("Budget").fill("500.00")
    saved(page)
    dialog = chosen(page, "Plan", "Add a milestone")
    dialog.get_by_label("Code").fill("texts")
    dialog.get_by_label("Title").fill("Texts written")
    saved(page)
    chosen(page, "Reached: texts")
    saved(page)
    chosen(page, "Plan", "Assign a person or an asset").get_by_label("Code").fill("mia")
    saved(page)
    chosen(page, "Release: mia")
    saved(page)
    dialog = chosen(page, "Spent", "Record spend")
    dialog.get_by_label("Id of the spend").fill("inv-1")
    dialog.get_by_label("Amount").fill("250.00")
    saved(page)
    expect(sheet(page, "Progress")).to_contain_text("€250.00")
    expect(sheet(page, "Progress")).to_contain_text("released")
    chosen(page, "Spent", "Reverse spend").get_by_label("Id of the spend").fill("inv-1")
    saved(page)
    chosen(page, "Launch")
    saved(page)

    dialog = chosen(page, "Add members")
    expect(dialog.get_by_label("Variant")).to_contain_text("control 50 %, card 50 %")
    dialog.get_by_label("List").select_option("Invited to the opening (40)")
    saved(page)
    members = sheet(page, "Members").locator("tbody tr")
    expect(members).to_have_count(40)
    drawn = Counter(member["variant"] for member in api.get(f"{path}/members", params={"limit": 100}).json()["items"])
    assert set(drawn) == {"control", "card"}
    page.get_by_label("Variant").select_option("card")
    expect(members).to_have_count(drawn["card"])
    assert "variant=card" in page.url
    chosen(page, f"Record a touch ({drawn['card']})").get_by_label("What happened").select_option("Opened")
    saved(page)
    expect(sheet(page, "Members").get_by_role("cell", name="Opened", exact=True)).to_have_count(drawn["card"])
    done(page, members.nth(0), "Record a conversion", {"Id of the conversion": "c-1", "Value": "19.90"})
    expect(members.nth(0)).to_contain_text("Converted")
    done(page, members.nth(1), "Suppress", {"Reason": "no_consent"})
    expect(members.nth(1)).to_contain_text("Suppressed")
    done(page, members.nth(2), "Remove")
    expect(members.nth(2)).to_contain_text("Removed")
    converted = api.get(f"{path}/members", params={"stage": "converted"}).json()["items"]
    assert [member["value"] for member in converted] == [{"EUR": "19.90"}]

    page.get_by_label("Variant").select_option("Any")
    dialog = chosen(page, "Add members")
    expect(dialog.get_by_label("Segment")).to_contain_text("customers: ")
    dialog.get_by_role("textbox", name="Customers").fill(" ".join(site.business.customers[:41]))
    dialog.get_by_label("Variant").select_option("control")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"{41 - drawn['card']} done, {drawn['card']} refused.")
    expect(dialog.get_by_role("alert")).to_contain_text("The member's variant is card.")
    dialog.get_by_role("button", name="Close").click()
    expect(members).to_have_count(41)

    chosen(page, "Pause").get_by_label("Reason").fill("snow")
    saved(page)
    chosen(page, "Resume")
    saved(page)
    chosen(page, "Complete")
    saved(page)
    campaign = api.get(path).json()
    assert (campaign["status"], campaign["ends"], campaign["budget"], campaign["channels"]) == (
        "completed",
        "2027-03-31",
        "500.00",
        ["email", "sms"],
    )
    assert (campaign["spend"], campaign["milestones"][0]["milestone_id"]) == ([], "texts")


def test_the_hold_out_stands_beside_the_funnel_with_intervals_and_a_verdict_or_why_there_is_none(
    admin: Reader, site: Site
) -> None:
    page, api = admin.page, site.api
    id = site.business.campaign
    groups = api.get("/v1/reports/campaign-lift", params={"campaign_id": id}).json()["groups"]
    arms = {one["group"]["variant"]: one for one in groups}
    admin.open(f"/campaigns/{id}")
    lift = sheet(page, "What it changed")
    expect(lift.get_by_role("img", name="Difference in conversion")).to_have_attribute("data-drawn", "true")
    table = lift.get_by_role("table", name="What it changed")
    for variant, shares in (("control", "25%"), ("short", "50%"), ("long", "33.8%")):
        expect(table.get_by_role("row", name=re.compile(f"^{variant}"))).to_contain_text(shares)
    for variant in ("short", "long"):
        row, verdict = (
            table.get_by_role("row", name=re.compile(f"^{variant}")),
            arms[variant]["verdicts"]["conversion_difference"],
        )
        expect(row).to_contain_text(verdict["verdict"] or f"No verdict: {verdict['reason']}")
        low = arms[variant]["measures"]["conversion_difference"]["interval"]["low"]
        expect(row.locator(".figure").filter(has_text=low)).to_have_count(1)
    assert {bool(arms[variant]["verdicts"]["conversion_difference"]["verdict"]) for variant in ("short", "long")} == {
        True,
        False,
    }

    without = api.post("/v1/campaigns", json={"name": "For everybody"}).json()["id"]
    admin.open(f"/campaigns/{without}")
    expect(sheet(page, "What it changed")).to_contain_text("Nobody was held out")
