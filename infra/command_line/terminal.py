"""What people and scripts see: answers on standard output, everything else on standard error."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

OK, FAILED, WRONG_USAGE = 0, 1, 2


class Failed(Exception):
    """The thing was tried and failed, or was refused: exit status 1."""


class WrongUsage(Exception):
    """A setting, an argument or a file is not as it has to be: exit status 2."""


def print_json(answer: Any) -> None:
    """For scripts: plain JSON, whatever the terminal."""
    print(json.dumps(answer, ensure_ascii=False, indent=2))
