"""A read model whose tables changed must have a new version; otherwise it would write to tables that lack the change."""

from __future__ import annotations

import json

from tests.projections import pin_read_models
from tests.projections.pin_read_models import PINNED, Pins, changed, pins

HOW_TO = f"\n\n{pin_read_models.__doc__}"


def test_a_read_model_with_changed_tables_has_a_new_version() -> None:
    unversioned = changed(json.loads(PINNED.read_text()), pins())
    assert not unversioned, f"raise the version of these read models: {', '.join(unversioned)}{HOW_TO}"


def test_every_read_model_is_pinned() -> None:
    assert json.loads(PINNED.read_text()) == pins(), HOW_TO


def test_a_change_without_a_version_is_found() -> None:
    known = {"orders": {"version": 1, "tables": "a"}, "leads": {"version": 1, "tables": "a"}}
    assert changed(known, {"orders": {"version": 1, "tables": "b"}, "leads": {"version": 2, "tables": "b"}}) == ["orders"]


def test_a_change_on_sqlite_alone_needs_a_version_or_another_form_of_the_file() -> None:
    def pinned(version: int, form: int, tables: str) -> Pins:
        return {"orders": {"version": version, "tables": "a", "sqlite": {"form": form, "tables": tables}}}

    known = pinned(1, 1, "a")
    assert changed(known, pinned(1, 1, "b")) == ["orders"]
    assert changed(known, pinned(2, 1, "b")) == changed(known, pinned(1, 2, "b")) == []
