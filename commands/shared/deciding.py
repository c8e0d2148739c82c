"""Commands in one line: they load one aggregate, call one of its decisions, and return the aggregate.

    solve = decides(Ticket, Ticket.solve)

is the command `solve(work, *, ticket_id, code=None, …)`: its facts are the id and the decision's parameters after the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from operator import methodcaller
from typing import Any, Concatenate, TypeAlias, TypeVar
from uuid import UUID

from commands.shared.unit_of_work import UnitOfWork
from domain.shared.aggregate import Aggregate
from domain.shared.events import Context, Event

A = TypeVar("A", bound=Aggregate)
Decision: TypeAlias = Callable[Concatenate[A, Context, ...], None]
Id: TypeAlias = str | Callable[..., UUID]


def decides(kind: type[A], decision: Decision[A], by: Id = "", *, of: type[Event] | None = None) -> Callable[..., A]:
    """A command on an existing aggregate. If the aggregate does not exist, the command is refused as NotThere.

    `by` is the name of the fact with the aggregate's id (by default `<kind>_id`), or a function that derives the id from
    other facts, such as a code. `of` is the event that the decision takes: then the facts are the event's fields.
    """
    return _command(kind, decision, by, of, there=True)


def begins(kind: type[A], decision: Decision[A], by: Id = "") -> Callable[..., A]:
    """Like `decides`, for a decision that does not need an existing aggregate, such as the one that creates it."""
    return _command(kind, decision, by, None, there=False)


def _command(kind: type[A], decision: Decision[A], by: Id, of: type[Event] | None, *, there: bool) -> Callable[..., A]:
    taken = list(facts_of(decision, skip=2) if of is None else facts_of(of))
    keys = list(facts_of(by)) if callable(by) else [fact(by or f"{kind.name}_id", UUID)]
    own = [key for key in keys if key.name not in {one.name for one in taken}]
    take_id = _id_of(by, keys, own) if callable(by) else methodcaller("pop", keys[0].name)
    decide = decision if of is None else _of(of, decision)

    def command(work: UnitOfWork, **facts: Any) -> A:
        id = take_id(facts)
        aggregate = work.existing(kind, id) if there else work.load(kind, id)
        decide(aggregate, work.context, **facts)
        return aggregate

    return described(command, decision, [*own, *taken])


def described(command: Callable[..., A], decision: Callable[..., None], facts: Iterable[Parameter]) -> Callable[..., A]:
    """The command with the decision's name and docstring, and with these facts as its signature."""
    wrapped: Any = update_wrapper(command, decision)
    wrapped.__signature__ = Signature([Parameter("work", Parameter.POSITIONAL_OR_KEYWORD), *facts])
    return command


def _id_of(make: Callable[..., UUID], keys: Iterable[Parameter], own: Iterable[Parameter]) -> Callable[[dict[str, Any]], UUID]:
    """Derives the id from facts. It removes the facts that only the id needs; the decision takes all other facts."""
    names, taken = [key.name for key in keys], [key.name for key in own]

    def id_of(facts: dict[str, Any]) -> UUID:
        id = make(*(facts[name] for name in names))
        for name in taken:
            del facts[name]
        return id

    return id_of


def _of(event: type[Event], decision: Decision[A]) -> Decision[A]:
    return lambda aggregate, context, **facts: decision(aggregate, context, event(**facts))


def facts_of(function: Callable[..., object], skip: int = 0) -> Iterator[Parameter]:
    """The parameters after the first `skip`, each as a keyword-only parameter."""
    for parameter in list(signature(function).parameters.values())[skip:]:
        named = parameter.kind is not Parameter.VAR_KEYWORD
        yield parameter.replace(kind=Parameter.KEYWORD_ONLY) if named else parameter


def fact(name: str, annotation: object) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation)
