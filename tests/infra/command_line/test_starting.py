"""What a process loads when it starts: nothing that only a report or a fit counts with."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys
import infra.command_line, infra.command_line.serve, api.app
print(*{"numpy", "pandas", "sklearn", "scipy"} & sys.modules.keys())
"""


def test_the_application_starts_without_what_counts_reports() -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []
