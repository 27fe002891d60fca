"""Runs, credits, availability and error budgets over the API, after September 2023 was issued."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sla_service.domain.instants import parse_instant
from tests.web import seed


def test_the_outage_is_305_of_43200_minutes(settled):
    body = settled.get(f"/merchants/{seed.LUMEN}/months/2023-09/availability").json
    (service,) = body["services"]
    assert service["availability"] == {"ratio": "8579/8640", "percent": "99.2939%"}
    assert service["target"] == {"ratio": "1999/2000", "percent": "99.9500%"}
    assert service["credit"] == {"amount": "29.90", "currency": "USD"}
    assert (service["issued"], service["outcome"]) == (True, "credited")
    assert service["downtime_ms"] == str(305 * 60_000)
    assert service["statement_number"].startswith("SCM-2023-09-")
    assert [line["status"] for line in service["lines"]] == ["excluded", "too_short", "counted"]
    assert service["lines"][-1]["started_at"] == "2023-09-18T18:00:00Z"


def test_an_error_budget_is_exact_for_every_edge_of_the_table(settled):
    body = settled.get(f"/merchants/{seed.LUMEN}/months/2023-09/error-budget").json
    (service,) = body["services"]
    target = service["budgets"][0]
    assert target["is_target"]
    assert (target["budget_ms"], target["consumed_ms"], target["left_ms"]) == ("1296000", "18300000", "-17004000")
    assert Fraction(target["consumed"]["ratio"]) == Fraction(18_300_000, 1_296_000)
    assert [budget["edge"]["ratio"] for budget in service["budgets"]] == ["1999/2000", "99/100", "19/20"]
    assert [budget["is_target"] for budget in service["budgets"]] == [True, False, False]
    assert len(service["burn"]) == 4
    assert not any(reading["firing"] for reading in service["burn"])


def test_during_the_outage_the_budget_burns_and_alerts(settled_lite):
    settled_lite.now_ms = parse_instant("2023-10-03T04:00+08:00")
    incident = {
        "incident_id": "INC-NOW",
        "title": "Down now",
        "service": "storefront",
        "cause": "unknown yet",
        "started_at": "2023-10-03T02:00+08:00",
        "source": "alerts",
        "source_ref": "a/1",
        "timeline": [{"at": "2023-10-03T02:00+08:00", "share_available": "0"}],
    }
    assert settled_lite.post("/incidents", incident).status_code == 201
    body = settled_lite.get(f"/merchants/{seed.LUMEN}/months/2023-10/error-budget").json
    (service,) = body["services"]
    assert service["issued"] is False
    assert service["as_of"] == "2023-10-02T20:00:00Z"
    assert service["burn"][0]["firing"]
    assert Fraction(service["burn"][0]["long_rate"]) == 2_000


def test_a_month_without_a_contract_has_no_service(settled):
    assert settled.get(f"/merchants/{seed.NEW}/months/2023-09/availability").json["services"] == []


def test_runs_are_read_with_who_did_what_and_their_sums(settled):
    listed = settled.get("/runs").json
    assert [run["run_id"] for run in listed["runs"]] == [1]
    run = settled.get("/runs/1").json
    assert (run["state"], run["created_by"], run["approved_by"]) == ("issued", "ana", "ben")
    credited = {
        line["amount"]["currency"]: line["amount"]["amount"] for line in run["summary"] if line["outcome"] == "credited"
    }
    assert credited == {"USD": "29.90", "EUR": "10.00"}


def test_credits_are_read_in_pages_and_by_merchant(settled):
    first = settled.get("/runs/1/credits?limit=2").json
    second = settled.get(first["next"].removeprefix("/api/v1")).json
    numbers = [credit["credit_no"] for page in (first, second) for credit in page["credits"]]
    assert numbers == [1, 2, 3]
    assert second["next"] is None
    own = settled.get(f"/runs/1/credits?merchant_id={seed.KIEL}").json["credits"]
    assert {credit["merchant_id"] for credit in own} == {seed.KIEL}
    assert len(own) == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after=-1", "number_format"),
        ("after=1e3", "number_format"),
        ("limit=501", "page_limit"),
        ("merchant_id=a%20b", "id_format"),
    ],
)
def test_a_wrong_page_of_credits_is_refused(settled_lite, query, code):
    response = settled_lite.get(f"/runs/1/credits?{query}")
    assert (response.status_code, response.json["code"]) == (422, code)


def test_the_api_and_the_run_agree_on_every_figure(settled):
    for credit in settled.get("/runs/1/credits").json["credits"]:
        body = settled.get(f"/merchants/{credit['merchant_id']}/months/2023-09/availability").json
        service = next(one for one in body["services"] if one["service"] == credit["service"])
        assert service["availability"] == credit["availability"]
        assert service["credit"] == credit["credit"]
