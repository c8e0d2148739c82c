"""Acts of a random history: segment models and the calendar. The fits are invented, not computed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from domain.operations.calendar import Calendar
from domain.segmentation.segment_model import Feature, Fitted, Quality, SegmentModel
from tests.projections.harness import History

NAMES = ("baseline", "by size", "by day")
FEATURES = (
    (Feature(name="orders"), Feature(name="total", currency="EUR"), Feature(name="touches")),
    (Feature(name="attribute:size"), Feature(name="tickets")),
    (Feature(name="days_since_last"), Feature(name="T"), Feature(name="monetary", currency="JPY")),
)


def fitted(who: int, n: int) -> Fitted:
    """A fit with two or three centroids near the features of the customers of these histories."""
    features = FEATURES[who % 3]
    k = 2 + n % 2
    return Fitted(
        name=NAMES[who % 3],
        features=features,
        cut_off_position=1,
        cut_off_day=date(2024, 2, 20) + timedelta(days=n % 15),
        transform="log1p" if n % 5 == 0 else "none",
        mean=tuple(float(n % 2) for _ in features),
        scale=tuple(20.0 if feature.currency else 1.0 for feature in features),
        centroids=tuple(tuple(float(cluster * (1 + n % 2)) for _ in features) for cluster in range(k)),
        cluster_names=tuple(map(str, range(1, k + 1))),
        seed=n,
        customers=4,
        left_out=0,
        quality=Quality(inertia=1.0, silhouette=None, smallest_share=0.25),
    )


def _model(history: History, who: int) -> SegmentModel:
    return history.of(SegmentModel, f"model {who % 3}")


def _fit(history: History, who: int, n: int) -> None:
    model = _model(history, who)
    again = model.refit if model.exists else model.fit
    history.do(model, lambda context: again(context, fitted(who, n)))
    if n % 4:
        history.do(model, model.activate)


def _change(history: History, who: int, n: int) -> None:
    model = _model(history, who)
    if n % 3 == 0:
        history.do(model, model.retire)
    elif n % 3 == 1:
        history.do(model, model.activate)
    else:
        history.do(model, lambda context: model.name_clusters(context, [f"{name} {n}" for name in model.cluster_names]))


def _end_day(history: History, who: int, n: int) -> None:
    """Half a day passes; then yesterday ends, or a missed day before it."""
    history.now += timedelta(hours=12)
    day = history.now.date() - timedelta(days=1 + who % 2)
    calendar = history.of(Calendar, f"day {day}")
    history.do(calendar, lambda context: calendar.end(context, day, "UTC"))


SEGMENT_ACTS: dict[str, Callable[[History, int, int], None]] = {
    "fit": _fit,
    "change model": _change,
    "end day": _end_day,
}
