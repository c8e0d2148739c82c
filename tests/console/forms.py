"""The forms of commands, as a person fills them in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Locator, Page, Route, expect


def sheet(page: Page, title: str) -> Locator:
    """The part of the page with this title."""
    return page.locator("section.sheet").filter(has=page.get_by_role("heading", name=title, exact=True))


def submitted(page: Page, button: str, fields: Mapping[str, str] | None = None) -> None:
    """Opens the form behind the button, fills in the fields by their labels, saves, and waits until the form is gone."""
    page.get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    for label, text in (fields or {}).items():
        dialog.get_by_label(re.compile(f"^{re.escape(label)}")).fill(text)  # a hint may follow
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog).to_have_count(0)


def lost(route: Route) -> None:
    """The server gets the request, and the page gets no answer."""
    route.fetch()
    route.abort()


def chosen(page: Page, *names: str) -> Locator:
    """The dialog of a command, which is a button or stands in a menu."""
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()
    return page.get_by_role("dialog")


def saved(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def row(page: Page, table: str, text: str) -> Locator:
    return page.get_by_role("table", name=table).get_by_role("row").filter(has_text=text)


def done(page: Page, of: Locator, name: str, values: dict[str, str] | None = None) -> None:
    """A command of one row of a table."""
    of.get_by_role("button", name="Do", exact=True).click()
    dialog = chosen(page, name)
    for label, value in (values or {}).items():
        dialog.get_by_label(label).fill(value)
    saved(page)
