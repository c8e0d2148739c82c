"""At its start, a process loads no library that only reports or fits need."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys
import infra.command_line, infra.command_line.serve, api.app
print(*{"numpy", "pandas", "sklearn", "scipy"} & sys.modules.keys())
"""


def test_the_application_starts_without_the_libraries_of_reports_and_fits() -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []
