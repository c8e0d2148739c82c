"""Numbers in the format that a mapping declares. A text is read as the number that it writes, or it is refused.

The decimal sign, the sign between groups of digits, the size of the groups, the place of the minus and exponents are all
declared. So no text is guessed to be another number: `1.234` is 1234 with `thousands = "."`, and refused with `decimal = ","`
alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from commands.importing.mapping import FileFormat
from commands.importing.unusable import Unusable

# Signs that people cannot tell apart: a file may mix them.
ALIKE = {" ": " \u00a0\u2009\u202f", "'": "'\u2019"}
MINUS = "-\u2212"
# As many as a double has, so that every number of our own exports can be read.
DIGITS = r"[0-9]{1,400}"
EXPONENT = r"(?:[eE][+-]?[0-9]{1,2})?"
SIGNED = {
    "leading": r"(?P<sign>[+{minus}])?{number}",
    "trailing": r"{number}(?P<sign>[+{minus}])?",
    "parentheses": r"(?P<sign>\()?{number}(?(sign)\))",
}
EXAMPLES = {"leading": "-{}", "trailing": "{}-", "parentheses": "({})"}


def number_reader(format: FileFormat) -> Callable[[str], Decimal]:
    """Reads a text in this format, exactly. The reader raises Unusable if the text is no number of the format."""
    separators = ALIKE.get(format.thousands, format.thousands)
    pattern = re.compile(_pattern(format, separators))
    plain = str.maketrans({**dict.fromkeys(separators, ""), format.decimal: "."})
    shown = EXAMPLES[format.negative].format(_example(format))

    def read(text: str) -> Decimal:
        found = pattern.fullmatch(text)
        if found is None:
            raise Unusable(f"It is not a number in the file's format, such as {shown}.")
        value = Decimal(found["number"].translate(plain))
        return value if found["sign"] in (None, "+") or not value else value.copy_negate()

    return read


def _pattern(format: FileFormat, separators: str) -> str:
    decimals = f"(?:{re.escape(format.decimal)}{DIGITS})?"
    number = DIGITS + decimals + (EXPONENT if format.exponent else "")
    if separators:
        number += f"|{_grouped(format.grouping, f'[{re.escape(separators)}]')}{decimals}"
    return SIGNED[format.negative].format(minus=re.escape(MINUS), number=f"(?P<number>{number})")


def _grouped(grouping: str, separator: str) -> str:
    """A number of at least four digits, in groups. It begins with a digit other than 0."""
    if grouping == "indian":
        return rf"[1-9][0-9]?(?:{separator}[0-9]{{2}}){{0,9}}{separator}[0-9]{{3}}"
    return rf"[1-9][0-9]{{0,2}}(?:{separator}[0-9]{{3}}){{1,9}}"


def _example(format: FileFormat) -> str:
    if not format.thousands:
        return f"1234{format.decimal}56"
    groups = ("12", "34", "567") if format.grouping == "indian" else ("1", "234")
    return f"{format.thousands.join(groups)}{format.decimal}56"
