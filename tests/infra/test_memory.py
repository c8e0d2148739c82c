"""What a report needs much memory for is given back afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STORY = """
import re, sys
from pathlib import Path
from infra.memory import release_freed, release_pages
from infra.read_models.database import sqlite_read_models

def held():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

read_models = sqlite_read_models(Path(sys.argv[1]))
with read_models.writer.begin() as connection:
    connection.exec_driver_sql("CREATE TABLE pages (text TEXT)")
    numbers = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    connection.exec_driver_sql(f"INSERT INTO pages {numbers} SELECT printf('%03000d', i) FROM n")
read_models.close()
read_models = sqlite_read_models(Path(sys.argv[1]))
with read_models.reader.connect() as connection:
    before = held()
    assert connection.exec_driver_sql("SELECT count(text) FROM pages").scalar() == 20000
    read = held()
    release_pages(connection)
    freed = [bytes(2000) for _ in range(60000)]
    kept = [freed[place] for place in range(0, len(freed), 600)]
    freed = None
    made = held()
    release_freed()
    print(read - before, made - before, held() - before)
"""


def test_pages_and_freed_memory_go_back_to_the_system(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STORY, str(tmp_path / "pages.db")], capture_output=True, text=True, check=True
    )
    read, made, left = map(int, ended.stdout.split())
    assert read > 40
    assert made > 40
    assert left < 20
