"""Which picture belongs to which report, by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from infra.drawing import bars, cohorts, funnel, lift, segment_map, waiting
from infra.drawing.sheet import NothingToDraw, Sheet, save, styled
from infra.reports.answer import Answer, columns
from infra.reports.table import about

__all__ = ["NothingToDraw", "draw"]

Picture = Callable[[Answer, Sequence[str]], Sheet]
PICTURES: Mapping[str, Picture] = {
    "campaign-effect": funnel.sheet,
    "campaign-lift": lift.sheet,
    "waiting-times": waiting.sheet,
    "segments": segment_map.sheet,
    "cohorts": cohorts.sheet,
}
"""Every other report becomes bars."""


def draw(answer: Answer, file: Path, measures: Sequence[str] = (), asked: str = "") -> str:
    """Draws the measures, or what is usual for the report. `asked` are its parameters as they were given.

    Returns a remark on fonts, if there is one. Raises NothingToDraw, and OSError.
    """
    _, known = columns(answer.groups)
    if not known:
        raise NothingToDraw("the report has no figures")
    for name in measures:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise NothingToDraw(f"there is no figure {name}. {f'The nearest is {near[0]}' if near else ', '.join(known)}")
    picture = PICTURES.get(answer.report, bars.sheet)
    with styled():
        sheet = picture(answer, measures)
        sheet.finish(" · ".join(filter(None, (f"Source: recount report {answer.report} {asked}".strip(), about(answer)))))
        return save(sheet, file)
