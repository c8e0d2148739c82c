"""How a command ended, and what a receipt keeps of it."""

from __future__ import annotations

from uuid import UUID

import msgspec

from commands.shared.commit import KeptReceipt, ReceiptKey
from domain.shared.refusals import BY_RULE, Malformed, NotThere, Refusal


class VersionMismatch(Refusal):
    """Someone was faster: the resource has another version than If-Match names."""


class KeyReused(Refusal):
    """This idempotency key was used before, for a request that said something else."""


NOT_KEPT = (VersionMismatch, NotThere, Malformed)


class Outcome(msgspec.Struct):
    """How a command ended. `refusal` is None where it was accepted; `changed` is False for a repeat.

    `irregular` names the rules that what was recorded breaks.
    """

    id: UUID | None = None
    version: int = 0
    position: int = 0
    created: bool = False
    changed: bool = False
    refusal: Refusal | None = None
    irregular: tuple[str, ...] = ()


class _Answer(msgspec.Struct, omit_defaults=True):
    """What a receipt keeps of an outcome: no personal text."""

    id: UUID | None = None
    version: int = 0
    created: bool = False
    changed: bool = False
    irregular: tuple[str, ...] = ()
    rule: str | None = None
    detail: str = ""
    facts: dict[str, str] = {}


def answer_to_keep(outcome: Outcome) -> bytes | None:
    """What a receipt keeps; None for a refusal that may end otherwise when it is asked again."""
    refusal = outcome.refusal
    if isinstance(refusal, NOT_KEPT):
        return None
    if refusal:
        return msgspec.json.encode(_Answer(rule=refusal.rule, detail=refusal.detail, facts=refusal.facts))
    return msgspec.json.encode(_Answer(outcome.id, outcome.version, outcome.created, outcome.changed, outcome.irregular))


def kept_outcome(asked: ReceiptKey, kept: KeptReceipt) -> Outcome:
    """What was answered the first time; refused as KeyReused where the request says something else now."""
    if kept.digest != asked.digest:
        return Outcome(refusal=KeyReused())
    answer = msgspec.json.decode(kept.answer, type=_Answer)
    outcome = Outcome(answer.id, answer.version, kept.position, answer.created, answer.changed, irregular=answer.irregular)
    if answer.rule:
        outcome.refusal = BY_RULE.get(answer.rule, Refusal)(answer.detail, **answer.facts)
    return outcome
