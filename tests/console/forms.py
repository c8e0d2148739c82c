"""Forms of the console, as a person fills them in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Locator, Page, expect


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
