"""How pictures look. Colours differ also for people who do not see red and green apart."""

from __future__ import annotations

from typing import Any

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "recount",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "savefig.facecolor": "white",
}
"""Text stays text, and the same picture is the same file to the byte."""
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#b8a800")
"""Okabe and Ito 2008, https://jfly.uni-koeln.de/color/, with a darker yellow."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")
SHADES = "cividis"
"""Nuñez, Anderton and Renslow 2018, https://doi.org/10.1371/journal.pone.0199239"""
GREY = "#666666"
