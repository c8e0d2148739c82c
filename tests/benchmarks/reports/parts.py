"""The parts of this benchmark, by hand: a new part is one module with `PART`, and one line here."""

from tests.benchmarks.reports import experiments, sales, segments, service, touchpoints

PARTS = (sales.PART, service.PART, segments.PART, experiments.PART, touchpoints.PART)
