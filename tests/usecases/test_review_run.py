"""What an approver is shown: sums that tie out, the odd and the impossible found, and what changed named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from sla_service.cli.run_review import review_mapping
from sla_service.db import guards
from sla_service.db.credits import load_credits
from sla_service.db.engine import reading, writing
from sla_service.domain.bounds import Bounds, parse_bound
from sla_service.domain.errors import ChangedError, ConflictError
from sla_service.domain.instants import parse_instant
from sla_service.domain.periods import Month
from sla_service.formats import review_words as words
from sla_service.formats.review_page import review_page
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.compare_methods import compare_methods
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.review_run import review_run
from tests.runs import submit_and_approve
from tests.usecases.the_month import FILES, ISSUER, NOW_MS, calculate, close, load

OCTOBER_MS = parse_instant("2023-11-02T01:00:00Z")


def reviewed(engine, run_id, bounds=Bounds()):  # noqa: B008 - a frozen value
    with reading(engine) as session:
        return review_run(session, run_id, bounds=bounds)


def tamper(engine, statement):
    with writing(engine) as session:
        guards.remove(session.connection())
        session.connection().execute(text(statement))


def import_(engine, noun, rows):
    with writing(engine) as session:
        import_file(session, noun, rows.encode(), name="x.csv", now_ms=NOW_MS, actor="ann", update=True)


def test_the_sums_of_every_kind_tie_out_with_the_credits(engine):
    load(engine)
    run_id = calculate(engine)
    review = reviewed(engine, run_id)
    with reading(engine) as session:
        rows = load_credits(session, run_id).to_pylist()
    sums = {}
    for row in rows:
        if row["stated_minor"]:
            sums[row["currency"]] = sums.get(row["currency"], 0) + row["stated_minor"]
    assert (
        {one.currency: one.stated_minor for one in review.totals} == sums == {"USD": 26910, "JPY": 3000, "KWD": 10000}
    )
    for parts in (review.policies, review.services):
        assert {c: sum(p.stated_minor for p in parts if p.currency == c) for c in sums} == sums
    assert {(p.name, p.currency): p.stated_minor for p in review.partners} == {
        ("P1", "USD"): 23920, ("", "USD"): 2990, ("P2", "JPY"): 3000, ("P2", "KWD"): 10000,
    }  # fmt: skip
    assert sum(review.outcomes.values()) == len(rows)
    assert words.headline(review).startswith("JPY 3,000, KWD 10.000, USD 269.10 for 8 merchants, out of")


def test_the_largest_come_first_currency_by_currency(engine):
    load(engine)
    review = reviewed(engine, calculate(engine))
    assert [(line.currency, line.stated_minor) for line in review.largest] == [
        ("JPY", 3000), ("KWD", 10000), ("USD", 7475), ("USD", 7475), ("USD", 2990), ("USD", 2990), ("USD", 2990),
    ]  # fmt: skip


def test_parked_cases_are_grouped_by_their_reason(engine):
    load(engine)
    review = reviewed(engine, calculate(engine))
    assert review.parked_count == sum(one.count for one in review.parked) == 4
    assert review.parked[0].count == 2
    assert any("never-published" in one.reason and one.first_merchant_id == "lost" for one in review.parked)


def test_availability_is_counted_by_the_usual_edges(engine):
    load(engine)
    buckets = {one.label: (one.contracts, one.credited) for one in reviewed(engine, calculate(engine)).availability}
    assert buckets["99 % or more"] == (6, 5)
    assert buckets["95 % or more"] == (2, 2)


ODD = {
    "availability_negative": ("UPDATE credits SET availability = '-1/100' WHERE merchant_id = 'step'", True),
    "nothing_bad": ("UPDATE credits SET bad_ppm_ms = 0 WHERE merchant_id = 'step'", True),
    "above_fee": (
        "UPDATE credits SET amount_minor = 29901, stated_minor = 29901, cap_minor = NULL WHERE merchant_id = 'step'",
        True,
    ),
    "above_cap": ("UPDATE credits SET cap_minor = '59801/20' WHERE merchant_id = 'any-impact'", True),
    "decided": ("UPDATE credits SET decided_by = 'cleo' WHERE merchant_id = 'step'", False),
    "decided_above_fee": (
        "UPDATE credits SET decided_by = 'cleo', amount_minor = 50000, stated_minor = 50000 WHERE merchant_id = 'step'",
        False,
    ),
    "no_longer_active": ("UPDATE merchants SET active_to = '2023-09-20' WHERE merchant_id = 'step'", False),
    "other_currency": ("UPDATE merchants SET currency = 'EUR' WHERE merchant_id = 'step'", False),
    "taken_back": ("UPDATE credits SET stated_minor = -1 WHERE merchant_id = 'step'", False),
}
EVERYDAY = {"other_currency"}
"""The month has a merchant paid in yen and one in dinars, whose own currency is another."""


@pytest.mark.parametrize("rule", ODD)
def test_a_credit_is_found_by_the_rule_that_it_breaks(engine, rule):
    load(engine)
    run_id = calculate(engine)
    tamper(engine, "UPDATE merchants SET currency = 'JPY' WHERE merchant_id = 'yen'")
    tamper(engine, "UPDATE merchants SET currency = 'KWD' WHERE merchant_id = 'dinar'")
    assert reviewed(engine, run_id).oddities == ()
    statement, is_impossible = ODD[rule]
    tamper(engine, statement)
    (found,) = reviewed(engine, run_id).oddities
    assert (found.rule, found.is_impossible, found.count) == (rule, is_impossible, 1)
    assert found.lines[0].merchant_id in {"step", "any-impact"}
    assert found.rule in words.RULES


def test_a_share_of_the_fee_far_from_what_others_get_is_found(engine):
    names = [f"plain{i:02d}" for i in range(24)]
    merchant = FILES["merchants"].splitlines()[3]
    assert merchant.startswith("step,")
    merchants = FILES["merchants"] + "".join(merchant.replace("step,", f"{n},", 1) + "\n" for n in names)
    contracts = FILES["contracts"] + "".join(f"{n},storefront,by-step,299.00,USD,2020-01-01,\n" for n in names)
    load(engine, merchants=merchants, contracts=contracts)
    run_id = calculate(engine)
    assert "far_from_usual" not in {one.rule for one in reviewed(engine, run_id).oddities}
    tamper(engine, "UPDATE credits SET stated_minor = 29900 WHERE merchant_id = 'plain07'")
    tamper(engine, "UPDATE credits SET stated_minor = 299 WHERE merchant_id = 'plain08'")
    (far,) = [one for one in reviewed(engine, run_id).oddities if one.rule == "far_from_usual"]
    assert [line.merchant_id for line in far.lines] == ["plain07", "plain08"]


def test_what_changed_since_the_last_draft_is_named_merchant_by_merchant(engine):
    load(engine)
    first = calculate(engine)
    assert reviewed(engine, first).last_draft is None
    import_(
        engine, "contracts", FILES["contracts"].replace("yen,storefront,by-step,30000", "yen,storefront,by-step,60000")
    )
    import_(engine, "impacts", FILES["impacts"].replace("0.5", "0.01"))
    second = calculate(engine)
    found = reviewed(engine, second).last_draft
    assert found.against == "run 1"
    assert [(c.merchant_id, c.currency, c.before_minor, c.now_minor) for c in found.merchants] == [
        ("yen", "JPY", 3000, 6000),
        ("half", "USD", 2990, 0),
    ]
    assert {c.currency: (c.before_minor, c.now_minor, c.added, c.removed, c.changed) for c in found.currencies} == {
        "JPY": (3000, 6000, 0, 0, 1),
        "KWD": (10000, 10000, 0, 0, 0),
        "USD": (26910, 23920, 0, 1, 0),
    }


def test_the_last_month_is_what_was_issued_for_it(engine):
    close(engine)
    impacts = FILES["impacts"].splitlines()[0] + (
        "\nINC-2023-09-07,step,storefront,2023-10-10T10:00+08:00,2023-10-10T20:00+08:00,1\n"
    )
    import_(engine, "impacts", impacts)
    with writing(engine) as session:
        run_id = calculate_run(session, Month(2023, 10), now_ms=OCTOBER_MS, actor="ann").run_id
    review = reviewed(engine, run_id)
    assert review.last_month.against == "2023-09"
    usd = next(one for one in review.last_month.currencies if one.currency == "USD")
    assert (usd.before_minor, usd.now_minor, usd.removed) == (26910, 7475, 5)
    tight = replace(Bounds(), change_percent=50)
    beyond = reviewed(engine, run_id, tight).beyond
    assert beyond[0] == "run total USD 74.75 is 72 % off; last month it was USD 269.10, and the bound is 50 %"


def test_the_other_methods_are_the_worked_table(engine):
    load(engine)
    run_id = calculate(engine)
    with reading(engine) as session:
        found = {one.name: one.totals_minor for one in compare_methods(session, run_id)}
    assert found["own"] == {"JPY": 3000, "KWD": 10000, "USD": 26910}
    # Five merchants of 299.00 dollars, one with a hole in its table that only the longer outages reach, and one with
    # impacts of its own.
    assert found["step"]["USD"] == 5 * 2990 + 2990
    assert found["any_impact"]["USD"] == 6 * 7475 + 2990
    assert found["any_impact"]["JPY"] == 7500


def test_methods_are_not_compared_with_figures_of_another_day(engine):
    load(engine)
    run_id = calculate(engine)
    import_(
        engine, "contracts", FILES["contracts"].replace("yen,storefront,by-step,30000", "yen,storefront,by-step,60000")
    )
    with pytest.raises(ChangedError, match="calculate the month again") as caught, reading(engine) as session:
        compare_methods(session, run_id)
    assert caught.value.changes == ("credits in JPY",)


def test_a_draft_has_nothing_to_review(engine):
    load(engine)
    with writing(engine) as session:
        run_id = plan_run(session, Month(2023, 9), now_ms=NOW_MS, actor="ann").run_id
    with pytest.raises(ConflictError, match="is draft"):
        reviewed(engine, run_id)


def test_a_review_is_the_same_on_both_databases(sqlite_engine, postgres_engine):
    found = []
    for one in (sqlite_engine, postgres_engine):
        load(one)
        found.append(json.dumps(review_mapping(reviewed(one, calculate(one)))))
    assert found[0] == found[1]


def test_the_page_shows_what_the_review_says_and_needs_no_network_and_no_script(sqlite_engine):
    renamed = FILES["merchants"].replace("Store any-impact", "<b>Store</b> & Sons")
    load(sqlite_engine, merchants=renamed)
    run_id = calculate(sqlite_engine)
    review = reviewed(sqlite_engine, run_id, Bounds(run=(parse_bound("USD 100"),)))
    with reading(sqlite_engine) as session:
        page = review_page(replace(review, methods=compare_methods(session, run_id)), "#0b5563")
    assert "run total USD 269.10 is above the bound USD 100.00" in page
    assert "&lt;b&gt;Store&lt;/b&gt; &amp; Sons" in page
    assert "<b>Store" not in page
    assert page.count("<svg") >= 4
    assert "<script" not in page
    assert "src=" not in page
    assert page.count("http") == page.count('xmlns="http://www.w3.org/2000/svg"')


def test_a_run_that_is_issued_can_still_be_reviewed(engine):
    load(engine)
    run_id = calculate(engine)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben", issuer=ISSUER)
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    assert reviewed(engine, run_id).state == "issued"
