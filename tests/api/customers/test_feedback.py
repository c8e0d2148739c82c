"""Feedback over HTTP, and its report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
from tests.api.customers.given_customers import ERASURE, registered, seen
from tests.api.figures import value, values
from tests.api.sales.given_orders import done, placed

PATH = "/v1/feedback"
REPORT = "/v1/reports/service"


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def submitted(client: Client, kind: str, score: int | None = None, **more: Any) -> str:
    answer = client.post(PATH, {"kind": kind, "score": score, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def asked(client: Client, **more: Any) -> str:
    answer = client.post(f"{PATH}/requests", {"kind": "csat", **more})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


@on_both_engines
def test_a_complaint_is_submitted_handled_and_read(client: Client) -> None:
    customer, order = registered(client), placed(client)
    about = [{"kind": "order", "id": id_of(order)}]
    complaint = submitted(client, "complaint", customer_id=id_of(customer), comment="Cold tea", about=about)
    assert client.post(f"{complaint}/acknowledgement").status_code == 200
    done(client, f"{complaint}/actions", {"code": "called", "note": "Was not amused"})
    done(client, f"{complaint}/resolution", {"code": "refunded", "resolution": "Money back"})
    found = seen(client, complaint)
    assert (found["status"], found["end_code"], found["about"], found["score"]) == ("resolved", "refunded", about, None)
    [action] = found["actions"]
    assert (action["code"], found["private"]["notes"][str(action["position"])]) == ("called", "Was not amused")
    assert (found["private"]["comment"], found["private"]["resolution"]) == ("Cold tea", "Money back")
    assert client.get(complaint, params={"version": 1}).json()["status"] == "submitted"
    assert len(client.get(f"{complaint}/history").json()["items"]) == 4
    refused = client.post(f"{complaint}/dismissal", {"reason": "spam"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/feedback-ended")


@on_both_engines
def test_feedback_is_listed_by_filters(client: Client) -> None:
    ada = registered(client)
    submitted(client, "csat", 2, customer_id=id_of(ada), channel="email", agent="agent-1", occurred_at="2026-01-01")
    submitted(client, "nps", 9, channel="web", occurred_at="2026-01-02T23:00Z")
    spam = submitted(client, "praise", occurred_at="2026-01-03")
    done(client, f"{spam}/dismissal", {"reason": "spam"})
    asked(client)

    def kinds(**question: Any) -> list[str]:
        return sorted(one["kind"] for one in seen(client, PATH, **question)["items"])

    assert kinds(open=True) == ["csat", "nps"]
    assert kinds(status="dismissed") == ["praise"]
    assert kinds(status="requested") == ["csat"]
    assert kinds(customer_id=id_of(ada)) == kinds(agent="agent-1", channel="email") == ["csat"]
    assert kinds(score_to=2) == ["csat"]
    assert kinds(submitted_from="2026-01-03", zone="Asia/Shanghai") == ["nps", "praise"]
    lines = client.get(PATH, headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert len(lines) == 4


def test_a_request_is_answered_once(client: Client) -> None:
    survey = asked(client, channel="email", external={"system": "survey", "id": "7"})
    answer = {"kind": "csat", "score": 5}
    assert done(client, f"{survey}/submission", answer)["version"] == 3
    again = client.put(f"{PATH}/by/survey/7", answer)
    assert (again.status_code, again.json()["version"]) == (200, 3)
    assert client.put(f"{PATH}/by/survey/7", answer | {"score": 1}).status_code == 409
    assert (seen(client, survey)["status"], seen(client, f"{PATH}/by/survey/7")["channel"]) == ("submitted", "email")


def test_a_score_must_be_on_its_scale_and_an_answer_needs_a_request(client: Client) -> None:
    assert client.post(PATH, {"kind": "nps", "score": 11}).json()["type"] == "/problems/score-off-its-scale"
    assert client.post(PATH, {"kind": "ces", "score": 3}).status_code == 422
    nobody = "00000000-0000-0000-0000-000000000007"
    assert client.post(f"{PATH}/{nobody}/submission", {"kind": "csat", "score": 3}).status_code == 404
    assert client.post(PATH, {"kind": "praise", "customer_id": nobody}).status_code == 404


@on_both_engines
def test_comments_need_permission_and_are_erased_with_their_customer(client: Client, key_for: KeyFor) -> None:
    customer, survey = registered(client), asked(client)
    submitted(client, "complaint", customer_id=id_of(customer), comment="Cold tea")
    done(client, f"{survey}/submission", {"kind": "csat", "score": 1, "customer_id": id_of(customer), "comment": "Cold tea"})
    analyst = key_for("analyst")
    for path in (survey, PATH, f"{survey}/history"):
        assert "Cold" not in client.get(path, headers=analyst).text
    assert [one["private"] for one in seen(client, PATH)["items"]] == [{"comment": "Cold tea"}] * 2
    done(client, f"{customer}/erasure", ERASURE)
    assert [one["private"] for one in seen(client, PATH)["items"]] == [None, None]


def story(client: Client) -> None:
    """By e-mail: csat of 5, 4, 3, and 9 on another scale. On the web: nps of 10, 9, 8, 6, and efforts on two scales."""
    for score in (5, 4, 3):
        submitted(client, "csat", score, channel="email", agent="agent-1", occurred_at="2026-03-01T10:00Z")
    submitted(client, "csat", 9, scale={"min": 1, "max": 10}, channel="email", occurred_at="2026-03-01T10:00Z")
    for score in (10, 9, 8, 6):
        submitted(client, "nps", score, channel="web", occurred_at="2026-03-02T10:00Z")
    for score, most in ((2, 5), (3, 5), (7, 7)):
        submitted(client, "ces", score, scale={"min": 1, "max": most}, channel="web", occurred_at="2026-03-02T10:00Z")


@on_both_engines
def test_csat_nps_and_ces_are_reported_with_their_numerators_and_denominators(client: Client) -> None:
    story(client)
    report = seen(client, REPORT)
    mail, web = report["groups"]
    assert (mail["group"], web["group"]) == ({"channel": "email"}, {"channel": "web"})
    csat, unknown = (mail["measures"][f"feedback_{name}"] for name in ("csat", "nps"))
    assert (csat["numerator"], csat["denominator"], value(mail, "feedback_csat_on_other_scales")) == (2, 3, 1)
    assert Decimal(csat["value"]).quantize(Decimal("0.0001")) == Decimal("0.6667")
    assert values(web, *(f"feedback_{name}" for name in ("promoters", "passives", "detractors", "nps"))) == (2, 1, 1, 25)
    interval = web["measures"]["feedback_nps"]["interval"]
    assert [float(interval[bound]) for bound in ("low", "high")] == pytest.approx([-55.1485, 88.4818], abs=1e-3)
    assert values(web, "feedback_ces_1_to_5", "feedback_ces_1_to_7") == (Decimal("2.5"), 7)
    assert "interval" not in web["measures"]["feedback_ces_1_to_7"]
    assert (unknown["value"], unknown["reason"]) == (None, "nobody answered")
    assert value(report["total"], "feedback_submitted") == 11


def test_the_report_counts_days_in_the_requested_zone(client: Client) -> None:
    story(client)
    days = seen(client, REPORT, by=["day", "kind"], zone="Pacific/Kiritimati", to="2026-03-03")["groups"]
    assert [(one["group"], value(one, "feedback_submitted")) for one in days] == [({"day": "2026-03-02", "kind": "csat"}, 4)]
    assert [one["group"]["agent"] for one in seen(client, REPORT, by="agent")["groups"]] == [None, "agent-1"]
    assert client.get(REPORT, params={"by": ["day", "week"]}).status_code == 422


@on_both_engines
def test_the_response_rate_needs_recorded_requests(client: Client) -> None:
    for number in range(4):
        survey = asked(client, channel="email", occurred_at=f"2026-02-0{number + 1}")
        if number == 0:
            done(client, f"{survey}/submission", {"kind": "csat", "score": 5, "channel": "web", "occurred_at": "2026-03-01"})
    mail, web = seen(client, REPORT)["groups"]
    rate, unknown = (one["measures"]["feedback_response_rate"] for one in (mail, web))
    assert (Decimal(rate["value"]), rate["numerator"], rate["denominator"]) == (Decimal("0.25"), 1, 4)
    assert (unknown["value"], unknown["reason"]) == (None, "no request is known")
    assert (value(mail, "feedback_submitted"), value(web, "feedback_submitted")) == (0, 1)


@on_both_engines
def test_durations_include_ended_feedback_and_open_feedback_is_counted(client: Client) -> None:
    took = {"02": "12:00", "03": "14:00"}
    for day, until in took.items():
        complaint = submitted(client, "complaint", occurred_at=f"2026-03-{day}T10:00Z")
        done(client, f"{complaint}/acknowledgement", {"occurred_at": f"2026-03-{day}T11:00Z"})
        done(client, f"{complaint}/resolution", {"occurred_at": f"2026-03-{day}T{until}Z"})
    done(client, f"{submitted(client, 'complaint', occurred_at='2026-03-01')}/dismissal", {"reason": "spam"})
    submitted(client, "suggestion", occurred_at="2026-03-01")
    total = seen(client, REPORT)["total"]
    counted = ("resolved", "dismissed", "open", "unacknowledged", "complaints", "suggestions", "praise")
    assert values(total, *(f"feedback_{name}" for name in counted)) == (2, 1, 1, 1, 3, 1, 0)
    assert total["measures"]["feedback_resolution_mean"]["n"] == 2
    durations = (f"feedback_resolution_{name}" for name in ("mean", "p90", "max"))
    assert values(total, *durations) == (10_800, 13_680, 14_400)
    assert value(total, "feedback_acknowledgement_mean") == 3_600


def test_a_resolution_that_is_recorded_again_does_not_move_the_first_one(client: Client) -> None:
    complaint = submitted(client, "complaint", occurred_at="2026-03-02T10:00Z")
    for until in ("12:00", "18:00", "11:00"):
        done(client, f"{complaint}/resolution", {"occurred_at": f"2026-03-02T{until}Z"})
        done(client, f"{complaint}/acknowledgement", {"occurred_at": "2026-03-02T10:30Z"})
    assert value(seen(client, REPORT)["total"], "feedback_resolution_mean") == 3_600
    found = seen(client, complaint)
    assert (found["resolved_at"], found["ended_at"]) == ("2026-03-02T11:00:00Z", "2026-03-02T18:00:00Z")


def test_feedback_is_in_its_customers_timeline(client: Client) -> None:
    customer = registered(client)
    submitted(client, "csat", 4, customer_id=id_of(customer))
    line = seen(client, f"{customer}/timeline")["items"][0]
    assert (line["zh"], line["en"]) == ("反馈已提交：类型 csat，评分 4", "Feedback submitted: kind csat, score 4")
