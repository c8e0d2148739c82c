"""Everybody can use the console: with the keyboard, with a screen reader, in both themes. And it asks no other host."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Response, expect

from tests.console.conftest import Reader
from tests.console.site import Site

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
SERIOUS = ("serious", "critical")
PAGES = (
    "/",
    "/customers",
    "/orders",
    "/deals",
    "/leads",
    "/tickets",
    "/tasks",
    "/interactions",
    "/feedback",
    "/campaigns",
    "/reports",
    "/reports/sales?by=month&from=1997-01-01&to=1997-03-01&from2=1997-03-01&to2=1997-05-01",
    "/reports/segments",
    "/events",
    "/audit?view=recount",
    "/settings",
    "/settings/pipelines/sales",
    "/operations",
    "/operations?view=webhooks",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(admin: Reader, site: Site, theme: str) -> None:
    page = admin.page
    options: dict[str, object] = {"resultTypes": ["violations"]}  # it writes down nothing of what passes
    if theme == "dark":  # only colours differ
        page.get_by_role("button", name="Dark").click()
        options["runOnly"] = ["color-contrast"]
    business = site.business
    ids = {"customers": business.customers, "leads": business.leads, "tickets": business.tickets, "feedback": business.feedback}
    things = (*(f"/{name}/{some[1]}" for name, some in ids.items()), f"/campaigns/{business.campaign}")
    found = []
    for path in (*PAGES, *things):
        admin.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Counting …")).to_have_count(0)
        page.evaluate(AXE)  # evaluated by the driver, which the policy of the page does not bind
        violations = page.evaluate("async options => (await axe.run(document, options)).violations", options)
        found += [(path, one["id"], one["nodes"][0]["html"][:200]) for one in violations if one["impact"] in SERIOUS]
    assert found == []


def test_the_keyboard_reaches_the_content_and_every_link(admin: Reader) -> None:
    page = admin.page
    admin.open("/customers")
    expect(page.get_by_role("table")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Go to the content")).to_be_focused()
    page.keyboard.press("Enter")
    focused = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        focused.add(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
    assert {"kind", "tag", "owner"} <= focused


def test_a_first_load_is_small_and_loads_no_chart(reader: Reader, site: Site) -> None:
    sizes: dict[str, int] = {}

    def measured(answer: Response) -> None:
        request = answer.request
        sizes[request.url] = request.sizes()["responseBodySize"]

    reader.page.on("response", measured)
    reader.open("/")
    expect(reader.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert sizes
    assert not any("echarts" in url for url in sizes)
    assert sum(sizes.values()) < 250_000


def test_a_document_names_every_module_that_its_page_loads(admin: Reader, site: Site) -> None:
    """A module that it does not name is learnt of late, and costs a round trip more."""
    things = (f"/customers/{site.business.customers[0]}", "/settings/pipelines/sales", "/reports/sales?by=month")
    for path in ("/", "/customers", "/operations", *things):
        admin.asked.clear()
        admin.open(path)
        expect(admin.page.get_by_role("heading", level=1).or_(admin.page.get_by_role("alert"))).to_be_visible()
        named = admin.page.evaluate("[...document.querySelectorAll('link[rel=modulepreload]')].map((link) => link.href)")
        loaded = {url for url in admin.asked if "/console/" in url and url.endswith("js") and "echarts" not in url}
        assert loaded - {f"{site.url}/console/main.js"} <= set(named), path
        assert len(named) == len(set(named)) > 0
