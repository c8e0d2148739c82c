"""Uploads of imports: how much space they may take together, from their first byte until their import has ended.

The files are in the process's own temporary folder under HOME. In the embedded deployment the stores are on the same disk, so
an upload stops before the disk is full. A key without the permission is refused before a byte of the body is read.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from starlette.types import Message, Receive

from api.shared.problems import KINDS, Problem
from api.shared.routes import Handler, Route
from api.shared.strict import AuthenticatedRoute

AT_ONCE = 100
FORM_LIMITS: Any = {"max_files": 10, "max_fields": 10, "max_part_size": 1024}
"""More files and texts than an import has, so that another part is refused by its name."""
RETRY = {"Retry-After": "10"}


class Uploads:
    """`limit` is how many bytes all uploads of this process may have, `reserve` how many bytes they leave free on the disk."""

    def __init__(self, limit: int, reserve: int) -> None:
        self._limit, self._reserve = limit, reserve
        self._lock = threading.Lock()
        self._count = self._bytes = 0

    def begin(self) -> Upload:
        """A new upload. Raises Problem 503 if there are too many."""
        with self._lock:
            if self._count >= AT_ONCE:
                raise Problem(503, "too-many-uploads", f"{AT_ONCE} imports are being uploaded, waiting or running.", RETRY)
            self._count += 1
        return Upload(self)

    def take(self, count: int) -> None:
        """Raises Problem 503 if the uploads are too large together, and OSError, answered 507, if the disk is nearly full."""
        free = shutil.disk_usage(tempfile.gettempdir()).free
        if free - count < self._reserve:
            raise OSError(errno.ENOSPC, "The disk is nearly full")
        with self._lock:
            if self._bytes + count > self._limit:
                detail = f"The uploads that wait or run have {self._bytes} bytes; the limit is {self._limit}."
                raise Problem(503, "uploads-too-large", detail, RETRY)
            self._bytes += count

    def end(self, count: int) -> None:
        with self._lock:
            self._count, self._bytes = self._count - 1, self._bytes - count


class Upload:
    """One upload. It takes space as its bytes arrive, and gives it back when it is closed."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads, self._bytes, self._closed = uploads, 0, False
        self._folder: Path | None = None

    def counted(self, receive: Receive) -> Receive:
        async def counting() -> Message:
            message = await receive()
            if arrived := len(message.get("body", b"")):
                self._uploads.take(arrived)
                self._bytes += arrived
            return message

        return counting

    def folder(self) -> Path:
        """A new folder, which is removed at the end."""
        self._folder = Path(tempfile.mkdtemp(prefix="import-"))
        return self._folder

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._uploads.end(self._bytes)


class UploadRoute(AuthenticatedRoute):
    """A route that receives files. Its function takes over `request.state.upload`, and closes it at the end of its work."""

    def handler(self) -> Handler:
        handle = Route.handler(self)

        async def handle_upload(request: Request) -> Response:
            await self.admit(request)
            upload = request.app.state.uploads.begin()
            request.state.upload = upload
            counted = Request(request.scope, upload.counted(request.receive))
            try:
                await _read_form(counted)
                return await handle(counted)
            except BaseException:
                upload.close()
                raise
            finally:
                await counted.close()

        return handle_upload


async def _read_form(request: Request) -> None:
    """Read the files now: the framework would turn a full disk into 400. Raises Problem 400 for a charset that does not fit."""
    try:
        await request.form(**FORM_LIMITS)
    except (UnicodeError, LookupError) as error:
        raise Problem(400, KINDS[400][0], f"The form cannot be read: {error}.") from None
