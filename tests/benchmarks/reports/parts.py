"""The parts of this benchmark, by hand: a new part is one module with `PART`, and one line here."""

from tests.benchmarks.reports import sales, segments, service, touchpoints

PARTS = (sales.PART, service.PART, segments.PART, touchpoints.PART)
