"""The work behind a credit of any kind of policy, step by step."""

from __future__ import annotations

import json

import pytest

from tests.cli import wide as book


def said_of(sla, merchant, period="2023-09"):
    result = sla("explain", "--merchant", merchant, "--period", period)
    assert result.exit_code == 0
    return " ".join(result.output.split())


@pytest.mark.parametrize(
    ("merchant", "expected"),
    [
        ("quarter", ["2023-07-01 00:00 to 2023-10-01 00:00", "2,208 hours", "6619/6624 = 99.9245%", "99.9%: met"]),
        ("week", ["2023-09-11 00:00 to 2023-09-18 00:00", "100 minutes of 10,080", "USD 300.00 × 10% = 30.00"]),
        (
            "events",
            [
                "Availability is good requests ÷ all requests",
                "Bad requests 2,500 of 200,000 requests",
                "1 − 2,500 ÷ 200,000 = 79/80 = 98.7500%",
                "5% of monthly fee per period, USD 15.00: applies",
                "commitment 99.9% 200 1,250.00 % −2,300",
            ],
        ),
        ("metric", ["latency, mean: 250.5 ms", "200 ms: missed", "at most 400 ms and above 200 ms", "a metric"]),
        ("free", ["none is promised", "counted: 3 blocks", "3 blocks × USD 5.00 = 15.00", "Error budget: none"]),
        ("hits", ["with more than 5 minutes of downtime in it", "counted: 1 day hit", "× 1/30 = 10.00"]),
        ("longer", ["10 × 100 minutes", "30 days per period, 30 days of service: not reached", "→ Credit 1 day of"]),
        ("claimed", ["30.00 by half up = 30.00", "until 2023-10-30: not claimed in time so far", "→ Credit USD 0.00"]),
        ("manual", ["undefined: the parties agree on it; a person decides"]),
        ("sites", ["north: 100 minutes of 43,200 minutes", "missed, 1/3 of the base", "→ Credit USD 10.00"]),
        (
            "rounded",
            [
                "not counted because the beginning of an outage is free",
                "not counted because of the agreed maintenance window",
                "not counted because of announced maintenance",
                "not counted because the run is below the minimum",
                "At most 30 minutes in each calendar month is left out",
                "118 minutes of 43,200 without 49 minutes that are excluded",
                "for promise and credit it is rounded to 99.7%",
                "Right terminate",
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_step_is_shown_whatever_the_policy_is_made_of(wide, merchant, expected):
    said = said_of(wide, merchant)
    for words in expected:
        assert words in said


@pytest.mark.parametrize("merchant", ["events", "metric"])
def test_other_accounting_methods_are_for_windows_only(wide, merchant):
    assert "Under each accounting method" not in said_of(wide, merchant)
    assert "Under each accounting method" in said_of(wide, "free")


def test_a_quarter_is_explained_in_each_of_its_months_as_an_estimate_until_it_is_over(wide):
    assert "2023-07-01 00:00 to 2023-10-01 00:00" in said_of(wide, "quarter", "2023-08")
    said = said_of(wide, "quarter", "2023-10")
    assert "2023-10-01 00:00 to 2024-01-01 00:00" in said
    assert "ESTIMATE" in said


def test_the_terms_are_told_once_however_many_periods_there_are(wide):
    said = said_of(wide, "week")
    assert said.count("Commitment 99.9%") == 4
    assert said.count("Every outage counts, however short.") == 1


@pytest.mark.parametrize("merchant", book.TERMS)
def test_the_steps_are_there_for_scripts(wide, merchant):
    shown = json.loads(wide("explain", "--merchant", merchant, "--period", "2023-09", "--json").stdout)
    assert all(one["parked_reason"] is None for one in shown)
    for one in shown:
        assert one["measured_in"] == {"events": "requests", "metric": "metric"}.get(merchant, "milliseconds")
        assert (one["burn_rate"] is None) == (merchant in {"metric", "free", "hits"})
        assert (one["methods"] == {}) == (merchant in {"events", "metric"})


def test_caps_parts_and_service_time_are_exact_in_json(wide):
    def shown(merchant):
        return json.loads(wide("explain", "--merchant", merchant, "--period", "2023-09", "--json").stdout)[0]

    assert shown("longer")["service_time_ms"] == 86_400_000
    assert shown("events")["caps"] == [
        {"per": "period", "limit": "1500", "before": "7500", "after": "1500", "is_time": False}
    ]
    assert [part["unit"] for part in shown("sites")["parts"]] == ["north", "south", "west"]
    assert shown("metric")["decisive"] == "501/2"
    assert (shown("claimed")["claim_until"], shown("claimed")["outcome"]) == ("2023-10-30", "unclaimed")


def test_a_person_s_decision_is_the_last_step(wide):
    wide("run", "calculate", "--period", "2023-09")
    number = json.loads(wide("run", "show", 1, "--json").stdout)["parked"][0]["credit_no"]
    decided = wide("run", "decide", 1, number, "--amount", "12.00 USD", "--reason", "agreed by mail", as_="cleo")
    assert decided.exit_code == 0
    assert "sla run calculate --period 2023-09" in decided.output
    assert "Decision USD 12.00 by cleo: agreed by mail → Credit USD 12.00" in said_of(wide, "manual")
    assert wide("run", "calculate", "--period", "2023-09").exit_code == 0


def test_a_decision_without_a_reason_or_in_another_currency_is_refused(wide):
    assert wide("run", "calculate", "--period", "2023-09").exit_code == 8
    shown = wide("run", "show", 1)
    assert "the parties agree on it" in shown.output
    assert "owed if claimed in time" in shown.output
    number = json.loads(wide("run", "show", 1, "--json").stdout)["parked"][0]["credit_no"]
    for amount, reason in (("12.00 EUR", "why"), ("12.00 USD", " "), ("12 dollars", "why"), ("-1.00 USD", "why")):
        assert wide("run", "decide", 1, number, "--amount", amount, "--reason", reason).exit_code == 3
    assert wide("run", "decide", 1, 999, "--amount", "1.00 USD", "--reason", "why").exit_code == 4
    assert wide("run", "decide", 1, 1, "--amount", "1.00 USD", "--reason", "why").exit_code == 5
