"""The commands on interactions."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from commands.shared.deciding import decides
from commands.shared.references import customer_concerned, require
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.interaction import Facts, Interaction


def log(
    work: UnitOfWork,
    *,
    interaction_id: UUID,
    customer_id: UUID | None = None,
    lead_id: UUID | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Interaction:
    """Logs an interaction; the same values again change nothing. `external` is (system, id).

    An unknown or erased customer and an unknown aggregate in `about` are refused. For a merged customer, the survivor is
    recorded; for a lead that has a customer, that customer is recorded too. Raises InteractionLoggedOtherwise.
    """
    interaction = work.load(Interaction, interaction_id)
    require(work, facts.get("about", ()))
    interaction.log(
        work.context,
        customer_id=customer_concerned(work, interaction.logged, customer_id, lead_id),
        lead_id=lead_id,
        external=external,
        **facts,
    )
    return interaction


def log_or_correct(
    work: UnitOfWork,
    *,
    interaction_id: UUID,
    customer_id: UUID | None = None,
    lead_id: UUID | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Interaction:
    """Logs an interaction that does not exist; for an existing one, records only the given facts that differ.

    The customer and the lead stay as logged. Raises InteractionRedacted, InteractionRetracted.
    """
    if not work.load(Interaction, interaction_id).exists:
        return log(work, interaction_id=interaction_id, customer_id=customer_id, lead_id=lead_id, external=external, **facts)
    interaction = correct(work, interaction_id=interaction_id, **facts)
    if external:
        interaction.link_external_id(work.context, *external)
    return interaction


def correct(work: UnitOfWork, *, interaction_id: UUID, **facts: Unpack[Facts]) -> Interaction:
    """Facts that are not given stay as they are; None clears a fact."""
    interaction = work.existing(Interaction, interaction_id)
    require(work, facts.get("about", ()))
    interaction.correct(work.context, **facts)
    return interaction


redact = decides(Interaction, Interaction.redact)
retract = decides(Interaction, Interaction.retract)
