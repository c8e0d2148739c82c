"""Segment models over HTTP: a fit reads the current features and records its result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.shared.ids import derived_id
from projections.segmentation.segment_models import Known
from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import head, registered
from tests.api.figures import value
from tests.api.sales.given_orders import placed
from tests.waiting import wait_until

PATH = "/v1/segment-models"
REPORTS = [f"/v1/reports/{name}" for name in ("segments", "segment-flows", "segment-drift", "segment-explanation")]
BASELINE = {"name": "baseline", "features": ["attribute:income", "attribute:age"], "k": 2}


def customers(client: Client, *attributes: dict[str, Any]) -> None:
    for some in attributes:
        registered(client, attributes=some)


def two_kinds(client: Client) -> None:
    customers(
        client, *({"income": 10.0 + n, "age": 20} for n in range(3)), *({"income": 90.0 + n, "age": 60} for n in range(4))
    )


def recorded(client: Client, kind: str = "fitted") -> list[dict[str, Any]]:
    """The data of such events, the oldest first."""
    items = client.get("/v1/events", params={"type": f"crm.segment_model.{kind}.v1"}).json()["items"]
    return [item["data"] for item in sorted(items, key=lambda item: int(item["position"]))]


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["type"]).removeprefix("/problems/")


@on_both_engines
def test_a_fit_records_its_result_and_is_active_immediately(client: Client) -> None:
    two_kinds(client)
    customers(client, {"age": 40}, {})
    head = int(client.get("/v1/events", params={"limit": 1}).headers["Position"])
    answer = client.post(PATH, BASELINE)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"{PATH}/{derived_id('segment_model', 'baseline')}"
    [fitted] = recorded(client)
    assert (fitted["name"], fitted["customers"], fitted["left_out"]) == ("baseline", 7, 2)
    assert fitted["cut_off_position"] == head
    assert fitted["mean"] == pytest.approx([(33 + 366) / 7, (60 + 240) / 7])
    assert fitted["quality"]["smallest_share"] == pytest.approx(3 / 7)
    assert recorded(client, "activated") == [{}]


def test_a_model_is_fitted_again_to_the_customers_as_they_are_now(client: Client) -> None:
    two_kinds(client)
    first = client.post(PATH, BASELINE | {"seed": 7, "transform": "log1p"}).json()
    customers(client, {"income": 55.0, "age": 41})
    again = client.post(f"{PATH}/baseline/fits")
    assert (again.status_code, again.json()["id"], again.json()["version"]) == (200, first["id"], 3)
    before, after = recorded(client)
    assert [fitted["customers"] for fitted in (before, after)] == [7, 8]
    same = ("name", "features", "seed", "transform", "cluster_names")
    assert [before[name] for name in same] == [after[name] for name in same]


def test_another_fit_may_have_other_settings(client: Client) -> None:
    two_kinds(client)
    id = client.post(PATH, BASELINE).json()["id"]
    changed = {"features": ["attribute:income"], "k": 3, "seed": 1, "transform": "log1p"}
    assert client.post(f"{PATH}/{id}/fits", changed).status_code == 200
    fitted = recorded(client)[-1]
    assert [fitted[name] for name in ("name", "seed", "transform")] == ["baseline", 1, "log1p"]
    assert ([feature["name"] for feature in fitted["features"]], len(fitted["centroids"])) == (["attribute:income"], 3)
    assert problem(client.post(f"{PATH}/{id}/fits", {"currency": "EUR"}), 422) == "does-not-fit"
    assert problem(client.post(f"{PATH}/{id}/fits", {"name": "other"}), 422) == "does-not-fit"


def test_another_fit_leaves_a_model_inactive_unless_it_activates_it(client: Client) -> None:
    two_kinds(client)
    client.post(PATH, BASELINE | {"activate": False})
    for body, status in (({}, "fitted"), ({"activate": True}, "active"), ({}, "active")):
        assert client.post(f"{PATH}/baseline/fits", body).status_code == 200
        assert client.get(f"{PATH}/baseline").json()["status"] == status


@pytest.mark.parametrize("changed", [{}, {"k": 3}, {"features": ["attribute:age"], "activate": False}])
def test_a_new_model_with_a_known_name_is_refused(client: Client, changed: dict[str, Any]) -> None:
    two_kinds(client)
    client.post(PATH, BASELINE)
    customers(client, {"income": 55.0, "age": 41})
    assert problem(client.post(PATH, BASELINE | changed), 409) == "segment-model-exists"
    client.post(f"{PATH}/baseline/retirement")
    assert problem(client.post(PATH, BASELINE | changed), 409) == "segment-model-exists"
    assert len(recorded(client)) == 1


def test_a_model_that_does_not_exist_cannot_be_fitted_again(client: Client) -> None:
    two_kinds(client)
    assert problem(client.post(f"{PATH}/baseline/fits"), 404) == "not-there"
    ada = registered(client).rpartition("/")[2]
    assert problem(client.post(f"{PATH}/{ada}/fits"), 404) == "not-there"


@on_both_engines
def test_reads_show_a_fit_as_soon_as_it_is_answered(client: Client) -> None:
    two_kinds(client)
    for path, body in ((PATH, BASELINE), (f"{PATH}/baseline/fits", {"k": 3}), (f"{PATH}/baseline/fits", {"k": 2})):
        assert client.post(path, body).is_success
        report = client.get("/v1/reports/segments")
        assert report.status_code == 200
        assert sum(value(group, "customers") for group in report.json()["groups"]) == 7
        assert len(report.json()["groups"]) == body.get("k", 2)
        assert client.get(f"{PATH}/baseline").json()["k"] == body.get("k", 2)
        assert len(client.get("/v1/segment-labels", params={"labelled": True}).json()["items"]) == 7


def test_a_model_that_reads_do_not_show_yet_is_not_called_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    two_kinds(client)
    client.post(PATH, BASELINE)
    monkeypatch.setattr("projections.segmentation.segment_models.known", lambda _: Known({}, None))
    for path in REPORTS:
        early = client.get(path, params={"model": "baseline"})
        assert (problem(early, 503), early.headers["Retry-After"]) == ("not-yet", "1")
        assert problem(client.get(path, params={"model": "other"}), 404) == "not-there"


def answered(client: Client, path: str, after: int) -> Any:
    """The answer, as soon as the last fit has reached all labels."""
    wait_until(lambda: client.get(path, params={"after": after}).status_code != 503, f"{path} to answer")
    answer = client.get(path, params={"after": after})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_report_says_the_same_of_its_model_and_of_one_that_is_not_there(client: Client) -> None:
    two_kinds(client)

    def missing() -> list[str]:
        answers = [client.get(path, params={"model": "baselin", "after": head(client)}) for path in REPORTS]
        assert {problem(answer, 404) for answer in answers} == {"not-there"}
        assert {int(answer.headers["Position"]) for answer in answers} == {head(client)}
        return [answer.json()["detail"] for answer in answers]

    assert missing() == ["There is no segment model baselin."] * len(REPORTS)
    id = client.post(PATH, BASELINE).json()["id"]
    assert set(missing()) == {"There is no segment model baselin; did you mean baseline? Known: baseline"}
    fitted, activated = head(client) - 1, head(client)
    for path in REPORTS:
        report = answered(client, path, activated)
        assert (report["model_id"], report["model"], report["status"]) == (id, "baseline", "active")
        assert (report["fit_position"], report["position"]) == (fitted, activated)


def test_reads_use_the_baseline_or_else_the_only_active_model(client: Client) -> None:
    two_kinds(client)

    def used() -> Any:
        answer = client.get("/v1/reports/segments")
        return answer.json()["model"] if answer.status_code == 200 else problem(answer, 404)

    assert used() == "not-there"
    client.post(PATH, BASELINE | {"name": "by-income"})
    assert used() == "by-income"
    assert len(client.get("/v1/segment-labels").json()["items"]) == 7
    client.post(PATH, BASELINE | {"name": "by-age", "activate": False})
    assert used() == "by-income"
    client.post(f"{PATH}/by-age/activation")
    client.get(PATH, params={"after": client.get("/v1/events").headers["Position"]})
    answer = client.get("/v1/reports/segments")
    assert problem(answer, 404) == "not-there"
    assert "by-age, by-income" in answer.json()["detail"]
    client.post(PATH, BASELINE)
    assert used() == "baseline"
    misspelt = client.get("/v1/reports/segments", params={"model": "by-incom"})
    assert (problem(misspelt, 404), "did you mean by-income?" in misspelt.json()["detail"]) == ("not-there", True)


def test_a_cut_off_day_before_the_last_ended_day_is_refused(client: Client) -> None:
    """Labels follow the days, so a fit as of an earlier day would label by features that it has not seen."""
    two_kinds(client)
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(4)]
    assert client.post(PATH, BASELINE | {"cut_off_day": days[3]}).status_code == 201
    assert client.post("/v1/calendar/days", {"day": days[2]}).is_success
    for path, body in ((f"{PATH}/baseline/fits", {}), (PATH, BASELINE | {"name": "other"})):
        refused = client.post(path, body | {"cut_off_day": days[3]})
        assert problem(refused, 422) == "cut-off-day-too-early"
        assert refused.json()["facts"] == {"ended": days[2]}
    for given in (days[2], days[1], days[0]):
        assert client.post(f"{PATH}/baseline/fits", {"cut_off_day": given}).status_code == 200
        assert recorded(client)[-1]["cut_off_day"] == given
    assert client.post(f"{PATH}/baseline/fits").status_code == 200
    assert recorded(client)[-1]["cut_off_day"] == days[0]


def test_a_fit_without_activation_is_activated_later(client: Client) -> None:
    two_kinds(client)
    assert client.post(PATH, BASELINE | {"activate": False}).json()["version"] == 1
    assert client.post(f"{PATH}/baseline/activation").json()["version"] == 2


def test_the_same_request_again_gets_the_first_response(client: Client) -> None:
    two_kinds(client)
    key = {"Idempotency-Key": "fit-1"}
    first, again = (client.post(PATH, BASELINE, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert len(recorded(client)) == 1


@pytest.mark.parametrize(
    ("incomes", "k"), [([], 2), ([5.0], 2), ([5.0, 6.0], 3), ([5.0, 5.0, 5.0], 2)], ids=["nobody", "one", "k above", "alike"]
)
def test_a_fit_on_too_few_different_customers_is_refused(client: Client, incomes: list[float], k: int) -> None:
    customers(client, *({"income": income} for income in incomes))
    answer = client.post(PATH, {"name": "m", "features": ["attribute:income"], "k": k})
    assert problem(answer, 409) == "not-enough-customers"
    assert answer.json()["facts"]["customers"] == str(len(incomes))
    assert recorded(client) == []


def test_features_that_do_not_exist_are_refused(client: Client) -> None:
    assert problem(client.post(PATH, BASELINE | {"features": ["shoe_size"]}), 422) == "unknown-feature"
    assert problem(client.post(PATH, BASELINE | {"features": ["orders", "orders"]}), 422) == "malformed"
    assert problem(client.post(PATH, BASELINE | {"features": ["orders:EUR"]}), 422) == "currency-missing"
    assert problem(client.post(PATH, BASELINE | {"features": ["total:XXX"]}), 422) == "unknown-currency"


def test_a_cut_off_day_in_the_future_is_refused(client: Client) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert problem(client.post(PATH, BASELINE | {"cut_off_day": tomorrow}), 422) == "malformed"


def buyers(client: Client, *currencies: str) -> None:
    for number, currency in enumerate(currencies, start=1):
        customer_id = registered(client).rpartition("/")[2]
        for _ in range(number):
            placed(client, customer_id=customer_id, currency=currency)


@on_both_engines
def test_a_money_feature_defaults_to_the_only_currency(client: Client) -> None:
    buyers(client, "EUR", "EUR", "EUR")
    assert client.post(PATH, {"name": "m", "features": ["orders", "total", "T"], "k": 2}).status_code == 201
    [fitted] = recorded(client)
    assert fitted["features"] == [{"name": "orders"}, {"name": "total", "currency": "EUR"}, {"name": "T"}]


def test_with_several_currencies_one_must_be_named(client: Client) -> None:
    asked = {"name": "m", "features": ["total"], "k": 2}
    assert problem(client.post(PATH, asked), 422) == "currency-missing"
    buyers(client, "EUR", "USD", "EUR")
    answer = client.post(PATH, asked)
    assert problem(answer, 422) == "currency-missing"
    assert "EUR, USD" in answer.json()["detail"]
    assert client.post(PATH, asked | {"currency": "EUR"}).status_code == 201
    assert client.post(PATH, asked | {"name": "n", "features": ["total:USD"]}).status_code == 201


def test_clusters_are_named_and_a_model_is_retired_by_its_name_or_id(client: Client) -> None:
    two_kinds(client)
    id = client.post(PATH, BASELINE).json()["id"]
    named = client.put(f"{PATH}/baseline/cluster-names", {"names": ["earning", "learning"]})
    assert named.json()["version"] == 3
    assert client.post(f"{PATH}/{id}/retirement").json()["version"] == 4
    assert (
        problem(client.put(f"{PATH}/{id}/cluster-names", {"names": ["one", "two", "three"]}), 422) == "cluster-names-do-not-fit"
    )
    assert problem(client.post(f"{PATH}/nobody/retirement"), 404) == "not-there"


def test_clusters_have_words_that_the_answers_define_and_a_name_that_people_gave_stays(client: Client) -> None:
    for number in range(3):
        often, once = (registered(client).rpartition("/")[2] for _ in range(2))
        for day in ("2026-01-05", f"2026-02-0{1 + number}", "2026-02-07"):
            placed(client, customer_id=often, occurred_at=day)
        placed(client, customer_id=once, occurred_at=f"2025-01-0{1 + number}")
    model = {"name": "baseline", "features": ["orders", "days_since_last"], "k": 2, "cut_off_day": "2026-03-01"}
    assert client.post(PATH, model).status_code == 201

    def shown() -> list[tuple[str, str]]:
        return [(cluster["name"], cluster["named_by"]) for cluster in client.get(f"{PATH}/baseline").json()["clusters"]]

    assert shown() == [("champions", "rule"), ("lapsed", "rule")]
    assert "lapsed = long ago and little" in client.get(f"{PATH}/baseline").json()["names_defined"]
    report = client.get("/v1/reports/segments").json()
    assert [group["group"]["label"] for group in report["groups"]] == ["champions", "lapsed"]
    assert "lapsed = long ago and little" in report["definition"]
    assert len(client.get("/v1/segment-labels", params={"label": "lapsed"}).json()["items"]) == 3
    assert client.put(f"{PATH}/baseline/cluster-names", {"names": ["champions", "asleep"]}).is_success
    assert client.post(f"{PATH}/baseline/fits", {"cut_off_day": "2026-03-02"}).is_success
    assert shown() == [("champions", "rule"), ("asleep", "people")]
    assert recorded(client)[-1]["named_by_people"] == [False, True]


def test_clusters_of_other_features_have_numbers_and_the_answer_says_why(client: Client) -> None:
    two_kinds(client)
    client.post(PATH, BASELINE)
    answer = client.get(f"{PATH}/baseline").json()
    assert [cluster["name"] for cluster in answer["clusters"]] == ["1", "2"]
    assert "words need the feature days_since_last" in answer["names_defined"]


def test_analysts_fit_models_and_agents_do_not(client: Client, key_for: KeyFor) -> None:
    assert client.post(PATH, BASELINE, headers=key_for("agent")).status_code == 403
    assert problem(client.post(PATH, BASELINE, headers=key_for("analyst")), 409) == "not-enough-customers"


def test_an_operator_ends_a_day_by_hand_once_it_is_over(client: Client, key_for: KeyFor) -> None:
    operator = key_for("operator")
    today = datetime.now(UTC).date()
    yesterday = {"day": (today - timedelta(days=1)).isoformat()}
    ended, again = (client.post("/v1/calendar/days", yesterday, headers=operator) for _ in range(2))
    assert (ended.status_code, ended.json()["version"], again.json()["version"]) == (200, 1, 1)
    coming = {"day": (today + timedelta(days=1)).isoformat()}
    assert problem(client.post("/v1/calendar/days", coming, headers=operator), 409) == "day-not-over"
