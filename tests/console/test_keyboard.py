"""The keyboard alone: from the door through a customer's past, a form and a table to the menus. No mouse anywhere."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.console.conftest import Reader
from tests.console.site import Site

FURTHEST = 80  # Steps to anything on a page.
IS_FOCUSED = "element => element === document.activeElement"
RING = "element => [getComputedStyle(element).outlineStyle, getComputedStyle(element).outlineWidth]"


def test_everything_is_done_with_the_keyboard_alone_and_the_focus_is_seen(reader: Reader, site: Site) -> None:
    page = reader.page
    reader.open("/")
    reach(page, page.get_by_label("API key"))
    page.keyboard.type(site.key("admin"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("customer 00021")
    expect(page.get_by_role("listbox").get_by_role("option")).to_contain_text("Customer 00021")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Customer 00021")).to_be_visible()

    reach(page, page.get_by_role("slider", name="Happened by"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("as of then")).to_be_visible()
    assert "effective_at=" in page.url
    page.keyboard.press("End")
    expect(page.get_by_text("as of then")).to_have_count(0)

    change = page.get_by_role("button", name="Change", exact=True)
    reach(page, change, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Typed by hand")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Typed by hand")).to_be_visible()
    expect(change).to_be_focused()

    reach(page, page.get_by_role("link", name="Customers", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    registered = page.get_by_role("columnheader", name="Registered")
    expect(registered).to_have_attribute("aria-sort", "descending")
    reach(page, registered.get_by_role("button"))
    page.keyboard.press("Enter")
    expect(registered).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(50)

    reach(page, page.get_by_label("Language"), "Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("heading", name="客户")).to_be_visible()


def reach(page: Page, target: Locator, key: str = "Tab") -> None:
    """Presses the key until the target has the focus, and its ring is seen."""
    expect(target).to_be_visible()
    for _ in range(FURTHEST):
        if target.evaluate(IS_FOCUSED):
            break
        page.keyboard.press(key)
    expect(target).to_be_focused()
    style, width = target.evaluate(RING)
    assert style != "none", "the focus has a ring"
    assert float(width.removesuffix("px")) >= 2
