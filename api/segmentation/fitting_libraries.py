"""scikit-learn, which only a fit needs: loaded before somebody waits for it.

Loading takes seconds and 100 MB. So it happens in a thread: after the start if there is a segment model, which somebody will
fit again; or else as soon as models are listed or fitted. A process without either never loads it.

The thread has no lower priority than others. It holds Python's lock for a few milliseconds at a time, and if the system ran it
late, all other threads would wait for it then.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from projections.segmentation import segment_models
from projections.segmentation.segment_fitting import load_libraries

log = logging.getLogger(__name__)


class FittingLibraries:
    """Loads them once."""

    def __init__(self) -> None:
        self._begun, self._done = threading.Lock(), threading.Event()

    def load(self) -> None:
        """Begin to load them, unless that has begun. Returns immediately."""
        if self._begun.acquire(blocking=False):
            threading.Thread(target=self._load, name="fitting-libraries", daemon=True).start()

    def load_if_needed(self, reader: Engine) -> None:
        """Begin to load them if there is a segment model. Returns immediately."""
        threading.Thread(target=self._look, args=[reader], name="fitting-libraries", daemon=True).start()

    def wait(self) -> None:
        """Return when they are loaded. A load that has begun goes on; there is never a second one."""
        self.load()
        self._done.wait()

    def _look(self, reader: Engine) -> None:
        try:
            with reader.connect() as connection:
                needed = bool(segment_models.known(connection).models)
        except SQLAlchemyError:
            log.info("Whether there is a segment model is not known. scikit-learn is loaded when a request is about one.")
        else:
            if needed:
                self.load()

    def _load(self) -> None:
        try:
            load_libraries()
        finally:
            # If it failed, the fit fails in the same way, and says so to the caller.
            self._done.set()
