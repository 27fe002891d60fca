"""Policies from the command line: tested, explained, printed, listed, and compared before they are published."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from sla_service.formats.policy_yaml import parse_policy
from tests.cli import wide as book

EXAMPLE = """
examples:
  - name: a hundred minutes
    fee: 300.00 USD
    period: 2023-09
    impact: [{from: 2023-09-13T10:00Z, to: 2023-09-13T11:40Z}]
    expect: {availability: 99.7685%, credit: 15.00 USD}
"""
OTHER = book.POLICIES["free"].replace("version: 1", "version: 2").replace("pay: 5.00 USD", "pay: 7.00 USD")


@pytest.fixture
def written(tmp_path):
    """Write a policy file; its path."""

    def write(text, name="policy.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_examples_that_hold_leave_with_zero(sla, written):
    result = sla("policy", "test", written(book.POLICIES["free"] + EXAMPLE))
    assert result.exit_code == 0
    assert "1 of 1 examples hold" in result.output


def test_an_example_that_fails_shows_what_was_expected_and_what_was_found(sla, written):
    path = written(book.POLICIES["free"] + EXAMPLE.replace("15.00 USD", "20.00 USD").replace("99.7685", "99.7600"))
    result = sla("policy", "test", path)
    assert result.exit_code == 3
    lines = [line.strip() for line in result.output.splitlines()]
    at = lines.index("credit")
    assert lines[at + 1 : at + 3] == ["− expected  USD 20.00", "+ found     USD 15.00"]
    assert "+ found     99.7685% (exactly 431/432)" in lines
    (shown,) = json.loads(sla("policy", "test", path, "--json").stdout)
    assert {one["field"]: (one["expected"], one["found"]) for one in shown["examples"][0]["differences"]} == {
        "availability": ("99.7600%", "99.7685% (exactly 431/432)"),
        "credit": ("USD 20.00", "USD 15.00"),
    }
    assert shown["examples"][0]["holds"] is False


HOUR = "impact: {from: 2023-09-13T10:00Z, to: 2023-09-13T11:00Z}"
OUTCOMES = [
    pytest.param(
        "manual",
        f"{HOUR}, expect: {{undefined: yes}}",
        "✓ it: 99.8611%, undefined (the parties agree on it)",
        id="undefined",
    ),
    pytest.param(
        "manual",
        f"{HOUR}, expect: {{credit: 0.00 USD}}",
        "✗ it: 99.8611%, undefined",
        id="undefined, unexpectedly: the difference has the reason",
    ),
    pytest.param("longer", "expect: {tier: 0}", "✓ it: 100.0000%, 0 d", id="no service time owed"),
    pytest.param("longer", f"{HOUR}, expect: {{credit: 1 d}}", "✓ it: 99.8611%, 1 d", id="service time"),
    pytest.param(
        "events",
        "expect: {parked: yes}",
        "✓ it: parked (no usage of events is known for the period; import usage)",
        id="parked",
    ),
    pytest.param("events", "expect: {credit: 0.00 USD}", "✗ it: parked", id="parked, unexpectedly"),
    pytest.param("free", f"{HOUR}, expect: {{parked: yes}}", "✗ it: 99.8611%, USD 10.00", id="measured, unexpectedly"),
]


@pytest.mark.parametrize(("name", "example", "line"), OUTCOMES)
def test_an_example_is_told_by_what_it_came_to(sla, written, name, example, line):
    examples = f"examples:\n  - {{name: it, fee: 300.00 USD, period: 2023-09, {example}}}\n"
    path = written(book.POLICIES[name] + examples)
    for command in ("check", "test"):
        result = sla("policy", command, path)
        assert line in [one.strip() for one in result.output.splitlines()]
        assert (result.exit_code == 0) is line.startswith("✓")


def test_why_there_is_no_credit_is_in_the_json_too(sla, written):
    examples = f"examples:\n  - {{name: it, fee: 300.00 USD, period: 2023-09, {HOUR}, expect: {{undefined: yes}}}}\n"
    path = written(book.POLICIES["manual"] + examples)
    for command in ("check", "test"):
        (shown,) = json.loads(sla("policy", command, path, "--json").stdout)
        (found,) = shown["examples"]
        assert (found["credit"], found["reason"]) == ("undefined", "the parties agree on it")


@pytest.mark.parametrize("command", ["check", "test"])
def test_of_several_files_every_problem_names_its_own_and_the_good_ones_are_shown(sla, written, command):
    good = written(book.POLICIES["free"] + EXAMPLE, "good.yaml")
    bad = written(book.POLICIES["free"].replace("version: 1", "version: one"), "bad.yaml")
    worse = written(book.POLICIES["free"].replace("service:", "servise:"), "worse.yaml")
    result = sla("policy", command, bad, good, worse)
    assert result.exit_code == 3
    assert "1 of 1 examples hold" in result.output
    assert f"{bad}, version" in result.output
    assert f"{worse}, servise" in result.output
    alone = sla("policy", command, bad)
    assert str(bad) not in alone.output


def test_what_a_person_should_look_at_again_is_said_without_failing(sla, written):
    holed = written(book.POLICIES["events"].replace("{below: 99%, pay: 25%}", "{below: 98%, pay: 25%}"))
    for command in ("check", "test"):
        result = sla("policy", command, holed)
        assert result.exit_code == 0
        assert "! credit" in result.output
    (shown,) = json.loads(sla("policy", "check", holed, "--json").stdout)
    assert "hole" in {warning["rule"] for warning in shown["warnings"]}


@pytest.mark.parametrize(("language", "words"), [("en", "For every full 30 minutes of each outage"), ("zh", "30分钟")])
def test_a_policy_is_explained_in_sentences(sla, written, language, words):
    result = sla("policy", "explain", written(book.POLICIES["free"]), "--language", language)
    assert result.exit_code == 0
    assert words in " ".join(result.output.split())
    assert not any(line.endswith(" ") or len(line) > 100 for line in result.output.splitlines())


def test_the_schema_takes_the_files(sla):
    schema = json.loads(sla("policy", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    text = book.POLICIES["metric"].replace("2023-01-01", "'2023-01-01'")
    jsonschema.validate(yaml.safe_load(text), schema)


@pytest.mark.parametrize("name", book.POLICIES)
def test_the_canonical_form_means_the_same(sla, written, name):
    printed = sla("policy", "print", written(book.POLICIES[name]))
    assert printed.exit_code == 0
    assert parse_policy(printed.stdout).digest == parse_policy(book.POLICIES[name]).digest
    again = sla("policy", "print", written(printed.stdout, "again.yaml"))
    assert again.stdout == printed.stdout


def test_a_published_version_is_named_like_a_file(wide):
    assert "block: 30 min" in wide("policy", "print", "free@1").output
    assert "30 minutes" in wide("policy", "explain", "free@1").output
    unknown = wide("policy", "print", "free@7")
    assert unknown.exit_code == 4
    assert "published are free@1" in unknown.output
    assert wide("policy", "print", "nowhere.yaml").exit_code == 4


def test_published_versions_are_listed(wide, sla):
    listed = json.loads(wide("policy", "list", "--json").stdout)
    assert {one["policy"] for one in listed} == set(book.POLICIES)
    free = next(one for one in listed if one["policy"] == "free")
    assert free["digest"] == parse_policy(book.POLICIES["free"]).digest
    assert (free["effective_from"], free["effective_to"], free["published_by"]) == ("2023-01-01", None, "ann")
    assert "free@1" in wide("policy", "list").output


def test_before_anything_is_published_the_list_says_how(sla):
    sla("db", "upgrade")
    assert "sla policy publish" in sla("policy", "list").output


def test_a_change_of_terms_is_shown_with_what_it_would_have_paid(wide, written):
    result = wide("policy", "diff", "free@1", written(OTHER), "--period", "2023-09")
    said = " ".join(result.output.split())
    assert result.exit_code == 0
    assert "− credit: {kind: blocks, block: 30 min, pay: 5.00 USD, per: outage}" in said
    assert "+ credit: {kind: blocks, block: 30 min, pay: 7.00 USD, per: outage}" in said
    assert "would get more 1" in said
    assert "USD 15.00 21.00 +6.00" in said


@pytest.mark.parametrize(
    ("name", "amount"),
    [("week", "30.00"), ("events", "15.00"), ("sites", "10.00"), ("rounded", "30.00"), ("longer", "0.00")],
)
def test_the_same_terms_pay_what_the_run_pays_and_nothing_is_changed(wide, written, name, amount):
    result = wide("policy", "diff", f"{name}@1", written(book.POLICIES[name]), "--period", "2023-09", "--json")
    shown = json.loads(result.stdout)
    assert shown["terms"] == []
    assert shown["contracts"]["same"] == 1
    assert shown["totals"] == [{"currency": "USD", "before": amount, "after": amount, "difference": "0.00"}]
    assert json.loads(wide("run", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("pays", "verdict"),
    [
        ("pay: 3.00 USD, per: outage}", "less"),
        ("pay: 3 d, per: outage}\nsettle: {form: term_extension", "other_kind"),
        ("pay: 5.00 EUR, per: outage}", "no_answer"),
    ],
    ids=["less", "service time instead of money", "no amount in its currency"],
)
def test_merchants_are_told_apart_by_what_it_means_for_them(wide, written, pays, verdict):
    changed = written(OTHER.replace("pay: 7.00 USD, per: outage}", pays + ("}" if pays[-1] != "}" else "")))
    shown = json.loads(wide("policy", "diff", "free@1", changed, "--period", "2023-09", "--json").stdout)
    assert shown["contracts"][verdict] == 1
    assert shown["cases"][0]["verdict"] == verdict


def test_without_an_answer_the_reason_is_shown(wide, written):
    manual = written(book.POLICIES["manual"].replace("version: 1", "version: 2"))
    said = " ".join(wide("policy", "diff", "manual@1", manual, "--period", "2023-09").output.split())
    assert "have no single answer 1" in said
    assert "before: the parties agree on it; after: the parties agree on it" in said


def test_a_quarter_is_compared_in_the_month_in_which_it_is_due(wide, written):
    changed = written(
        book.POLICIES["quarter"]
        .replace("pay: 10%", "pay: 20%")
        .replace("target: 99.9%", "target: 99.95%")
        .replace("below: 99.9%", "below: 99.95%")
    )
    assert (
        "has a period that ends in 2023-08"
        in wide("policy", "diff", "quarter@1", changed, "--period", "2023-08").output
    )
    shown = json.loads(wide("policy", "diff", "quarter@1", changed, "--period", "2023-09", "--json").stdout)
    assert (shown["contracts"]["more"], shown["totals"][0]["difference"]) == (1, "180.00")


def test_every_merchant_is_listed_only_when_asked(wide, written):
    same = written(book.POLICIES["free"])
    assert "would get the same" in wide("policy", "diff", "free@1", same, "--period", "2023-09").output
    assert "15.00" in wide("policy", "diff", "free@1", same, "--period", "2023-09", "--all").output


def test_without_a_database_the_terms_are_compared_and_the_rest_is_explained(sla, written):
    one, two = written(book.POLICIES["free"], "one.yaml"), written(OTHER, "two.yaml")
    result = sla("policy", "diff", one, two, "--period", "2023-09")
    assert result.exit_code == 5
    assert "+ version: 2" in result.output
    assert "contracts are in it" in result.output
    assert "sla db upgrade" in result.output
