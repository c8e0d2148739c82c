"""The page for operators has every setting, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from infra.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"


def test_the_table_of_settings_has_every_setting_and_no_other() -> None:
    text = PAGE.read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    names = [name for row in re.findall(r"^\| (.+?) \|", text, re.MULTILINE) for name in re.findall(r"[A-Z_]{3,}", row)]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)
