"""Output for people and scripts: answers on standard output, everything else on standard error."""

from __future__ import annotations

import json
from typing import IO, Any

from rich.console import Console

WIDEST = 1000
"""Tables are as wide as they need: a terminal wraps what it has no room for, but a shortened id is of no use."""

out = Console(highlight=False, soft_wrap=True, width=WIDEST)
err = Console(stderr=True, highlight=False, soft_wrap=True)

OK, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


class Failed(Exception):
    """The command failed or was refused: exit status 1."""


class WrongUsage(Exception):
    """A setting, an argument or a file is wrong: exit status 2."""


def print_json(answer: Any, file: IO[str] | None = None) -> None:
    """Plain JSON for scripts, also on a terminal; into a file if there is one."""
    print(json.dumps(answer, ensure_ascii=False, indent=2), file=file)
