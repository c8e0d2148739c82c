"""Interactions: logged, corrected, redacted and retracted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.customers.interaction import (
    Corrected,
    Interaction,
    InteractionLoggedOtherwise,
    InteractionRedacted,
    InteractionRetracted,
    Logged,
    NobodyContacted,
    Redacted,
)
from domain.shared.ids import external_id
from domain.shared.reference import Reference
from domain.shared.refusals import InTheFuture, Malformed
from tests.domain.given import LAST_WEEK, NOW, YESTERDAY, facts, flags, imported, live, state, stored

CALL = external_id("interaction", "test", "1", b"")
ADA, ORDER = UUID(int=7), UUID(int=8)


def log(interaction: Interaction, context: Any = None, **values: Any) -> None:
    defaults: dict[str, Any] = {"customer_id": ADA, "channel": "phone", "direction": "inbound", "title": "Where is it"}
    interaction.log(context or live(LAST_WEEK), **defaults | values)


def logged(**values: Any) -> Interaction:
    interaction = Interaction(CALL)
    log(interaction, **values)
    return interaction


def test_the_subject_of_an_interaction_is_its_customer_or_else_its_lead() -> None:
    assert logged().pending[0][1].subject == ADA
    assert logged(customer_id=None, lead_id=ORDER).pending[0][1].subject == ORDER
    with pytest.raises(NobodyContacted):
        logged(customer_id=None)


def test_facts_are_recorded_in_normalised_form() -> None:
    about = Reference(kind="order", id=ORDER)
    interaction = logged(title=" Where is it ", participants=(), about=(about, about), duration_seconds=0, thread_id="t-1")
    expected = Logged(
        customer_id=ADA,
        channel="phone",
        direction="inbound",
        title="Where is it",
        about=(about,),
        duration_seconds=0,
        thread_id="t-1",
    )
    assert facts(interaction) == [expected]
    assert state(stored(interaction)) == state(interaction)


def test_the_same_facts_again_record_nothing_even_after_a_correction_and_others_are_refused() -> None:
    interaction = logged(external=("desk", "1"))
    interaction.correct(live(), title="Where are they")
    log(interaction, external=("desk", "1"))
    assert interaction.version == 3
    with pytest.raises(InteractionLoggedOtherwise):
        log(interaction, title="Where are they")


def test_a_correction_contains_only_what_changed() -> None:
    interaction = logged(agent="agent-1", about=(Reference(kind="order", id=ORDER),))
    interaction.correct(live(), title="Where is it", agent=None, duration_seconds=60, about=())
    assert facts(interaction)[-1] == Corrected(duration_seconds=60, cleared=("agent", "about"))
    assert interaction.current is not None
    assert (interaction.current.agent, interaction.current.duration_seconds, interaction.current.about) == (None, 60, ())
    interaction.correct(live(), duration_seconds=60)
    assert interaction.version == 2


def test_the_same_correction_at_the_same_time_is_a_repeat() -> None:
    interaction = logged()
    for title in ("A", "B", "A"):
        interaction.correct(live(YESTERDAY), title=title)
    assert interaction.version == 3


def test_redacted_texts_cannot_be_set_again() -> None:
    interaction = logged()
    interaction.redact(live(), reason="wrong-customer")
    assert interaction.current is not None
    assert interaction.current.title is None
    for context in (live(), imported()):
        with pytest.raises(InteractionRedacted):
            interaction.correct(context, title="Where is it")
    interaction.correct(live(), duration_seconds=5)
    assert interaction.version == 3


def test_repeated_redacting_and_retracting_is_recorded_only_at_another_time() -> None:
    interaction = logged()
    for name in ("redact", "retract"):
        before = interaction.version
        for at in (YESTERDAY, YESTERDAY, None, NOW):
            getattr(interaction, name)(live(at))
        assert interaction.version == before + 2
        assert flags(interaction) == ("repeated",)


def test_a_retracted_interaction_cannot_be_corrected_except_on_import() -> None:
    interaction = logged()
    interaction.retract(live())
    with pytest.raises(InteractionRetracted):
        interaction.correct(live(), agent="agent-2")
    interaction.correct(imported(), agent="agent-2")
    assert flags(interaction) == ("interaction-retracted",)
    interaction.redact(live())
    assert isinstance(facts(interaction)[-1], Redacted)


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "pigeon"},
        {"direction": "up"},
        {"duration_seconds": -1},
        {"duration_seconds": 2**31},
        {"agent": "a b"},
        {"thread_id": ""},
        {"title": " "},
        {"title": "x" * 501},
        {"participants": ("x",) * 201},
        {"participants": ("",)},
    ],
)
def test_codes_texts_and_durations_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        logged(**wrong)


def test_a_future_interaction_cannot_be_logged() -> None:
    with pytest.raises(InTheFuture):
        log(Interaction(CALL), live(NOW.replace(year=2027)))
