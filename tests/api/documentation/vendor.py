"""Renews the vendored files of Swagger UI: `make vendor VERSION=5.35.0` (needs npm).

They are unchanged files of the npm package swagger-ui-dist. `swagger_ui.lock` beside them names its version and its hash, and
the hash of each file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from api.documentation.pages import FOLDER

PACKAGE = "swagger-ui-dist"
VENDORED, LOCK = FOLDER / "swagger_ui", FOLDER / "swagger_ui.lock"
FILES = ("LICENSE", "NOTICE", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css")


def lock(version: str, integrity: str) -> str:
    """The lock for the files as they are now."""
    hashes = [f"{name} sha256:{hashlib.sha256((VENDORED / name).read_bytes()).hexdigest()}" for name in FILES]
    return "\n".join([f"{PACKAGE} {version} {integrity}", *hashes, ""])


def known() -> tuple[str, str]:
    """The version and the integrity of the package in the lock."""
    _, version, integrity = LOCK.read_text().partition("\n")[0].split(" ")
    return version, integrity


def fetch(version: str) -> str:
    """Replaces the files by those of this version, and returns the integrity of its package, as npm states and checks it."""
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", "--json", "--pack-destination", folder, f"{PACKAGE}@{version}"]
        [packed] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        archive = Path(folder) / packed["filename"]
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if packed["integrity"] != f"sha512-{digest}":
            raise SystemExit(f"{archive.name} is not what npm states")
        with tarfile.open(archive) as files:
            for name in FILES:
                found = files.extractfile(f"package/{name}")
                assert found
                (VENDORED / name).write_bytes(found.read())
        return str(packed["integrity"])


def main(version: str) -> None:
    integrity = fetch(version)
    if known()[0] == version and known()[1] != integrity:
        raise SystemExit(f"{PACKAGE} {version} is another package than before")
    LOCK.write_text(lock(version, integrity))


if __name__ == "__main__":
    main(*sys.argv[1:] or [known()[0]])
