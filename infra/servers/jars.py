"""Apache Kafka's own jars, downloaded once from Maven Central and checked against the hashes pinned in jars.lock.

They are pinned one by one, as Maven resolves kafka_2.13 with its logging. jgo only downloads them. If jgo resolved versions
itself, a bill of materials would downgrade kafka-clients to a version with which the broker does not start.
"""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

LOCK = Path(__file__).with_name("jars.lock")
TRIES = 5


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @classmethod
    def pinned(cls, line: str) -> "Jar":
        coordinates, _, sha256 = line.partition(" sha256:")
        group, artifact, version = coordinates.split(":")
        return cls(group, artifact, version, sha256)

    def fetched(self, cache: Path) -> Path:
        """Its path in the cache; downloaded if missing or damaged. Raises OSError or RuntimeError after five failures."""
        path = cache / f"{self.artifact}-{self.version}.jar"
        for attempt in range(1, TRIES + 1):
            if self._is(path):
                return path
            try:
                self._download(path)
            except (OSError, RuntimeError):
                if attempt == TRIES:
                    raise
                time.sleep(2**attempt)
        return path

    def _is(self, path: Path) -> bool:
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256

    def _download(self, path: Path) -> None:
        """Download into a separate folder, then move: other processes with the same cache never see half a jar."""
        from jgo.maven import MavenContext

        with TemporaryDirectory(dir=path.parent, prefix=".download-") as folder:
            project = MavenContext(repo_cache=Path(folder)).project(self.group, self.artifact)
            downloaded = project.at_version(self.version).artifact().resolve()
            if not self._is(downloaded):
                raise RuntimeError(f"{path.name} does not have the pinned hash")
            downloaded.rename(path)


def class_path() -> str:
    """The Java class path of the broker. The cache is RECOUNT_KAFKA_JARS, or ~/.cache/recount/kafka-jars."""
    cache = Path(os.environ.get("RECOUNT_KAFKA_JARS") or Path.home() / ".cache" / "recount" / "kafka-jars")
    cache.mkdir(parents=True, exist_ok=True)
    jars = [Jar.pinned(line) for line in LOCK.read_text().splitlines()]
    with ThreadPoolExecutor(8, "jars") as pool:
        return os.pathsep.join(pool.map(lambda jar: str(jar.fetched(cache)), jars))
