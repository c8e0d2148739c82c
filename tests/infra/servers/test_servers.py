"""The servers from wheels are the real ones: acknowledged data survive a crash."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import UnknownBrokerIdError

from infra.servers.jars import Jar
from infra.servers.kafka import Kafka
from infra.servers.ports import kept_ports
from infra.servers.postgres import Postgres, PostgresAt
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.servers


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="recount-servers-") as folder:
        yield Path(folder)


def _rows(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM kept ORDER BY number")]


def _write_rows(url: str, *numbers: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.cursor().executemany("INSERT INTO kept VALUES (%s)", [(number,) for number in numbers])


def test_committed_rows_of_postgresql_survive_a_kill(folder: Path) -> None:
    with Postgres(folder) as postgres:
        url = postgres.create_database("store")
        _write_rows(url, 1, 2)
        with psycopg.connect(url) as interrupted:
            interrupted.execute("INSERT INTO kept VALUES (3)")
            postgres.kill()
            with pytest.raises(psycopg.OperationalError):
                interrupted.commit()
        postgres.restart()
        assert _rows(url) == [1, 2]


def test_postgresql_started_again_on_its_folder_keeps_databases_and_address(folder: Path) -> None:
    with Postgres(folder) as first:
        url = first.create_database("store")
        _write_rows(url, 1)
    with Postgres(folder) as second:
        assert second.create_database("store") == url
        assert _rows(url) == [1]


def test_a_frozen_postgresql_answers_after_the_thaw(folder: Path) -> None:
    with Postgres(folder) as postgres:
        url = postgres.create_database("store")
        postgres.freeze()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)
        postgres.thaw()
        _write_rows(url, 1)
        assert _rows(url) == [1]


def test_postgresql_syncs_every_commit_to_the_disk(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)


def test_a_second_postgresql_on_the_same_folder_is_refused(folder: Path) -> None:
    with Postgres(folder), pytest.raises(RuntimeError, match="lock file"), Postgres(folder):
        pass


def test_a_database_is_dropped_even_if_a_client_is_connected(postgres_server: PostgresAt) -> None:
    url = postgres_server.create_database("somebody_is_connected")
    with psycopg.connect(url):
        postgres_server.drop_database("somebody_is_connected")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def _produce(bootstrap: str, *values: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", max_block_ms=20_000)
    for future in [producer.send("kept", value, partition=0) for value in values]:
        future.get(timeout=PATIENCE)
    producer.close(timeout=5)


def _consume(bootstrap: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="none", enable_auto_commit=False)
    consumer.assign([TopicPartition("kept", 0)])
    consumer.seek_to_beginning()
    values: list[bytes] = []

    def all_arrived() -> bool:
        values.extend(record.value for records in consumer.poll(500).values() for record in records)
        return len(values) >= count

    wait_until(all_arrived, f"{count} records are read")
    consumer.close()
    return values


def _create_topic(kafka: Kafka, replicas: int = 1) -> None:
    def created() -> bool:
        with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin:
            try:
                admin.create_topics([NewTopic("kept", 1, replicas)], wait_for_metadata=True)
            except UnknownBrokerIdError:  # A cluster that has just started may name its controller before it knows the address.
                return False
        return True

    wait_until(created, "the cluster knows its controller")


def test_acknowledged_records_of_kafka_survive_a_kill_a_freeze_and_new_ports(folder: Path) -> None:
    with Kafka(folder) as kafka:
        _create_topic(kafka)
        _produce(kafka.bootstrap, b"1")
        kafka.kill()
        kafka.restart()
        _produce(kafka.bootstrap, b"2")
        kafka.freeze()
        kafka.thaw()
        _produce(kafka.bootstrap, b"3")
        first_address = kafka.bootstrap
    (folder / "ports").unlink()
    with Kafka(folder) as kafka:
        assert kafka.bootstrap != first_address
        assert _consume(kafka.bootstrap, 3) == [b"1", b"2", b"3"]


def test_three_brokers_continue_without_one_of_them(folder: Path) -> None:
    with Kafka(folder, brokers=3) as kafka:
        _create_topic(kafka, replicas=3)
        _produce(kafka.bootstrap, b"1")
        kafka.kill(2)
        _produce(kafka.bootstrap, b"2")
        kafka.restart(2)
        assert _consume(kafka.bootstrap, 2) == [b"1", b"2"]


def test_ports_stay_with_their_folder(folder: Path) -> None:
    ports = kept_ports(folder / "ports", 3)
    assert len(set(ports)) == 3
    assert kept_ports(folder / "ports", 3) == ports


def test_a_port_that_one_process_chose_is_chosen_by_no_other_before_a_server_listens_there(folder: Path) -> None:
    """Three processes at once choose 90 of 120 ports, and nothing listens on any of them yet."""
    choose = (
        "import sys; from pathlib import Path; from infra.servers import ports;"
        "ports._RANGE = range(18_000, 18_120); print(*ports.kept_ports(Path(sys.argv[1]), 30), flush=True); sys.stdin.read()"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", choose, str(folder / str(n))], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for n in range(3)
    ]
    printed = []
    for process in processes:
        assert process.stdout
        printed.append(process.stdout.readline())
    for process in processes:
        process.communicate()
    chosen = [int(port) for line in printed for port in line.split()]
    assert len(chosen) == 90
    assert len(set(chosen)) == 90


def _jar_with_failures(times: int) -> Jar:
    """A jar whose download fails `times` times before it succeeds."""
    failures = iter(range(times))

    class Failing(Jar):
        def _download(self, path: Path) -> None:
            if next(failures, None) is not None:
                raise OSError("connection reset")
            path.write_bytes(b"jar")

    return Failing("group", "artifact", "1", hashlib.sha256(b"jar").hexdigest())


def test_a_failed_download_is_tried_again_after_longer_and_longer_pauses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    assert _jar_with_failures(2).fetched(folder).read_bytes() == b"jar"
    assert pauses == [2, 4]


def test_a_damaged_jar_is_downloaded_again(folder: Path) -> None:
    (folder / "artifact-1.jar").write_bytes(b"ja")
    assert _jar_with_failures(0).fetched(folder).read_bytes() == b"jar"
