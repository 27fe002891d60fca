"""Every sentence lives in the language file, is used, and is written in the reader's way."""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from pathlib import Path

import pytest

import sla_service.formats
from sla_service.domain.errors import NotFoundError
from sla_service.domain.instants import parse_instant
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.formats.texts import load_texts
from sla_service.formats.texts.conventions import conventions_for

FORMATS = Path(sla_service.formats.__file__).parent
LAYOUT = sorted((FORMATS / "statement_pdf").glob("*.py")) + sorted((FORMATS / "charts").glob("*.py"))
SPEAKING = [*LAYOUT, *sorted((FORMATS / "texts").glob("*.py"))]
OURS = ("statement.", "chart.")
"""Tables of the language file that documents use; mails have their own."""


def literals(path):
    """String literals of a module that are not docstrings, f-strings as patterns."""
    tree = ast.parse(path.read_text())
    quoted = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (re.escape(p.value) if isinstance(p, ast.Constant) else ".*" for p in node.values)
            yield "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (quoted | inside):
            yield re.escape(node.value)


def keys():
    return [key for key in load_texts().sentences if key.startswith(OURS)]


def test_every_sentence_is_used_somewhere():
    said = {pattern for path in SPEAKING for pattern in literals(path) if pattern.startswith(("statement", "chart"))}
    plural = r"(\.(zero|one|two|few|many|other))?"
    unused = [key for key in keys() if not any(re.fullmatch(pattern + plural, key) for pattern in said)]
    assert unused == []


def test_every_sentence_that_is_used_exists():
    plain = [
        p.replace("\\", "")
        for path in SPEAKING
        for p in literals(path)
        if re.fullmatch(r"(statement|chart)(\\\.\w+)+", p)
    ]
    assert plain
    known = load_texts().sentences
    assert [key for key in plain if key not in known and f"{key}.other" not in known] == []


@pytest.mark.parametrize("path", LAYOUT, ids=lambda path: path.name)
def test_no_sentence_stands_in_a_layout_module(path):
    sentence = re.compile(r"[A-Za-z]{2,}(\\)? [a-z]{2,}(\\)? [a-z]+")
    assert [text for text in literals(path) if sentence.search(text) and "=" not in text] == []


def test_no_word_of_the_statement_is_compensation():
    assert [text for text in load_texts().sentences.values() if "compensat" in text.lower()] == []


def test_a_language_that_is_not_there_is_not_found():
    with pytest.raises(NotFoundError, match="no texts in the language 'xx'"):
        load_texts("xx")


def test_a_value_is_never_read_as_a_template():
    said = load_texts().say("statement.number", number="{{7*7}} {month} %s")
    assert said == "No. {{7*7}} {month} %s"


@pytest.mark.parametrize(("number", "said"), [(1, "1 day"), (0, "0 days"), (5, "5 days")])
def test_numbers_agree_with_their_nouns(number, said):
    assert load_texts().count("chart.days", number, number=number) == said


AT = parse_instant("2023-09-18T18:00:00Z")


@pytest.mark.parametrize(
    ("locale", "zone", "moment", "money"),
    [
        ("zh_CN", "Asia/Shanghai", "19 September 2023, 02:00", "USD 1,234,567.89"),
        ("en-US", "America/New_York", "September 18, 2023, 2:00 pm", "USD 1,234,567.89"),
        ("de_DE", "Europe/Berlin", "18 September 2023, 20:00", "USD 1,234,567.89"),
        ("fr_FR", "Europe/Paris", "18 September 2023, 20:00", "USD 1,234,567.89"),
        ("nowhere", "UTC", "18 September 2023, 18:00", "USD 1,234,567.89"),
    ],
)
def test_dates_and_times_follow_the_place_and_figures_the_language(locale, zone, moment, money):
    ways = conventions_for(locale, zone, "en")
    assert ways.moment(AT) == moment
    assert ways.money(Money("USD", 123_456_789)) == money


@pytest.mark.parametrize(("amount", "said"), [(Money("JPY", 3_000), "JPY 3,000"), (Money("KWD", 10_000), "KWD 10.000")])
def test_money_has_the_decimals_of_its_currency(amount, said):
    assert conventions_for("zh_CN", "Asia/Shanghai", "en").money(amount) == said


def test_a_negative_amount_has_a_true_minus():
    assert conventions_for("zh_CN", "UTC", "en").money(Money("USD", -2_990)) == "USD \u221229.90"


@pytest.mark.parametrize(
    ("zone", "month", "name"),
    [
        ("Asia/Shanghai", Month(2023, 9), "China Standard Time"),
        ("America/New_York", Month(2023, 7), "Eastern Daylight Time"),
        ("Europe/Berlin", Month(2023, 10), "Central European Time"),
        ("Asia/Kolkata", Month(2023, 9), "India Standard Time"),
        ("Asia/Kathmandu", Month(2023, 9), "Nepal Time"),
    ],
)
def test_a_zone_is_named_in_full(zone, month, name):
    assert conventions_for("en_GB", zone, "en").zone_in(month.window(zone)) == name


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(Fraction(18_300_000), "305"), (Fraction(16_770_000), "279.5"), (Fraction(20_000), "0.333…"), (Fraction(0), "0")],
)
def test_minutes_are_exact_or_visibly_cut(ms, shown):
    assert conventions_for("zh_CN", "UTC", "en").minutes(ms) == shown


@pytest.mark.parametrize("locale", ["de_DE", "fr_FR", "pt-BR", "ar-KW", "es", "hi_IN", "de_CH"])
def test_figures_in_an_english_text_are_english_figures(locale):
    ways = conventions_for(locale, "UTC", "en")
    assert (ways.number("-1234567.50"), ways.percent("99.2939%")) == ("\u22121,234,567.50", "99.2939%")


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Fraction(1, 2), "50%"),
        (Fraction(1, 3), "33.33%"),
        (Fraction(1, 10_000), "0.01%"),
        (Fraction(7, 1_000_000), "0.0007%"),
        (Fraction(999_999, 1_000_000), "99.99%"),
        (Fraction(0), "0%"),
        (Fraction(1), "100%"),
    ],
)
def test_a_share_is_floored_and_something_never_reads_as_nothing(share, shown):
    assert conventions_for("en", "UTC", "en").share(share) == shown


@pytest.mark.parametrize(
    ("zone", "month", "name"),
    [
        ("Europe/Dublin", 9, "Irish Standard Time"),
        ("Europe/Dublin", 1, "Greenwich Mean Time"),
        ("Europe/London", 9, "British Summer Time"),
        ("Asia/Shanghai", 9, "China Standard Time"),
        ("America/New_York", 9, "Eastern Daylight Time"),
        ("Australia/Sydney", 9, "Australian Eastern Standard Time"),
        ("Australia/Sydney", 12, "Australian Eastern Daylight Time"),
    ],
)
def test_the_zone_is_named_as_its_clock_goes_in_that_month(zone, month, name):
    assert conventions_for("en-GB", zone, "en").zone_in(Month(2023, month).window(zone)) == name
