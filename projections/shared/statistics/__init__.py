"""Statistics that belong to no module of the CRM: one topic per module, each formula with its source."""
