"""The segments of a model as rules: they agree with the model, and can be defined as segment rules."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from domain.segmentation.segment_expression import holds, parsed
from domain.segmentation.segment_model import Feature
from projections.customers.customer_behaviour import Behaviour, value
from projections.customers.customer_features import customer_features
from projections.customers.customers import customer_view
from projections.segmentation.segment_explanation import report
from projections.segmentation.segment_labels import segment_labels
from projections.segmentation.segment_moves import seen
from projections.shared.rows import Rows
from tests.projections.harness import History, clear, fold, in_memory
from tests.projections.segmentation.given_segments import customer
from tests.projections.segmentation.test_segment_drift import DAY, fitted_to, keep

SIZES = [*range(60), *range(500, 580)]


def test_rules_agree_with_the_model_and_match_whom_they_say() -> None:
    with in_memory(segment_labels) as connection:
        keep(connection, 1, SIZES)
        model = fitted_to(connection)
        found = report(connection, model)
        again = report(connection, model)
    assert found == again
    assert found.fidelity.value == 1
    assert found.fidelity.denominator == 42
    assert 2 <= len(found.groups) <= 6
    names = {one.group["label"] for one in found.groups}
    assert names == set(model.cluster_names)
    for behaviour in (Behaviour(tickets=size % 7, numbers={"size": size}) for size in SIZES):
        [matching] = [
            one
            for one in found.groups
            if holds(parsed(one.rule), lambda asked: value(Feature(name=asked.feature), behaviour, DAY))  # noqa: B023
        ]
        cluster = seen(model, behaviour, DAY).cluster
        assert cluster is not None
        assert matching.group["label"] == model.cluster_names[cluster]


def test_too_few_customers_have_no_rules_but_a_reason() -> None:
    with in_memory(segment_labels) as connection:
        keep(connection, 1, [*range(9)])
        model = fitted_to(connection)
        found = report(connection, model)
        Rows(connection).delete(customer_features, "customer_id", [UUID(int=n) for n in range(1, 10)])
        nobody = report(connection, model)
    for one in (found, nobody):
        assert (one.groups, one.fidelity.value) == ([], None)
        assert one.fidelity.reason


def test_customers_who_are_all_in_one_cluster_have_no_rules_but_a_reason() -> None:
    with in_memory(segment_labels) as connection:
        keep(connection, 1, SIZES)
        model = fitted_to(connection)
        Rows(connection).delete(customer_features, "customer_id", [UUID(int=n) for n in range(1, len(SIZES) + 1)])
        keep(connection, 1, [7] * 40)
        found = report(connection, model)
    assert (found.groups, found.fidelity.value) == ([], None)
    assert found.fidelity.reason


def test_merged_customers_are_explained_as_one_and_an_erased_one_is_left_out() -> None:
    history = History()
    people = [customer(history, f"customer-{number}", size=number if number < 20 else 500 + number) for number in range(40)]

    def held_out(connection: Connection) -> object:
        for read_model in (segment_labels, customer_view):
            clear(connection, read_model)
            fold(connection, history, read_model)
        return report(connection, model).fidelity.denominator

    with in_memory(segment_labels) as connection:
        fold(connection, history, segment_labels)
        model = fitted_to(connection)
        assert held_out(connection) == 12
        for one in people[1:4]:
            history.must(one, lambda context, of=one: of.merge_into(context, people[0].id))  # type: ignore[misc]
        last = people[-1]
        history.must(last, lambda context: last.erase(context, reason="requested", requested_by="customer", receipt="R1"))
        assert held_out(connection) == 10
        for one in people[1:4]:
            history.must(one, one.unmerge)
        assert held_out(connection) == 11
