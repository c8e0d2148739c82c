"""Signing in to the console, with a key and with a link, and what each role sees there."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import expect

from tests.console.conftest import Reader
from tests.console.site import Site


def test_a_key_is_exchanged_for_a_session_and_kept_nowhere(reader: Reader, site: Site) -> None:
    key = site.key("agent")
    reader.sign_in(key)
    expect(reader.page.get_by_role("heading", name="Overview")).to_be_visible()
    kept = reader.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert key not in kept
    assert "recount_session" not in kept  # scripts cannot read the session's cookie
    reader.page.reload()
    expect(reader.page.get_by_role("navigation", name="Pages")).to_be_visible()


def test_a_link_signs_in_once_and_leaves_the_address(reader: Reader, site: Site) -> None:
    answer = httpx.post(f"{site.url}/v1/sign-in-links", headers={"Authorization": f"Bearer {site.key('admin')}"})
    link = answer.json()["link"]
    reader.open(f"/customers#sign-in={link}")
    expect(reader.page.get_by_role("heading", name="Customers")).to_be_visible()
    assert link not in reader.page.url
    reader.page.get_by_role("button", name="Sign out").click()
    reader.open(f"/#sign-in={link}")
    expect(reader.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_key_is_refused_in_the_words_of_the_api(reader: Reader) -> None:
    reader.open("/")
    reader.page.get_by_label("API key").fill("rk_wrong")
    reader.page.get_by_role("button", name="Sign in").click()
    expect(reader.page.get_by_role("alert")).to_contain_text("This API key is not valid.")


def test_signing_out_ends_the_session_on_the_server(reader: Reader, site: Site) -> None:
    reader.sign_in(site.key("admin"))
    [cookie] = reader.page.context.cookies()
    reader.page.get_by_role("button", name="Sign out").click()
    expect(reader.page.get_by_role("heading", name="Sign in")).to_be_visible()
    answer = httpx.get(f"{site.url}/v1/me", cookies={cookie["name"]: cookie["value"]})
    assert answer.status_code == 401


def test_a_reader_is_offered_only_what_the_role_may_see(reader: Reader, site: Site) -> None:
    reader.sign_in(site.key("operator"))
    pages = reader.page.get_by_role("navigation", name="Pages")
    expect(pages.get_by_role("link")).to_have_text(["Overview", "Operations"])
    reader.open("/customers")
    expect(reader.page.get_by_role("alert")).to_contain_text("This needs the permission customers:read.")


def test_an_unknown_page_says_so(admin: Reader) -> None:
    admin.open("/customers/1/2/3")
    expect(admin.page.get_by_role("alert")).to_contain_text("There is no such page.")


def test_both_languages_and_both_themes_are_one_choice_away_and_stay(admin: Reader) -> None:
    admin.page.get_by_label("Language").select_option("zh")
    expect(admin.page.get_by_role("heading", name="总览")).to_be_visible()
    admin.page.get_by_role("button", name="深色").click()
    admin.page.reload()
    expect(admin.page.get_by_role("heading", name="总览")).to_be_visible()
    expect(admin.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(admin.page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
