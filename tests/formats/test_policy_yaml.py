"""Policy files: read whole, or refused with every problem, each with its path, its line and what to do."""

# ruff: noqa: E501 - a refusal is one line of its table, to be read beside the others

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from sla_service.domain.assessment import assess
from sla_service.domain.errors import InvalidValueError, Problem
from sla_service.domain.exclusions import Exclusion, ExclusionKind
from sla_service.domain.incidents import Curve
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money, Rounding
from sla_service.domain.policies import MERCHANT_ZONE, Policy
from sla_service.domain.policies.credits import Gate, Share, Table, Tier
from sla_service.domain.policies.digest import policy_digest
from sla_service.domain.policies.downtime import ExclusionEffect, ExclusionRule, Qualify
from sla_service.domain.policies.examples import ExampleImpact, Expectation, PolicyExample
from sla_service.domain.policies.indicators import Windows
from sla_service.domain.policies.payment import Cap, Minimum, SettleForm, Settlement
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.formats.policy_yaml import parse_policy, print_policy
from sla_service.formats.yaml_reader import MAX_DOCUMENT_CHARACTERS

GOOD = """\
policy: storefront-plus
version: 3
title: Storefront Plus
contract: Master agreement, §7
effective: {from: 2023-01-01, to: 2024-01-01}
service: storefront
period: {kind: month, time_zone: Asia/Shanghai}
indicator: {kind: windows, curve: step, overlap: largest}
qualify: {minimum_run: 5 min}
exclude:
  - {kind: maintenance, notice: 72 h, effect: not_measured}
  - {kind: customer}
target: 99.95%
credit:
  - {below: 99.95%, from: 99.0%, of: monthly_fee, pay: 10%}
  - {below: 99.0%, from: 95.0%, of: monthly_fee, pay: 25%}
  - {below: 95.0%, of: monthly_fee, pay: 100%, clause: 7.2 c}
cap: {of: monthly_fee, at: 100%}
minimum:
  - {above: 1.00 USD}
  - {at_least: 100 JPY}
rounding: half_even
settle: {form: voucher, expires: 12 months}
claim: automatic
examples:
  - name: the outage of 19 September 2023
    fee: 299.00 USD
    period: 2023-09
    impact:
      - {from: 2023-09-19T02:00+08:00, to: 2023-09-19T05:40+08:00, share: 100%}
      - {from: 2023-09-19T05:40+08:00, to: 2023-09-19T07:00+08:00, share: 50%}
    excluded:
      - {kind: maintenance, from: 2023-09-19T02:00Z, to: 2023-09-19T03:00Z, announced: 2023-09-15T02:00Z}
    expect: {availability: 99.4907%, credit: 29.90 USD}
"""

SHORT = """\
policy: basic
version: 1
effective: {from: 2023-01-01}
service: storefront
period: {kind: month, time_zone: merchant}
indicator: {kind: windows, curve: linear}
target: 99.9%
credit: {below: 99.9%, pay: 5%}
"""


PRINTED = """\
policy: storefront-plus
version: 3
title: Storefront Plus
effective: {from: 2023-01-01, to: 2024-01-01}
service: storefront
contract: Master agreement, §7
period: {kind: month, time_zone: Asia/Shanghai}
indicator: {kind: windows, curve: step}
qualify: {minimum_run: 5 min}
exclude:
  - {kind: maintenance, notice: 3 d, effect: not_measured}
  - {kind: customer}
target: 99.95%
credit:
  - {below: 99.95%, from: 99%, pay: 10%}
  - {below: 99%, from: 95%, pay: 25%}
  - {below: 95%, pay: 100%, clause: 7.2 c}
cap: {at: 100%}
minimum:
  - {above: 1.00 USD}
  - {at_least: 100 JPY}
rounding: half_even
settle: {form: voucher, expires: 12 months}
examples:
  - name: the outage of 19 September 2023
    fee: 299.00 USD
    period: 2023-09
    impact:
      - {from: 2023-09-18T18:00Z, to: 2023-09-18T21:40Z}
      - {from: 2023-09-18T21:40Z, to: 2023-09-18T23:00Z, share: 50%}
    excluded:
      - {kind: maintenance, from: 2023-09-19T02:00Z, to: 2023-09-19T03:00Z, announced: 2023-09-15T02:00Z}
    expect: {availability: 99.4907%, credit: 29.90 USD}
"""


def changed(old: str, new: str, text: str = GOOD) -> str:
    assert text.count(old) == 1, f"{old!r} is in the file {text.count(old)} times"
    return text.replace(old, new)


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def window(start: str, end: str) -> Window:
    return Window(parse_instant(start), parse_instant(end))


def problems(text: str) -> list[Problem]:
    with pytest.raises(InvalidValueError) as refused:
        parse_policy(text)
    return list(refused.value.problems)


# Good files


def test_a_file_is_a_policy():
    policy = parse_policy(GOOD)
    expected = Policy(
        policy="storefront-plus",
        version=3,
        title="Storefront Plus",
        contract="Master agreement, §7",
        effective_from=date(2023, 1, 1),
        effective_to=date(2024, 1, 1),
        service="storefront",
        time_zone="Asia/Shanghai",
        indicator=Windows(Curve.STEP),
        qualify=Qualify(5 * MINUTE_MS),
        exclude=(
            ExclusionRule(ExclusionKind.MAINTENANCE, 72 * HOUR_MS, ExclusionEffect.NOT_MEASURED),
            ExclusionRule(ExclusionKind.CUSTOMER),
        ),
        target=Fraction(1999, 2000),
        credit=Table(
            (
                Tier(Share(percent("10")), upper=percent("99.95"), lower=percent("99")),
                Tier(Share(percent("25")), upper=percent("99"), lower=percent("95")),
                Tier(Share(percent("100")), upper=percent("95"), clause="7.2 c"),
            ),
        ),
        caps=(Cap(Fraction(1)),),
        minimums=(Minimum(Money("USD", 100), strict=True), Minimum(Money("JPY", 100))),
        rounding=Rounding.HALF_EVEN,
        settlement=Settlement(SettleForm.VOUCHER, 12),
    )
    assert replace(policy, examples=(), digest="") == expected
    assert policy.digest == policy_digest(expected)


def test_a_file_needs_only_what_has_no_default():
    policy = parse_policy(SHORT)
    assert policy.title == "basic"
    assert policy.time_zone == MERCHANT_ZONE
    assert policy.curve is Curve.LINEAR
    assert policy.credit == Table((Tier(Share(percent("5")), upper=percent("99.9")),))
    assert policy.gate is Gate.AT_LEAST
    assert policy.qualify == Qualify()
    assert policy.rounding is Rounding.HALF_UP
    assert policy.settlement == Settlement(SettleForm.NEXT_INVOICE, None)
    assert (policy.exclude, policy.minimums, policy.examples) == ((), (), ())
    assert (policy.caps, policy.effective_to, policy.claim) == ((), None, None)


def test_examples_are_parsed():
    (example,) = parse_policy(GOOD).examples
    assert example == PolicyExample(
        name="the outage of 19 September 2023",
        fee=Money("USD", 29900),
        first_day=date(2023, 9, 1),
        impact=(
            ExampleImpact(window("2023-09-18T18:00Z", "2023-09-18T21:40Z"), SHARE_FULL_PPM),
            ExampleImpact(window("2023-09-18T21:40Z", "2023-09-18T23:00Z"), 500_000),
        ),
        excluded=(
            Exclusion(
                "E1",
                ExclusionKind.MAINTENANCE,
                "storefront",
                window("2023-09-19T02:00Z", "2023-09-19T03:00Z"),
                "",
                announced_at_ms=parse_instant("2023-09-15T02:00Z"),
            ),
        ),
        expect=Expectation(availability="99.4907%", credit=Money("USD", 2990)),
    )


def test_an_example_s_impact_is_a_full_outage_unless_it_says_otherwise():
    (example,) = parse_policy(changed(", share: 50%", "")).examples
    assert [impact.share_ppm for impact in example.impact] == [SHARE_FULL_PPM, SHARE_FULL_PPM]


def test_an_example_can_expect_that_there_is_no_answer():
    (example,) = parse_policy(changed("{availability: 99.4907%, credit: 29.90 USD}", "{undefined: yes}")).examples
    assert example.expect == Expectation(undefined=True)


def test_the_parsed_policy_credits_what_its_example_expects():
    # 220 minutes of full outage, the other stretch left out.
    measurement = Measurement(220 * MINUTE_MS * SHARE_FULL_PPM, 30 * DAY_MS)
    assert str(assess(parse_policy(GOOD), measurement, Money("USD", 29_900)).amount) == "USD 29.90"


def test_without_a_target_the_credit_function_alone_decides():
    policy = parse_policy(changed("target: 99.9%\n", "", SHORT))
    assert policy.target is None
    assert policy.gate is Gate.NONE


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("minimum_run: 5 min", "minimum_run: 30 s", {"qualify": Qualify(30_000)}, id="seconds"),
        pytest.param("minimum_run: 5 min", "minimum_run: 2h", {"qualify": Qualify(7_200_000)}, id="without a space"),
        pytest.param(
            "minimum_run: 5 min",
            "longer_than: 5 min",
            {"qualify": Qualify(300_000, strict=True)},
            id="a strict minimum",
        ),
        pytest.param("qualify: {minimum_run: 5 min}\n", "qualify: {}\n", {"qualify": Qualify()}, id="no minimum"),
        pytest.param("at: 100%", "at: 12.5%", {"caps": (Cap(Fraction(1, 8)),)}, id="a cap below the fee"),
        pytest.param(
            "{form: voucher, expires: 12 months}",
            "{form: refund, expires: 1 month}",
            {"settlement": Settlement(SettleForm.REFUND, 1)},
            id="one month",
        ),
        pytest.param(", to: 2024-01-01", "", {"effective_to": None}, id="without end"),
        pytest.param("Asia/Shanghai", "UTC", {"time_zone": "UTC"}, id="UTC"),
    ],
)
def test_other_ways_to_say_a_term(old, new, expected):
    policy = parse_policy(changed(old, new))
    assert {name: getattr(policy, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("row", "tier"),
    [
        pytest.param(
            "{up_to: 99.95%, above: 99%, pay: 10%}",
            Tier(Share(percent("10")), percent("99.95"), True, percent("99"), False),
            id="up to and above",
        ),
        pytest.param(
            "{up_to: 99.95%, pay: 10%}", Tier(Share(percent("10")), percent("99.95"), True), id="without a lower edge"
        ),
        pytest.param(
            "{from: 10%, pay: 10%}", Tier(Share(percent("10")), lower=percent("10")), id="without an upper one"
        ),
        pytest.param(
            "{below: 100%, from: 0%, pay: 1000%}",
            Tier(Share(percent("1000")), Fraction(1), lower=Fraction(0)),
            id="a multiple of the fee",
        ),
        pytest.param(
            "{up_to: 99%, from: 99%, pay: 0%}",
            Tier(Share(Fraction(0)), percent("99"), True, percent("99")),
            id="a single point that pays nothing",
        ),
    ],
)
def test_edges_are_kept_as_written(row, tier):
    assert parse_policy(changed("{below: 99.9%, pay: 5%}", row, SHORT)).tiers == (tier,)


# Printing


def test_a_printed_policy_has_a_fixed_order_and_no_defaults():
    assert print_policy(parse_policy(GOOD)) == PRINTED


@pytest.mark.parametrize("text", [GOOD, SHORT], ids=["long", "short"])
def test_a_printed_policy_is_the_same_policy(text):
    policy = parse_policy(text)
    assert parse_policy(print_policy(policy)) == policy


def test_a_policy_that_no_file_can_say_is_not_printed():
    policy = replace(parse_policy(SHORT), qualify=Qualify(1))
    with pytest.raises(ValueError, match="1 ms is no duration of a policy file"):
        print_policy(policy)


# The digest


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(f"# a comment\n\n{GOOD}# and another\n", id="comments and empty lines"),
        pytest.param(
            "".join(reversed(GOOD.splitlines(keepends=True)[:9])) + "".join(GOOD.splitlines(keepends=True)[9:]),
            id="order of keys",
        ),
        pytest.param(
            changed("{kind: month, time_zone: Asia/Shanghai}", "{time_zone: Asia/Shanghai, kind: month}"),
            id="of nested keys",
        ),
        pytest.param(
            changed(
                "period: {kind: month, time_zone: Asia/Shanghai}",
                "period:\n    kind: month\n    time_zone: 'Asia/Shanghai'",
            ),
            id="layout and quotes",
        ),
        pytest.param(changed("target: 99.95%", "target: 99.950 %"), id="a number written otherwise"),
        pytest.param(changed("minimum_run: 5 min", "minimum_run: 300 s"), id="a duration written otherwise"),
        pytest.param(changed("of: monthly_fee, at: 100%", "at: 100%"), id="a default left out"),
        pytest.param(GOOD.split("examples:", maxsplit=1)[0], id="no examples"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="line ends of Windows"),
    ],
)
def test_the_digest_is_that_of_the_meaning(other):
    assert other != GOOD
    assert parse_policy(other).digest == parse_policy(GOOD).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("target: 99.95%", "target: 99.94%", id="the target"),
        pytest.param("pay: 25%", "pay: 26%", id="what a row pays"),
        pytest.param("{above: 1.00 USD}", "{at_least: 1.00 USD}", id="whether an edge is included"),
        pytest.param("curve: step", "curve: linear", id="the method"),
        pytest.param("notice: 72 h", "notice: 71 h", id="the notice"),
        pytest.param(", clause: 7.2 c", "", id="a clause"),
    ],
)
def test_another_meaning_has_another_digest(old, new):
    assert parse_policy(changed(old, new)).digest != parse_policy(GOOD).digest


# Refusals: what is changed, and the one problem that follows, at the line of what was written

REFUSED = [
    # (id, old, new, rule, path, part of the message)
    ("a name with capitals", "policy: storefront-plus", "policy: Storefront", "name_format", "policy", "small letters, digits and hyphens"),
    ("version 0", "version: 3", "version: 0", "version", "version", "number versions 1, 2, 3"),
    ("a version with a point", "version: 3", "version: 3.0", "version", "version", "number versions 1, 2, 3"),
    ("an empty title", "title: Storefront Plus", "title: ' '", "text", "title", "write one line of up to 300 characters"),
    ("a title of two lines", "title: Storefront Plus", 'title: "one\\ntwo"', "text", "title", "write one line"),
    ("a date in another order", "from: 2023-01-01", "from: 01.01.2023", "date_format", "effective.from", "YYYY-MM-DD"),
    ("a day that does not exist", "from: 2023-01-01", "from: 2023-02-29", "date_invalid", "effective.from", "no such day"),
    ("an end before the start", "to: 2024-01-01", "to: 2023-01-01", "interval_reversed", "effective.to", "`to` 2023-01-01 is not after `from` 2023-01-01"),
    ("a period that we cannot measure", "kind: month,", "kind: fortnight,", "choice", "period.kind", "write one of: month, quarter, half_year, year, billing_month, week"),
    ("a zone that does not exist", "Asia/Shanghai", "Asia/Nowhere", "zone_unknown", "period.time_zone", "Asia/Shanghai, Europe/Berlin or UTC"),
    ("an indicator that we cannot measure", "kind: windows", "kind: pings", "choice", "indicator.kind", "write one of: windows, slots"),
    ("a method that does not exist", "curve: step", "curve: stairs", "choice", "indicator.curve", "write one of: full_outage, linear, step, any_impact, reported_window"),
    ("overlaps as a sum", "overlap: largest", "overlap: sum", "choice", "indicator.overlap", "write one of: largest"),
    ("a duration without unit", "minimum_run: 5 min", "minimum_run: 5", "duration_format", "qualify.minimum_run", "30 s, 5 min, 72 h or 3 d"),
    ("a duration of nothing", "minimum_run: 5 min", "minimum_run: 0 min", "duration_format", "qualify.minimum_run", "write a duration"),
    ("two minimum runs", "{minimum_run: 5 min}", "{minimum_run: 5 min, longer_than: 6 min}", "exclusive_fields", "qualify", "give `minimum_run` or `longer_than`, not both"),
    ("an exclusion that does not exist", "{kind: customer}", "{kind: weather}", "choice", "exclude[2].kind", "write one of: maintenance, customer, upstream, force_majeure"),
    ("the same rule twice", "{kind: customer}", "{kind: maintenance, notice: 3 d, effect: not_measured}", "duplicate_rule", "exclude[2]", "this rule is there twice"),
    ("an effect that does not exist", "effect: not_measured", "effect: gone", "choice", "exclude[1].effect", "write one of: not_down, not_measured"),
    ("a target without sign", "target: 99.95%", "target: 99.95", "percent_format", "target", "with its sign, such as 99.95%"),
    ("a target above 100 %", "target: 99.95%", "target: 100.01%", "target_range", "target", "from 0% to 100%"),
    ("a target of 0 %", "target: 99.95%", "target: 0%", "target_range", "target", "a target is above 0%"),
    ("an edge above 100 %", "from: 95.0%,", "from: 195.0%,", "target_range", "credit[2].from", "from 0% to 100%"),
    ("no edge", "{below: 95.0%, ", "{", "tier_edge", "credit[3]", "give an edge: `below` or `up_to`, `from` or `above`"),
    ("two upper edges", "{below: 95.0%, ", "{below: 95.0%, up_to: 95.0%, ", "tier_edge", "credit[3]", "give the upper edge once"),
    ("two lower edges", "from: 95.0%, ", "from: 95.0%, above: 95.0%, ", "tier_edge", "credit[2]", "give the lower edge once"),
    ("edges the wrong way round", "{below: 99.0%, from: 95.0%", "{below: 95.0%, from: 99.0%", "tier_reversed", "credit[2]", "the lower edge is above the upper edge"),
    ("a row that does not say what it pays", ", pay: 25%", "", "field_missing", "credit[2].pay", "add `pay`"),
    ("a row that pays a bare number", "pay: 25%", "pay: 25", "pay_format", "credit[2].pay", "write a share such as 10%, an amount such as 5.00 USD"),
    ("a share of something else", "from: 95.0%, of: monthly_fee", "from: 95.0%, of: revenue", "choice", "credit[2].of", "write one of: monthly_fee"),
    ("a cap without size", ", at: 100%", "", "field_missing", "cap.at", "add `at`"),
    ("a minimum twice in a currency", "{at_least: 100 JPY}", "{at_least: 2.00 USD}", "duplicate_rule", "minimum[2]", "two minimums in USD"),
    ("a minimum with two meanings", "{at_least: 100 JPY}", "{at_least: 100 JPY, above: 100 JPY}", "exclusive_fields", "minimum[2]", "give `above` or `at_least`"),
    ("a minimum without amount", "{at_least: 100 JPY}", "{}", "exclusive_fields", "minimum[2]", "give `above` or `at_least`, with an amount"),
    ("a rounding that does not exist", "half_even", "nearest", "choice", "rounding", "write one of: half_up, half_even, down, up"),
    ("a settlement that does not exist", "form: voucher", "form: cash", "choice", "settle.form", "write one of: next_invoice, refund, voucher"),
    ("an expiry in days", "12 months", "90 d", "duration_format", "settle.expires", "such as 12 months"),
    ("claims by hand", "claim: automatic", "claim: by_hand", "choice", "claim", "write one of: automatic"),
    ("a fee without currency", "fee: 299.00 USD", "fee: 299.00", "currency_unknown", "examples[1].fee", "with its currency, such as 1.00 USD"),
    ("a fee with the currency first", "fee: 299.00 USD", "fee: USD 299.00", "currency_unknown", "examples[1].fee", "with its currency, such as 1.00 USD"),
    ("a fee with separators", "fee: 299.00 USD", "fee: '1,299.00 USD'", "number_format", "examples[1].fee", "use . and no separators"),
    ("a fee with too many decimals", "fee: 299.00 USD", "fee: 299.001 USD", "minor_units", "examples[1].fee", "USD has 2 decimals"),
    ("an example's month that does not exist", "period: 2023-09", "period: 2023-13", "period_format", "examples[1].period", "write the month as YYYY-MM"),
    ("an impact without offset", "from: 2023-09-19T05:40+08:00", "from: 2023-09-19T05:40", "offset_required", "examples[1].impact[2].from", "add Z or an offset"),
    ("an impact that ends before it starts", "to: 2023-09-19T07:00+08:00", "to: 2023-09-19T04:00+08:00", "interval_reversed", "examples[1].impact[2]", "the window ends 2023-09-18T20:00:00Z, not after its start"),
    ("an impact without end", ", to: 2023-09-19T07:00+08:00", "", "field_missing", "examples[1].impact[2].to", "add `to`"),
    ("a share above 100 %", "share: 50%", "share: 150%", "percent_range", "examples[1].impact[2].share", "from 0% to 100%"),
    ("a share too fine", "share: 50%", "share: 0.00001%", "percent_range", "examples[1].impact[2].share", "with up to 4 decimals"),
    ("an exclusion's announcement as a date", "announced: 2023-09-15T02:00Z", "announced: 2023-09-15", "time_required", "examples[1].excluded[1].announced", "add the time and offset"),
    ("an expected credit in words", "credit: 29.90 USD", "credit: none USD", "number_format", "examples[1].expect.credit", "write a plain decimal"),
    ("an example without expectation", "    expect: {availability: 99.4907%, credit: 29.90 USD}\n", "", "field_missing", "examples[1].expect", "add `expect`"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "path", "hint"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_a_problem_has_its_path_and_says_what_to_do(old, new, rule, path, hint):
    (problem,) = problems(changed(old, new))
    assert (problem.rule, problem.path) == (rule, path)
    assert hint in problem.message


@pytest.mark.parametrize(("old", "new"), [pytest.param(*row[1:3], id=row[0]) for row in REFUSED if row[2]])
def test_a_problem_has_the_line_of_what_was_written(old, new):
    text = changed(old, new)
    (problem,) = problems(text)
    assert problem.line is not None
    assert new.strip() in text.splitlines()[problem.line - 1]


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("target: 99.95%", "target: 99.95", "99.95"),
        ("version: 3", "version: three", "three"),
        ("title: Storefront Plus", 'title: "one\\ntwo"', "one\\u000atwo"),
    ],
)
def test_a_problem_repeats_what_was_found_safely(old, new, value):
    (problem,) = problems(changed(old, new))
    assert problem.value == value


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("policy: basic\n", "policy"),
        ("version: 1\n", "version"),
        ("effective: {from: 2023-01-01}\n", "effective"),
        ("service: storefront\n", "service"),
        ("period: {kind: month, time_zone: merchant}\n", "period"),
        ("indicator: {kind: windows, curve: linear}\n", "indicator"),
        ("credit: {below: 99.9%, pay: 5%}\n", "credit"),
    ],
)
def test_a_missing_field_is_named(line, field):
    (problem,) = problems(changed(line, "", SHORT))
    assert (problem.rule, problem.path, problem.message) == ("field_missing", field, f"add `{field}`")


@pytest.mark.parametrize("credit", ["[]", "{kind: table, rows: []}"])
def test_a_credit_table_needs_a_row(credit):
    (problem,) = problems(changed("{below: 99.9%, pay: 5%}", credit, SHORT))
    assert (problem.rule, problem.message) == ("tiers_missing", "the credit table needs at least one row")


@pytest.mark.parametrize(
    ("old", "new", "path", "hint"),
    [
        pytest.param(
            "target: 99.95%", "target: 99.95%\ntargets: 99%", "targets", "did you mean `target`?", id="plural"
        ),
        pytest.param(
            "pay: 25%", "pay: 25%, bellow: 1%", "credit[2].bellow", "did you mean `below`?", id="a letter more"
        ),
        pytest.param(
            "notice: 72 h", "notise: 72 h", "exclude[1].notise", "did you mean `notice`?", id="a wrong letter"
        ),
        pytest.param(
            "share: 50%", "shar: 50%", "examples[1].impact[2].shar", "did you mean `share`?", id="in an example"
        ),
        pytest.param(
            "at: 100%",
            "at: 100%, xyz: 1",
            "cap.xyz",
            "there is no field `xyz`; known here: of, at, per",
            id="nothing near",
        ),
    ],
)
def test_an_unknown_field_is_told_the_nearest_known_one(old, new, path, hint):
    text = changed(old, new)
    (problem,) = problems(text)
    assert (problem.rule, problem.path) == ("unknown_field", path)
    assert hint in problem.message
    assert path.rpartition(".")[2] in text.splitlines()[problem.line - 1]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        pytest.param("version: 3\n", "version: 3\nversion: 3\n", "version", id="at the top"),
        pytest.param("pay: 25%", "pay: 25%, pay: 26%", "credit[2].pay", id="in a row"),
        pytest.param("version: 3\n", "version: 3\n'version': 3\n", "version", id="once in quotes"),
    ],
)
def test_a_field_that_is_there_twice_is_refused(old, new, path):
    (problem,) = problems(changed(old, new))
    assert (problem.rule, problem.path) == ("duplicate_key", path)


def test_a_field_that_is_there_twice_is_refused_where_it_stands_again():
    (problem,) = problems(SHORT + "version: 2\n")
    assert problem.line == len(SHORT.splitlines()) + 1


@pytest.mark.parametrize(
    ("old", "new", "rule", "path", "hint"),
    [
        pytest.param("version: 1", "version: [1]", "type_scalar", "version", "write one value here", id="a list"),
        pytest.param("version: 1", "version: {a: 1}", "type_scalar", "version", "write one value here", id="fields"),
        pytest.param(
            "period: {kind: month, time_zone: merchant}",
            "period: month",
            "type_mapping",
            "period",
            "write fields here, each as `name: value`",
            id="a value for fields",
        ),
        pytest.param(
            "target: 99.9%",
            "target: 99.9%\nexclude: customer",
            "type_list",
            "exclude",
            "write a list here",
            id="no list",
        ),
        pytest.param(
            "target: 99.9%",
            "target: 99.9%\nexclude: [customer]",
            "type_mapping",
            "exclude[1]",
            "write fields",
            id="items",
        ),
    ],
)
def test_a_value_of_another_shape_is_refused(old, new, rule, path, hint):
    found = problems(changed(old, new, SHORT))
    assert (rule, path) == (found[0].rule, found[0].path)
    assert hint in found[0].message
    assert {problem.path for problem in found} == {path} or rule == "type_mapping"


def test_all_problems_are_told_at_once_in_order_of_the_lines():
    text = changed("version: 3", "version: 0")
    text = changed("curve: step", "curve: stairs", text)
    text = changed("pay: 25%", "pay: 25", text)
    text = changed("share: 50%", "share: 50", text)
    found = problems(text)
    assert [problem.path for problem in found] == [
        "version",
        "indicator.curve",
        "credit[2].pay",
        "examples[1].impact[2].share",
    ]
    assert [problem.line for problem in found] == [2, 8, 16, 31]


# Files that are no policy at all


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        pytest.param("", "file_empty", None, id="nothing"),
        pytest.param("# only a comment\n", "file_empty", None, id="a comment"),
        pytest.param("just words", "type_mapping", 1, id="words"),
        pytest.param("- a\n- b\n", "type_mapping", 1, id="a list"),
        pytest.param("policy: a\nversion: [1\n", "yaml_syntax", 3, id="a bracket that is never closed"),
        pytest.param("policy: a\n\tversion: 1\n", "yaml_syntax", 2, id="a tab"),
        pytest.param("policy: a\n version: 1\n", "yaml_syntax", 2, id="wrong indentation"),
        pytest.param("policy: a\n---\npolicy: b\n", "yaml_syntax", 2, id="two documents"),
        pytest.param("policy: a\x00b\n", "yaml_syntax", None, id="a character that is none"),
        pytest.param("[" * 500_000, "yaml_nesting", 1, id="nested too deep"),
        pytest.param("a: &x 1\nb: *x\n", "yaml_alias", None, id="an alias"),
        pytest.param("a: &x {y: 1}\nb: {<<: *x}\n", "yaml_alias", None, id="a merge"),
        pytest.param("a: &x [*x]\n", "yaml_alias", None, id="an alias of itself"),
        pytest.param("x" * (MAX_DOCUMENT_CHARACTERS + 1), "too_large", None, id="too much"),
    ],
)
def test_a_file_that_is_no_policy_is_refused(text, rule, line):
    found = problems(text)
    assert (found[0].rule, found[0].line) == (rule, line)


def test_bad_yaml_says_what_is_wrong_with_it():
    (problem,) = problems("policy: a\nversion: [1\n")
    assert problem.message.startswith("this is not YAML: ")
    assert "expected" in problem.message


def test_yaml_s_own_guesses_never_reach_a_policy():
    # For YAML 1.1 `no` is false, 1_0 is ten and 2023-09 a number of months; here they are what is written.
    policy = parse_policy(changed("policy: basic", "policy: no", SHORT))
    assert policy.policy == policy.title == "no"
    (problem,) = problems(changed("version: 1", "version: 1_0", SHORT))
    assert problem.value == "1_0"


def test_a_tag_cannot_make_python_run():
    text = changed("policy: basic", "policy: !!python/object/apply:os.getcwd []", SHORT)
    (problem,) = problems(text)
    assert (problem.rule, problem.path) == ("type_scalar", "policy")


@pytest.mark.parametrize(
    ("expect", "rule"),
    [
        pytest.param("{}", "expectation_missing", id="nothing expected"),
        pytest.param("{availability: hello}", "ratio_format", id="an availability in words"),
        pytest.param("{undefined: yes, credit: 29.90 USD}", "exclusive_fields", id="undefined and a credit"),
        pytest.param("{credit: 29.90 EUR}", "currency_mismatch", id="a credit in another currency than the fee"),
        pytest.param("{credit: -1.00 USD}", "amount_range", id="a negative credit"),
    ],
)
def test_an_example_that_cannot_fail_or_cannot_hold_is_refused(expect, rule):
    text = changed("{availability: 99.4907%, credit: 29.90 USD}", expect)
    assert rule in {problem.rule for problem in problems(text)}


def test_a_refused_edge_is_reported_once():
    found = problems(changed("below: 99.95%", "below: 199%"))
    assert [problem.rule for problem in found] == ["target_range"]
