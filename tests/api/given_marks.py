"""A person with a mark in every personal text, and functions that find the mark in databases and files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import create_engine, inspect, text

from infra.settings import Settings
from tests.api.sales.given_orders import ORDER
from tests.api.segmentation.given_segments import Api, send

# Eight letters: encrypted values are stored as text, in which four letters can appear by chance.
MARK, OTHER = "qxjvwkzf", "bystander"
PHONE = "7654321"
FILE = {"media_type": "image/png", "bytes": 10, "sha256": "0" * 64, "name": f"{MARK}.png", "url": f"https://x/{MARK}"}
CONTACT = {"name": MARK, "email": f"{MARK}@example.com", "phone": f"+4915{PHONE}1"}
ADDRESS = {"lines": [MARK], "city": MARK, "country": "DE"}


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def marked_person(api: Api) -> list[str]:
    """The paths of all resources about one person, the person first. All texts contain the mark."""
    person, duplicate, twin = (customer(api, f"{MARK}-{name}") for name in ("person", "duplicate", "twin"))
    lead = made(api, "leads", contact={**CONTACT, "organisation": MARK, "handle": f"@{MARK}"}, channel="social")
    guest = made(api, "orders", **ORDER, contact=CONTACT, billing_address=ADDRESS, shipping_address=ADDRESS)
    anonymous = made(api, "tickets", opened_by="customer", title=MARK, description=MARK)
    things = [lead, guest, anonymous]
    for holder in ({"lead_id": id_of(lead)}, {"customer_id": id_of(duplicate)}, {"customer_id": id_of(person)}):
        things += _contacts(api, holder)
    things += [_feedback(api, id_of(duplicate)), _feedback(api, id_of(person))]
    things += [_task(api, "lead", lead), _task(api, "ticket", anonymous), _task(api, "customer", person)]
    things.append(made(api, "orders", **ORDER, customer_id=id_of(person), contact=CONTACT, shipping_address=ADDRESS))
    things.append(made(api, "tickets", opened_by="customer", customer_id=id_of(duplicate), title=MARK, description=MARK))
    for thing in (person, duplicate, twin, *things):
        annotate(api, thing)
    for ticket in (thing for thing in things if thing.startswith("/v1/tickets/")):
        reply = {"reply_id": "r-1", "by": "customer", "body": MARK, "to": [f"{MARK}@example.com"], "message_id": MARK}
        send(api, "POST", f"{ticket}/replies", reply)
    send(api, "POST", f"{lead}/conversion", {"customer_id": id_of(duplicate)})
    send(api, "PUT", f"{guest}/customer", {"customer_id": id_of(duplicate)})
    send(api, "PUT", f"{anonymous}/requester", {"customer_id": id_of(person)})
    send(api, "POST", f"{twin}/merge", {"into": id_of(duplicate)})
    send(api, "POST", f"{duplicate}/merge", {"into": id_of(person)})
    return [person, duplicate, twin, *things]


def made(api: Api, things: str, **body: Any) -> str:
    """The path of the new resource."""
    return str(send(api, "POST", f"/v1/{things}", body).headers["Location"])


def customer(api: Api, mark: str, phone: str = PHONE) -> str:
    methods = [{"kind": "email", "value": f"{mark}@example.com"}, {"kind": "phone", "value": f"+4915{phone}0"}]
    utm = dict.fromkeys(("source", "medium", "campaign", "term", "content"), mark)
    known: dict[str, Any] = {"name": mark, "address": {"city": mark}, "attributes": {"wish": mark}}
    known |= {"contact_methods": methods, "acquisition": {"channel": "web", "utm": utm}}
    path = made(api, "customers", **known, allow_duplicate=True)
    consent = {"purpose": "news", "channel": "email", "evidence": mark}
    send(api, "POST", f"{path}/consents", consent)
    send(api, "POST", f"{path}/anonymous-ids", {"anonymous_id": mark})
    return path


def annotate(api: Api, path: str) -> None:
    """Add an external id, a text and a file to the resource, if it accepts them."""
    for part, body in (
        ("external-ids", {"system": "shop", "id": f"{MARK}-{id_of(path)}"}),
        ("attachments", FILE),
    ):
        answer = api.request("POST", f"{path}/{part}", json=body)
        assert answer.status_code in (200, 201, 404, 405), answer.text
    answer = api.request("PATCH", f"{path}/attributes", json={"attributes": {"note": MARK}})
    assert answer.status_code in (200, 404, 405), answer.text


def _contacts(api: Api, holder: dict[str, str]) -> list[str]:
    texts = {"title": MARK, "body": MARK, "outcome": MARK, "participants": [MARK], "message_id": MARK, "thread_id": MARK}
    touched = {"channel": "web", "kind": "click", "anonymous_id": MARK, "click_ids": {"gclid": MARK}, "utm": {"term": MARK}}
    return [
        made(api, "interactions", **holder, channel="phone", direction="inbound", **texts),
        made(api, "touchpoints", **holder, **touched),
    ]


def _feedback(api: Api, customer_id: str) -> str:
    return made(api, "feedback", kind="csat", score=1, customer_id=customer_id, comment=MARK)


def _task(api: Api, kind: str, path: str) -> str:
    return made(api, "tasks", title=MARK, about={"kind": kind, "id": id_of(path)})


def databases(settings: Settings) -> tuple[str, ...]:
    """The URLs of all databases that the deployment writes to."""
    if settings.database_url:
        return (settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1),)
    return tuple(f"sqlite:///{settings.home / name}" for name in ("events.db", "read-models.db"))


def tables_with(settings: Settings, *marks: str) -> set[str]:
    """The tables, in all databases, with one of the marks in any column of any row."""
    return {table for table, value in _values(settings) if any(mark in value for mark in marks)}


def files_with(settings: Settings, mark: str) -> set[str]:
    """The files of the embedded deployment with the mark anywhere, also in space that is free to be overwritten."""
    files = (file for file in settings.home.glob("*") if file.is_file())
    return {file.name for file in files if mark.encode() in file.read_bytes().lower()}


def _values(settings: Settings) -> Iterator[tuple[str, str]]:
    for url in databases(settings):
        engine = create_engine(url)
        with engine.connect() as connection:
            for table in inspect(connection).get_table_names():
                for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                    yield from ((table, _plain(value)) for value in row)
        engine.dispose()


def _plain(value: object) -> str:
    return (bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)).lower()
