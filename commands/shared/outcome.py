"""The outcome of a command, and the part of it that a receipt keeps."""

from __future__ import annotations

from uuid import UUID

import msgspec

from commands.shared.commit import KeptReceipt, ReceiptKey
from domain.shared.refusals import BY_RULE, Refusal


class VersionMismatch(Refusal):
    """The resource does not have the version that the request asks for."""

    kept = False


class KeyReused(Refusal):
    """This idempotency key was used before, for a request with other content."""


class Outcome(msgspec.Struct):
    """How a command ended. `refusal` is None if it was accepted; `changed` is False for a repeat.

    `irregular` names the rules that the recorded events break.
    """

    id: UUID | None = None
    version: int = 0
    position: int = 0
    created: bool = False
    changed: bool = False
    refusal: Refusal | None = None
    irregular: tuple[str, ...] = ()


class _Answer(msgspec.Struct, omit_defaults=True):
    """The part of an outcome that a receipt keeps. It holds no personal text."""

    id: UUID | None = None
    version: int = 0
    created: bool = False
    changed: bool = False
    irregular: tuple[str, ...] = ()
    rule: str | None = None
    detail: str = ""
    facts: dict[str, str] = {}


def answer_to_keep(outcome: Outcome) -> bytes | None:
    """The content of the receipt. None for a refusal that is not kept, because a retry may have another outcome."""
    refusal = outcome.refusal
    if refusal and not refusal.kept:
        return None
    if refusal:
        return msgspec.json.encode(_Answer(rule=refusal.rule, detail=refusal.detail, facts=refusal.facts))
    return msgspec.json.encode(_Answer(outcome.id, outcome.version, outcome.created, outcome.changed, outcome.irregular))


def kept_outcome(asked: ReceiptKey, kept: KeptReceipt) -> Outcome:
    """The outcome of the first request; refused as KeyReused if this request has other content."""
    if kept.digest != asked.digest:
        return Outcome(refusal=KeyReused())
    answer = msgspec.json.decode(kept.answer, type=_Answer)
    outcome = Outcome(answer.id, answer.version, kept.position, answer.created, answer.changed, irregular=answer.irregular)
    if answer.rule:
        outcome.refusal = BY_RULE.get(answer.rule, Refusal)(answer.detail, **answer.facts)
    return outcome
