"""Concurrent clients. Each sends every command with an Idempotency-Key, again and again until it is answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from random import Random
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import UUID

import httpx

from tests.faults.books import ERASED, Books, Fact
from tests.waiting import PATIENCE, wait_until

CLIENTS = 4
# A client sends so many commands one after another and then rests. Without a rest, the clients alone would use the processors
# that killed processes need to start again.
BURST, REST = 10, 0.5
# The rest while a deployment recovers from a fault that is over: there is something to catch up with, and time for it.
CALM_REST = 1.0
ANSWER_SECONDS = 2.0
PAUSE = 0.05
REPEATED = 0.08


class Request(NamedTuple):
    """A command; `type` is the type of the one event that it records if it is accepted."""

    method: str
    path: str
    body: dict[str, Any]
    type: str


class Pace:
    """How long the clients of a traffic rest between bursts, until they end. All of them can be paused."""

    def __init__(self) -> None:
        self._rest, self._stopping = REST, threading.Event()
        self._changed, self._resting, self._paused = threading.Condition(), 0, False

    def goes_on(self) -> bool:
        """Returns after the rest, and after a pause: whether another burst follows."""
        with self._changed:
            self._resting += 1
            self._changed.notify_all()
        self._stopping.wait(self._rest)
        with self._changed:
            self._changed.wait_for(lambda: not self._paused or self._stopping.is_set())
            self._resting -= 1
        return not self._stopping.is_set()

    def ended(self) -> None:
        """A client that has ended rests for ever."""
        with self._changed:
            self._resting += 1
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()

    @contextmanager
    def calm(self) -> Iterator[None]:
        self._rest = CALM_REST
        yield
        self._rest = REST

    @contextmanager
    def pause(self, clients: int) -> Iterator[None]:
        """Begins when this many clients rest. Raises TimeoutError."""
        with self._changed:
            self._paused = True
            if not self._changed.wait_for(lambda: self._resting >= clients, BURST * PATIENCE):
                raise TimeoutError("a client was not answered")
        try:
            yield
        finally:
            with self._changed:
                self._paused = False
                self._changed.notify_all()


class Client:
    """Sends commands to one worker, and to the next one if that fails. Its random choices depend only on `seed`."""

    def __init__(self, urls: Sequence[str], key: str, books: Books, seed: str, pace: Pace, answer_seconds: float) -> None:
        self._urls, self._books, self._pace = urls, books, pace
        self._random = Random(seed)
        self._worker = self._random.randrange(len(urls))
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(headers=headers, timeout=answer_seconds, trust_env=False)
        self._commands: Sequence[tuple[int, Callable[[], None]]] = (
            (5, self._register),
            (4, self._change),
            (5, self._place),
            (5, self._capture),
            (2, self._refund),
            (2, self._link),
            (1, self._erase),
        )

    def run(self) -> None:
        weights = [weight for weight, _ in self._commands]
        with self._http:
            while self._pace.goes_on():
                for _, command in self._random.choices(self._commands, weights, k=BURST):
                    command()

    # The commands

    def _register(self) -> None:
        email = {"kind": "email", "value": f"{self._word()}@example.com"}
        body = {"name": self._word(), "contact_methods": [email]}
        if fact := self._send(Request("POST", "/v1/customers", body, "crm.customer.registered.v2")):
            self._books.registered(fact.stream)

    def _change(self) -> None:
        if customer := self._books.a_customer(self._random):
            body = {"name": self._word()}
            self._send(Request("PATCH", f"/v1/customers/{customer}", body, "crm.customer.details_changed.v2"))

    def _place(self) -> None:
        guest = self._random.random() < 0.2
        customer = None if guest else self._books.a_customer(self._random)
        line = {"name": "Tea", "quantity": "1", "unit_price": _euros(self._amount())}
        body = {"channel": self._random.choice(("web", "shop")), "currency": "EUR", "lines": [line]}
        if customer:
            body["customer_id"] = str(customer)
        if fact := self._send(Request("POST", "/v1/orders", body, "crm.order.placed.v1")):
            self._books.placed(fact.stream, guest=customer is None)

    def _capture(self) -> None:
        if order := self._books.an_order(self._random):
            amount = self._amount()
            body = {"payment_id": self._word(), "amount": _euros(amount)}
            if self._send(Request("POST", f"/v1/orders/{order}/payments", body, "crm.order.payment_captured.v1")):
                self._books.moved(order, captured=amount)

    def _refund(self) -> None:
        if order := self._books.an_order(self._random):
            amount = self._amount()
            body = {"refund_id": self._word(), "amount": _euros(amount)}
            if self._send(Request("POST", f"/v1/orders/{order}/refunds", body, "crm.order.payment_refunded.v1")):
                self._books.moved(order, refunded=amount)

    def _link(self) -> None:
        customer = self._books.a_customer(self._random)
        if customer and (order := self._books.a_guests_order()):
            body = {"customer_id": str(customer)}
            if self._send(Request("PUT", f"/v1/orders/{order}/customer", body, "crm.order.customer_linked.v1")):
                self._books.linked(order, customer)

    def _erase(self) -> None:
        if customer := self._books.a_customer_to_erase(self._random):
            body = {"reason": "requested", "requested_by": "customer"}
            if self._send(Request("POST", f"/v1/customers/{customer}/erasure", body, ERASED)):
                self._books.was_erased(customer)

    def _word(self) -> str:
        return f"w{self._random.getrandbits(64):016x}"

    def _amount(self) -> int:
        return self._random.randrange(100, 10_000)

    # How a command is sent

    def _send(self, request: Request) -> Fact | None:
        """The recorded event; None if the command was refused, also because another client was faster."""
        key = self._word()
        answer = self._answered(request, key)
        if answer.status_code in (404, 409):
            self._books.note_refusal()
            return None
        assert answer.status_code in (200, 201), f"{request}: {answer.status_code} {answer.text}"
        if self._random.random() < REPEATED:
            self._repeat(request, key, answer)
        recorded = answer.json()
        fact = Fact(recorded["position"], UUID(recorded["id"]), recorded["version"], request.type)
        self._books.note(fact)
        return fact

    def _repeat(self, request: Request, key: str, first: httpx.Response) -> None:
        """Send the same request through another worker: the answer must be the first one."""
        self._worker += 1
        again = self._answered(request, key)
        assert (again.status_code, again.content) == (first.status_code, first.content), f"{request}: {again.text}"
        self._books.note_repeat()

    def _answered(self, request: Request, key: str) -> httpx.Response:
        begun = time.monotonic()
        while time.monotonic() < begun + PATIENCE:
            url = self._urls[self._worker % len(self._urls)]
            try:
                answer = self._http.request(
                    request.method, url + request.path, json=request.body, headers={"Idempotency-Key": key}
                )
                if answer.status_code != 503:
                    self._books.note_wait(time.monotonic() - begun)
                    return answer
            except httpx.TransportError:
                pass
            self._books.note_another_try()
            self._worker += 1
            time.sleep(PAUSE)
        raise TimeoutError(f"{request} was not answered within {PATIENCE:g} s")


class Traffic:
    """Clients send commands inside the block. At its end, every command is answered; a failure of any client is raised.

    A client waits `answer_seconds` for an answer, and then sends the command to the next worker.
    """

    def __init__(
        self, urls: Sequence[str], key: str, books: Books, seed: object, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        self._books, self._pace = books, Pace()
        self._failures: list[Exception] = []
        self._threads = [
            threading.Thread(target=self._run, args=(client,))
            for client in (
                Client(urls, key, books, f"{seed}/{number}", self._pace, answer_seconds) for number in range(CLIENTS)
            )
        ]
        self._patience = PATIENCE + 2 * answer_seconds

    def wait_for_more(self, count: int) -> None:
        """Wait until `count` more commands are accepted. Raises the failure of any client."""
        enough = self._books.accepted + count

        def accepted() -> bool:
            if self._failures:
                raise self._failures[0]
            return self._books.accepted >= enough

        wait_until(accepted, f"{count} more commands are accepted", lambda: self._books.accepted)

    def calm(self) -> AbstractContextManager[None]:
        """Inside the block the clients rest longer."""
        return self._pace.calm()

    @contextmanager
    def paused(self) -> Iterator[Books]:
        """Inside the block, no client sends anything, and every command is answered. Raises the failure of any client."""
        with self._pace.pause(len(self._threads)):
            if self._failures:
                raise self._failures[0]
            yield self._books

    def _run(self, client: Client) -> None:
        try:
            client.run()
        except Exception as failure:
            self._failures.append(failure)
        finally:
            self._pace.ended()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pace.stop()
        for thread in self._threads:
            thread.join(self._patience)
        if error is None and self._failures:
            raise self._failures[0]
        for failure in self._failures:
            assert error is not None
            error.add_note(f"A client of the traffic ended before: {type(failure).__name__}: {failure}")
        if error is None and any(thread.is_alive() for thread in self._threads):
            raise TimeoutError("a client was not answered")


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
