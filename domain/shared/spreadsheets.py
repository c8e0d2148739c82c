"""Texts that a spreadsheet would run as formulas, in the form in which they are exported.

A text that begins with a sign of a formula gets an apostrophe, as OWASP recommends against CSV injection
(https://owasp.org/www-community/attacks/CSV_Injection). So does a text that begins with apostrophes and then such a sign.
That makes the form reversible: `restored(neutralised(text)) == text` for every text, and a text such as `'s-Hertogenbosch`
has the same form.
"""

from __future__ import annotations

import re

# The signs, and their forms of full width, which spreadsheets of East Asia read as the same signs.
SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
DANGEROUS = re.compile(f"'*[{SIGNS}]")
# A text is dangerous only if it begins with one of these. To look at one character is cheaper than a regular expression.
FIRST = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
NEUTRALISED = re.compile(f"'+[{SIGNS}]")


def neutralised(text: str) -> str:
    """The text in the form in which a spreadsheet shows it, and does not run it."""
    return f"'{text}" if text[:1] in FIRST and DANGEROUS.match(text) else text


def restored(text: str) -> str:
    """The text whose form this is. A text without a form of its own is returned unchanged."""
    return text[1:] if NEUTRALISED.match(text) else text
