"""Months of unusual contracts: other periods, requests, metrics, no promise, service time, claims."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sla_service.domain.instants import parse_instant
from tests.cli import wide as book
from tests.web.test_portal import words_of


def services(site, merchant, what, month="2023-09"):
    response = site.get(f"/merchants/{merchant}/months/{month}/{what}")
    assert response.status_code == 200
    return response.json["services"]


@pytest.mark.parametrize("merchant", book.TERMS)
def test_every_page_and_answer_is_there(wide, merchant):
    assert services(wide, merchant, "availability")
    assert services(wide, merchant, "error-budget")
    page = words_of(wide.page(merchant, "months/2023-09"))
    assert "Past months" in page
    assert "None" not in page.replace("None. If", "").replace("None yet", "")


@pytest.mark.parametrize("merchant", book.TERMS)
def test_every_page_and_answer_is_there_while_the_month_runs(wide_running, merchant):
    assert services(wide_running, merchant, "availability")[0]["issued"] is False
    services(wide_running, merchant, "error-budget")
    assert "Estimate" in words_of(wide_running.page(merchant))


def test_requests_are_counted_as_requests(wide):
    (service,) = services(wide, "events", "availability")
    assert (service["measured_in"], service["requests"], service["bad_requests"]) == ("requests", 200_000, "2500")
    assert (service["downtime_ms"], service["measured_ms"]) == (None, None)
    assert service["availability"] == {"ratio": "79/80", "percent": "98.7500%"}
    (budget,) = services(wide, "events", "error-budget")
    assert Fraction(budget["budgets"][0]["budget_ms"]) == 200
    said = words_of(wide.page("events", "months/2023-09"))
    assert "98.7500% of your store&#39;s requests were answered as they should be" in said
    assert "0 requests 200 allowed, overspent by 2,300 failed requests" in said
    assert "No interruption was recorded" not in said


def test_a_metric_is_shown_in_its_unit_and_has_no_budget(wide_running):
    (service,) = services(wide_running, "metric", "availability")
    assert (service["availability"], service["target"]) == (None, None)
    assert service["metric"] == {"name": "latency", "unit": "ms", "worse": "higher", "value": "501/2", "target": "200"}
    (budget,) = services(wide_running, "metric", "error-budget")
    assert (budget["budgets"], budget["burn"]) == ([], [])
    assert "no share of anything" in budget["explanation"]
    said = words_of(wide_running.page("metric"))
    assert "latency has been 250.5 ms" in said
    assert "Promised at most 200 ms latency over the month" in said
    assert "We promised latency of at most 200 ms, and did not keep it." in said


def test_an_issued_metric_never_shows_a_value_that_was_not_kept(wide):
    (service,) = services(wide, "metric", "availability")
    assert (service["availability"], service["outcome"]) == (None, "credited")
    assert service["metric"]["value"] in {None, "501/2"}
    assert "We are crediting USD 15.00 to your account." in words_of(wide.page("metric", "months/2023-09"))


def test_without_a_promise_there_is_no_budget_and_credits_are_paid_all_the_same(wide):
    (service,) = services(wide, "free", "availability")
    assert (service["target"], service["credit"]["amount"]) == (None, "15.00")
    (budget,) = services(wide, "free", "error-budget")
    assert (budget["budgets"], budget["burn"]) == ([], [])
    assert "No availability is promised" in budget["explanation"]
    said = words_of(wide.page("free", "months/2023-09"))
    assert "No availability is promised; credits are paid for downtime. We are crediting USD 15.00" in said
    assert "Error budget left" not in said
    assert "September 2023 99.7685% none USD 15.00" in said


def test_without_a_promise_nothing_to_pay_is_nothing_missed(wide_running):
    wide_running.now_ms = parse_instant("2023-08-20T00:00:00Z")
    said = words_of(wide_running.page("free", "months/2023-07"))
    assert "No availability is promised; credits are paid for downtime. There was nothing to credit." in said
    assert "sorry" not in said


def test_service_time_is_a_credit_without_money(wide):
    (service,) = services(wide, "longer", "availability")
    assert (service["outcome"], service["credit"]["amount"], service["service_time_ms"]) == (
        "credited",
        "0.00",
        86_400_000,
    )
    said = words_of(wide.page("longer", "months/2023-09"))
    assert "We are adding 1 day of service to the end of your term." in said
    assert "September 2023 99.7685% 99.9% 1 day of service" in said
    assert "USD 0.00 to your account" not in said


def test_a_credit_that_must_be_claimed_says_until_when(wide):
    (service,) = services(wide, "claimed", "availability")
    assert (service["outcome"], service["claim_until"]) == ("unclaimed", "2023-10-30")
    said = words_of(wide.page("claimed", "months/2023-09"))
    assert "must be claimed by 30 October 2023" in said
    assert "September 2023 99.7685% 99.9% not claimed" in said


def test_a_person_s_decision_is_told_with_the_name_to_programs_and_without_it_to_the_page(wide):
    (service,) = services(wide, "manual", "availability")
    assert (service["outcome"], service["decided_by"], service["reason"]) == ("credited", "cleo", "agreed by mail")
    said = words_of(wide.page("manual", "months/2023-09")).partition("Promised")[0]
    assert "We are crediting USD 12.00 to your account. A person decided on it" in said
    assert "cleo" not in said


def test_before_a_decision_the_page_says_that_a_person_will_decide(wide_running):
    assert "a person will decide" in words_of(wide_running.page("manual"))


def test_a_right_is_told(wide):
    (service,) = services(wide, "rounded", "availability")
    assert service["rights"] == ["terminate"]
    assert "You may terminate the contract." in words_of(wide.page("rounded", "months/2023-09"))


def test_why_a_stretch_does_not_count_is_said_for_every_kind(wide):
    (service,) = services(wide, "rounded", "availability")
    assert [(line["status"], line["reason"]) for line in service["lines"]] == [
        ("grace", None),
        ("excluded", "recurring"),
        ("grace", None),
        ("counted", None),
        ("too_short", None),
        ("grace", None),
        ("excluded", "maintenance"),
        ("counted", None),
    ]
    said = words_of(wide.page("rounded", "months/2023-09"))
    assert "which the contract leaves free" in said
    assert "in the maintenance window that the contract names" in said
    assert "Measured 99.7268% counts as 99.7%: below the promise" in said


def test_a_quarter_is_read_in_each_of_its_months(wide):
    (issued,) = services(wide, "quarter", "availability", "2023-08")
    assert (issued["issued"], issued["period_start"]) == (True, "2023-07-01T00:00:00Z")
    (running,) = services(wide, "quarter", "availability", "2023-10")
    assert (running["issued"], running["period_end"]) == (False, "2024-01-01T00:00:00Z")
    assert "1 July 2023 to 30 September 2023: your store was" in words_of(wide.page("quarter", "months/2023-09"))


def test_a_running_quarter_is_measured_until_now(wide_running):
    (service,) = services(wide_running, "quarter", "availability")
    assert service["as_of"] == "2023-09-14T12:00:00Z"
    assert service["measured_ms"] == parse_instant("2023-09-14T12:00:00Z") - parse_instant("2023-07-01T00:00:00Z")
    said = words_of(wide_running.page("quarter"))
    assert "so far: your store has been available" in said
    assert "We promised 99.9% over the whole quarter, and are keeping it." in said


def test_the_weeks_of_a_month_are_told_apart(wide):
    found = services(wide, "week", "availability")
    assert [one["outcome"] for one in found] == ["met", "met", "credited", "met"]
    said = words_of(wide.page("week", "months/2023-09"))
    assert "1 of our 4 promises to you was not kept" in said
    assert "Week, 11 September 2023 to 17 September 2023: available 99.0079% of the time" in said


def test_the_week_that_runs_is_shown_with_those_that_are_over(wide_running):
    found = services(wide_running, "week", "availability")
    assert [one["period_start"] for one in found] == [
        "2023-08-28T00:00:00Z",
        "2023-09-04T00:00:00Z",
        "2023-09-11T00:00:00Z",
    ]
    assert found[-1]["as_of"] == "2023-09-14T12:00:00Z"


def test_the_run_s_credits_say_the_same(wide):
    credits = wide.get("/runs/2/credits?limit=100").json["credits"]
    names = ("availability", "metric", "target", "credit", "service_time_ms", "rights", "claim_until", "decided_by")
    for credit in credits:
        found = services(wide, credit["merchant_id"], "availability")
        assert {name: credit[name] for name in names} in [{name: one[name] for name in names} for one in found]
