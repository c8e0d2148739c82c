"""Which font has the characters of a text. Only a PNG needs one: an SVG keeps text as text."""

from __future__ import annotations

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

OURS = "DejaVu Sans"
"""The font that comes with matplotlib."""
BOXES = "Last Resort"
"""A font whose characters are all boxes."""


def lacking(text: str) -> str:
    """The characters of the text that our font lacks, each once."""
    ours = get_font(findfont(FontProperties(family=OURS)))
    return "".join(one for one in dict.fromkeys(text) if one.isprintable() and not ours.get_char_index(ord(one)))


def with_glyphs(characters: str) -> str | None:
    """The first installed font, by name, that has all of these characters. None if there is none."""
    for entry in sorted(fontManager.ttflist, key=lambda one: (one.name, one.fname)):
        if not entry.name.startswith(BOXES) and _has(entry.fname, characters):
            return str(entry.name)
    return None


def _has(file: str, characters: str) -> bool:
    try:
        font = get_font(file)
    except (OSError, RuntimeError):
        return False
    return all(font.get_char_index(ord(one)) for one in characters)
