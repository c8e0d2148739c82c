"""The documents of the console's pages, without a browser: each names the modules of its page, and those that they import."""

from __future__ import annotations

import re

import pytest

from api.console.preloading import FOLDER, document, page_of, pages
from api.console.site import PAGES


def named(page: str) -> list[str]:
    """The modules that the document of a page names, in its order."""
    return re.findall(r'<link rel="modulepreload" href="/console/([^"]+)">', document(page).decode())


def test_every_page_of_the_table_has_a_document_that_names_its_module_and_what_it_imports() -> None:
    assert {path.split("/")[1] for path in pages()} - {""} == PAGES
    for path, module in pages().items():
        found = named(path)
        assert len(found) == len(set(found))
        assert {"main.js", module.relative_to(FOLDER).as_posix(), "vendor/signals-core/signals-core.mjs"} <= set(found), path
        assert all((FOLDER / one).is_file() for one in found)


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/", "/"),
        ("/customers", "/customers"),
        ("/customers/0b9e", "/customers/:id"),
        ("/settings/users/mia", "/settings/:kind/:id"),
        ("/audit/erasures/lead/0b9e", "/audit/erasures/:kind/:id"),
        ("/customers/1/2/3", ""),
    ],
)
def test_an_address_has_the_document_of_its_page(address: str, page: str) -> None:
    assert page_of(address) == page


def test_a_page_that_does_not_exist_names_what_every_page_needs() -> None:
    assert set(named("")) < set(named("/customers"))
    assert "pages/customers.js" not in named("")
