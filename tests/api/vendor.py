"""Renews the libraries that the repository holds for browsers (needs npm).

`make vendor` fetches them again, `make vendor PACKAGE=htm VERSION=3.1.1` another version of one. They are files of npm
packages. Beside each folder is its lock: the version and the hash of the package as npm states it, and the hash of each file.

Modules of the console import each other by path, because a page without inline scripts has no import map: in those files the
names of packages are replaced by paths, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from api.console.preloading import FOLDER
from api.documentation import pages

CONSOLE = FOLDER / "vendor"
PATHS = {
    "preact": "../preact/preact.mjs",
    "preact/hooks": "../preact/hooks.mjs",
    "@preact/signals-core": "../signals-core/signals-core.mjs",
}
"""Where the console has each package that another one imports."""


class Vendored(NamedTuple):
    """A package whose `files` (paths within the package) are in `folder`, each under its last name."""

    package: str
    folder: Path
    files: tuple[str, ...]

    @property
    def lock(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.lock")

    def locked(self, version: str, integrity: str) -> str:
        """The lock for the files as they are now."""
        names = [Path(file).name for file in self.files]
        hashes = [f"{name} sha256:{hashlib.sha256((self.folder / name).read_bytes()).hexdigest()}" for name in names]
        return "\n".join([f"{self.package} {version} {integrity}", *hashes, ""])

    def known(self) -> tuple[str, str]:
        """The version and the integrity of the package in the lock."""
        _, version, integrity = self.lock.read_text().partition("\n")[0].split(" ")
        return version, integrity


VENDORED = (
    Vendored(
        "swagger-ui-dist",
        pages.FOLDER / "swagger_ui",
        ("LICENSE", "NOTICE", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css"),
    ),
    Vendored("preact", CONSOLE / "preact", ("LICENSE", "dist/preact.mjs", "hooks/dist/hooks.mjs")),
    Vendored("htm", CONSOLE / "htm", ("LICENSE", "dist/htm.mjs")),
    Vendored("@preact/signals-core", CONSOLE / "signals-core", ("LICENSE", "dist/signals-core.mjs")),
    Vendored("@preact/signals", CONSOLE / "signals", ("LICENSE", "dist/signals.mjs")),
    Vendored("axe-core", Path(__file__).parents[1] / "console" / "axe", ("LICENSE", "axe.min.js")),
    Vendored("echarts", CONSOLE / "echarts", ("LICENSE", "NOTICE", "licenses/LICENSE-d3", "dist/echarts.esm.min.mjs")),
)


def by_path(module: bytes) -> bytes:
    """The module with a path in place of each package that it imports."""
    return re.sub(rb'from"([^"./][^"]*)"', lambda found: b'from"%b"' % PATHS[found[1].decode()].encode(), module)


def fetch(one: Vendored, version: str) -> str:
    """Replaces the files by those of this version, and returns the integrity of its package, as npm states and checks it."""
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", "--json", "--pack-destination", folder, f"{one.package}@{version}"]
        [packed] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        [archive] = Path(folder).iterdir()
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if packed["integrity"] != f"sha512-{digest}":
            raise SystemExit(f"{archive.name} is not what npm states")
        one.folder.mkdir(exist_ok=True)
        with tarfile.open(archive) as files:
            for name in one.files:
                found = files.extractfile(f"package/{name}")
                assert found
                content = found.read()
                module = one.folder.is_relative_to(CONSOLE) and name.endswith(".mjs")
                (one.folder / Path(name).name).write_bytes(by_path(content) if module else content)
        return str(packed["integrity"])


def main(package: str = "", version: str = "") -> None:
    for one in VENDORED:
        if package in ("", one.package):
            wanted = version or one.known()[0]
            integrity = fetch(one, wanted)
            if one.lock.exists() and one.known()[0] == wanted and one.known()[1] != integrity:
                raise SystemExit(f"{one.package} {wanted} is another package than before")
            one.lock.write_text(one.locked(wanted, integrity))


if __name__ == "__main__":
    main(*sys.argv[1:])
