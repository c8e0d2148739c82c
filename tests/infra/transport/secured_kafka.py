"""A Kafka broker with three doors: plain for itself, TLS for clients with a certificate, TLS for users with a password.

The user and the client may do what docs/operating.md says that they need, and nothing else.
"""

from __future__ import annotations

from pathlib import Path

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from infra.servers.kafka import Kafka
from infra.servers.ports import kept_ports
from tests.infra.transport.certificates import Authority

CLIENT = "worker"
USER, PASSWORD = "recount", 'a "quoted" password, 密码'
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
# Later lines replace earlier ones of the same name.
DOORS = """
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,CERTIFICATE:SSL,PASSWORD:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.certificate.ssl.client.auth=required
listener.name.password.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.password.plain.sasl.jaas.config={plain} required user_{user}="{password}";
listener.name.password.scram-sha-256.sasl.jaas.config={scram} required;
listener.name.password.scram-sha-512.sasl.jaas.config={scram} required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
# On all topics and groups whose names begin with PREFIX.
PREFIX = "crm."
RIGHTS = {
    ResourceType.TOPIC: (
        ACLOperation.CREATE,
        ACLOperation.DESCRIBE,
        ACLOperation.DESCRIBE_CONFIGS,
        ACLOperation.READ,
        ACLOperation.WRITE,
    ),
    ResourceType.GROUP: (ACLOperation.READ,),
}


class SecuredKafka(Kafka):
    def __init__(self, folder: Path, authority: Authority) -> None:
        super().__init__(folder)
        [node] = self.nodes
        certificate_port, password_port = kept_ports(folder / "doors", 2)
        self.certificate_door, self.password_door = (f"127.0.0.1:{port}" for port in (certificate_port, password_port))
        doors = {"PLAINTEXT": self.bootstrap, "CERTIFICATE": self.certificate_door, "PASSWORD": self.password_door}
        lines = DOORS.format(
            listeners=",".join(f"{name}://{place}" for name, place in doors.items()),
            controller=node.controller_port,
            keys=authority.certify("broker").both,
            authority=authority.file,
            plain=PLAIN,
            scram=SCRAM,
            user=USER,
            password=_in_properties(PASSWORD),
        )
        with node.properties.open("a") as properties:
            properties.write(lines)

    def start(self) -> None:
        super().start()
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            [problem] = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(USER, mechanism, PASSWORD)]).values()
            assert problem is None, problem
        made = admin.create_acls([right for principal in (USER, f"CN={CLIENT}") for right in _rights(f"User:{principal}")])
        assert not made["failed"], made
        admin.close()


def _rights(principal: str) -> list[ACL]:
    return [
        ACL(
            principal=principal,
            host="*",
            operation=operation,
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=ResourcePattern(resource, PREFIX, ACLResourcePatternType.PREFIXED),
        )
        for resource, operations in RIGHTS.items()
        for operation in operations
    ]


def _in_properties(text: str) -> str:
    """As it stands between quotation marks in a line of a Java properties file, which is read as ASCII."""
    quoted = text.replace('"', '\\"')
    return quoted.replace("\\", "\\\\").encode("ascii", "backslashreplace").decode()
