"""The distributed deployment over encrypted connections, to servers and users that prove who they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit

import pytest

from commands.customers import customers
from domain.shared.ids import new_id
from infra.kafka.connection import SHORT, KafkaUnavailable
from infra.kafka.security import brokers
from infra.kafka.topic import Topics
from infra.processes.parts import opened
from infra.settings import Settings
from infra.wiring import PROJECTIONS
from tests.benchmarks.pipeline import customer_facts, submit
from tests.infra.recount import MASTER_KEY, Running, environment, recount
from tests.infra.transport.certificates import Authority, Certified
from tests.infra.transport.secured_kafka import CLIENT, PASSWORD, PREFIX, USER, SecuredKafka
from tests.infra.transport.tls_front import tls_front
from tests.waiting import wait_until

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="recount-transport-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder)


@pytest.fixture(scope="module")
def strangers(folder: Path) -> Authority:
    """An authority that nobody trusts."""
    return Authority(folder / "strangers")


@pytest.fixture(scope="module")
def certified(authority: Authority) -> Certified:
    return authority.certify(CLIENT)


@pytest.fixture(scope="module")
def kafka(folder: Path, authority: Authority) -> Iterator[SecuredKafka]:
    with SecuredKafka(folder / "kafka", authority) as kafka:
        yield kafka


@pytest.fixture
def encrypted_url(database_url: str, authority: Authority) -> Iterator[str]:
    """URL of the test's database behind TLS, without a word about how to check the server."""
    plain = urlsplit(database_url)
    with tls_front(plain.port or 5432, authority.certify("postgres")) as port:
        yield plain._replace(netloc=f"{plain.username}:{plain.password}@127.0.0.1:{port}").geturl()


@pytest.fixture
def by_password(kafka: SecuredKafka, authority: Authority) -> dict[str, object]:
    return {
        "kafka": kafka.password_door,
        "kafka_protocol": "SASL_SSL",
        "kafka_ca_file": authority.file,
        "kafka_user": USER,
        "kafka_password": PASSWORD,
    }


@pytest.fixture
def by_certificate(kafka: SecuredKafka, authority: Authority, certified: Certified) -> dict[str, object]:
    return {
        "kafka": kafka.certificate_door,
        "kafka_protocol": "SSL",
        "kafka_ca_file": authority.file,
        "kafka_certificate_file": certified.certificate,
        "kafka_key_file": certified.key,
    }


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHORT, "bootstrap_timeout_ms", 1_000)


def _finds_topics(settings: dict[str, object]) -> bool:
    impatient = brokers(Settings(database_url="postgresql://nowhere", **settings))._replace(patience=0.0)  # type: ignore[arg-type]
    with closing(Topics(impatient)) as topics:
        return topics.find(f"{PREFIX}nowhere").partitions == 0


def _verifying(url: str, authority: Authority) -> str:
    return f"{url}?sslmode=verify-full&sslrootcert={quote(str(authority.file))}"


def test_a_fact_goes_over_encrypted_connections_to_every_read_model(
    encrypted_url: str, topic_name: str, by_password: dict[str, object], authority: Authority, tmp_path: Path
) -> None:
    password_file = tmp_path / "password"
    password_file.write_text(f"{PASSWORD}\n")
    settings = by_password | {"database_url": _verifying(encrypted_url, authority), "topic": f"{PREFIX}{topic_name}"}
    del settings["kafka_password"]
    settings["kafka_password_file"] = password_file
    variables = environment(tmp_path / "home", **{name.upper(): value for name, value in settings.items()})
    with opened(Settings(master_key=MASTER_KEY, **settings)) as parts:  # type: ignore[arg-type]
        processes = []
        for command in ("relay", "project"):
            (folder := tmp_path / command).mkdir()
            processes.append(Running(folder, variables, command))
        try:
            registered = submit(parts.executor, customers.register, customer_id=new_id(), **customer_facts(1))
            assert registered.result().refusal is None
            head = parts.deployment.store.head()

            def slowest() -> int:
                return min(parts.completeness.up_to(projection.name) for projection in PROJECTIONS)

            wait_until(lambda: slowest() >= head, "every read model has the fact", slowest)
        finally:
            for process in processes:
                process.process.terminate()
                process.process.wait()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.usefixtures("impatient")
def test_kafka_knows_a_user_by_the_password(by_password: dict[str, object], mechanism: str) -> None:
    settings = by_password | {"kafka_mechanism": mechanism}
    assert _finds_topics(settings)
    with pytest.raises(KafkaUnavailable):
        _finds_topics(settings | {"kafka_password": "wrong"})


@pytest.mark.usefixtures("impatient")
def test_kafka_knows_a_process_by_its_certificate(by_certificate: dict[str, object], strangers: Authority) -> None:
    assert _finds_topics(by_certificate)
    with pytest.raises(KafkaUnavailable, match="certificate required"):
        _finds_topics({**by_certificate, "kafka_certificate_file": None, "kafka_key_file": None})
    stranger = strangers.certify(CLIENT)
    with pytest.raises(KafkaUnavailable):
        _finds_topics(by_certificate | {"kafka_certificate_file": stranger.certificate, "kafka_key_file": stranger.key})


@pytest.mark.usefixtures("impatient")
def test_a_broker_that_cannot_prove_who_it_is_gets_no_password(by_password: dict[str, object], strangers: Authority) -> None:
    with pytest.raises(KafkaUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        _finds_topics(by_password | {"kafka_ca_file": strangers.file})
    with pytest.raises(KafkaUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        _finds_topics(by_password | {"kafka_ca_file": None})
    elsewhere = str(by_password["kafka"]).replace("127.0.0.1", "localhost")
    with pytest.raises(KafkaUnavailable, match="not valid for 'localhost'"):
        _finds_topics(by_password | {"kafka": elsewhere})


def test_a_database_that_cannot_prove_who_it_is_is_refused_by_the_setting(
    encrypted_url: str, authority: Authority, strangers: Authority, kafka: SecuredKafka, tmp_path: Path
) -> None:
    url = _verifying(encrypted_url, authority)
    variables = environment(tmp_path / "home", DATABASE_URL=url, KAFKA=kafka.bootstrap)
    assert "Kafka answers" in recount(variables, "status").output
    wrong = {
        _verifying(encrypted_url, strangers): "SSL error",
        url.replace("127.0.0.1", "localhost"): "does not match host name",
        f"{url}-missing": "does not exist",
    }
    for other, reason in wrong.items():
        ran = recount(variables | {"RECOUNT_DATABASE_URL": other, "RECOUNT_LOCK_TIMEOUT": "0.5"}, "status")
        assert ran.status == 1
        assert "RECOUNT_DATABASE_URL" in ran.errors
        assert reason in ran.errors
        assert str(urlsplit(url).password) not in ran.errors
