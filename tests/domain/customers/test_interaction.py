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


def log(interaction: Interaction, context: Any = None, **told: Any) -> None:
    asked: dict[str, Any] = {"customer_id": ADA, "channel": "phone", "direction": "inbound", "title": "Where is it"}
    interaction.log(context or live(LAST_WEEK), **asked | told)


def logged(**told: Any) -> Interaction:
    interaction = Interaction(CALL)
    log(interaction, **told)
    return interaction


def test_an_interaction_is_about_its_customer_or_else_about_its_lead() -> None:
    assert logged().pending[0][1].subject == ADA
    assert logged(customer_id=None, lead_id=ORDER).pending[0][1].subject == ORDER
    with pytest.raises(NobodyContacted):
        logged(customer_id=None)


def test_what_is_logged_is_recorded_in_one_form() -> None:
    about = Reference(kind="order", id=ORDER)
    interaction = logged(title=" Where is it ", participants=(), about=(about, about), duration_seconds=0, thread_id="t-1")
    told = Logged(
        customer_id=ADA,
        channel="phone",
        direction="inbound",
        title="Where is it",
        about=(about,),
        duration_seconds=0,
        thread_id="t-1",
    )
    assert facts(interaction) == [told]
    assert state(stored(interaction)) == state(interaction)


def test_the_same_again_is_a_repeat_also_after_a_correction_and_anything_else_is_refused() -> None:
    interaction = logged(external=("desk", "1"))
    interaction.correct(live(), title="Where are they")
    log(interaction, external=("desk", "1"))
    assert interaction.version == 3
    with pytest.raises(InteractionLoggedOtherwise):
        log(interaction, title="Where are they")


def test_a_correction_says_only_what_is_different() -> None:
    interaction = logged(agent="agent-1", about=(Reference(kind="order", id=ORDER),))
    interaction.correct(live(), title="Where is it", agent=None, duration_seconds=60, about=())
    assert facts(interaction)[-1] == Corrected(duration_seconds=60, cleared=("agent", "about"))
    assert interaction.current is not None
    assert (interaction.current.agent, interaction.current.duration_seconds, interaction.current.about) == (None, 60, ())
    interaction.correct(live(), duration_seconds=60)
    assert interaction.version == 2


def test_the_same_correction_of_the_same_time_is_a_repeat() -> None:
    interaction = logged()
    for title in ("A", "B", "A"):
        interaction.correct(live(YESTERDAY), title=title)
    assert interaction.version == 3


def test_texts_that_were_redacted_do_not_come_back() -> None:
    interaction = logged()
    interaction.redact(live(), reason="wrong-customer")
    assert interaction.current is not None
    assert interaction.current.title is None
    for context in (live(), imported()):
        with pytest.raises(InteractionRedacted):
            interaction.correct(context, title="Where is it")
    interaction.correct(live(), duration_seconds=5)
    assert interaction.version == 3


def test_redacting_and_retracting_again_is_news_only_at_another_time() -> None:
    interaction = logged()
    for name in ("redact", "retract"):
        before = interaction.version
        for at in (YESTERDAY, YESTERDAY, None, NOW):
            getattr(interaction, name)(live(at))
        assert interaction.version == before + 2
        assert flags(interaction) == ("repeated",)


def test_what_was_retracted_is_not_corrected_unless_it_is_history() -> None:
    interaction = logged()
    interaction.retract(live())
    with pytest.raises(InteractionRetracted):
        interaction.correct(live(), agent="agent-2")
    interaction.correct(imported(), agent="agent-2")
    assert flags(interaction) == ("interaction-retracted",)
    interaction.redact(live())
    assert isinstance(facts(interaction)[-1], Redacted)


@pytest.mark.parametrize(
    "told",
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
def test_codes_texts_and_durations_are_checked(told: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        logged(**told)


def test_nothing_is_logged_that_has_not_been_yet() -> None:
    with pytest.raises(InTheFuture):
        log(Interaction(CALL), live(NOW.replace(year=2027)))
