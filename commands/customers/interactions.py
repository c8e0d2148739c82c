"""What can be asked of interactions."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from commands.shared.deciding import decides
from commands.shared.references import require, surviving_customer
from commands.shared.unit_of_work import UnitOfWork
from domain.customers.interaction import Facts, Interaction
from domain.sales.lead.lead import Lead


def log(
    work: UnitOfWork,
    *,
    interaction_id: UUID,
    customer_id: UUID | None = None,
    lead_id: UUID | None = None,
    external: tuple[str, str] | None = None,
    **facts: Unpack[Facts],
) -> Interaction:
    """The same values again are a repeat. `external` is (system, id).

    A customer who is unknown or erased is refused, and so is whatever it is about that is not there; for a customer merged into
    another, the survivor is recorded, and for a lead of a customer that customer too. Raises InteractionLoggedOtherwise.
    """
    interaction = work.load(Interaction, interaction_id)
    require(work, facts.get("about", ()))
    interaction.log(
        work.context,
        customer_id=_customer_id(work, interaction, customer_id, lead_id),
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
    """Logs an interaction that is not there; of one that is, records only what is different among the facts that are told.

    With whom it was stays as it was logged. Raises InteractionRedacted, InteractionRetracted.
    """
    if not work.load(Interaction, interaction_id).exists:
        return log(work, interaction_id=interaction_id, customer_id=customer_id, lead_id=lead_id, external=external, **facts)
    interaction = correct(work, interaction_id=interaction_id, **facts)
    if external:
        interaction.link_external_id(work.context, *external)
    return interaction


def correct(work: UnitOfWork, *, interaction_id: UUID, **facts: Unpack[Facts]) -> Interaction:
    """What is not told stays, None clears."""
    interaction = work.existing(Interaction, interaction_id)
    require(work, facts.get("about", ()))
    interaction.correct(work.context, **facts)
    return interaction


redact = decides(Interaction, Interaction.redact)
retract = decides(Interaction, Interaction.retract)


def _customer_id(work: UnitOfWork, interaction: Interaction, customer_id: UUID | None, lead_id: UUID | None) -> UUID | None:
    """The customer to record: who is named, or else whose lead it was when it was logged. Raises NotThere, CustomerErased."""
    lead = None if lead_id is None else work.existing(Lead, lead_id)
    if interaction.logged is not None:
        known = interaction.logged.customer_id
        return known if customer_id is None else surviving_customer(work, customer_id, known).id
    if customer_id is None and lead is not None:
        customer_id = lead.customer_id
    return None if customer_id is None else surviving_customer(work, customer_id).id
