"""The statement on paper: what it says, that it never changes, and that nobody's name can break it."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader
from statement_samples import (
    ISSUER,
    STORE,
    credit_for,
    excluded_statement,
    linear_statement,
    many_lines_statement,
    partner_statement,
    several_statement,
    statement_for,
    worked_statement,
)

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money
from sla_service.domain.statements import snapshot_sha256, statement_to_json, verification_code
from sla_service.formats.statement_pdf import render_statement


@pytest.fixture(scope="session")
def fonts(tmp_path_factory):
    return tmp_path_factory.mktemp("statement-fonts")


@pytest.fixture(scope="session")
def read(fonts):
    """Pages of a statement as text, with white space as single spaces."""

    def pages(statement):
        reader = PdfReader(BytesIO(render_statement(statement, fonts_dir=fonts)))
        return [" ".join(page.extract_text().split()) for page in reader.pages]

    return pages


def test_the_worked_statement_is_one_page_with_answer_proof_and_apology(read):
    (page,) = read(worked_statement())
    for said in (
        "Service credit statement No. NC-2023-000417 3 October 2023",
        "Lumen & Loom Home Textiles",
        "We are crediting USD 29.90 to your account for September 2023.",
        "Storefront was available 99.2939% of the month; we promised 99.95%.",
        "below the promise",
        "Down from 02:00, half back at 05:40, whole at 11:30",
        "Tuesday, 19 September 2023, share of Storefront available, China Standard Time",
        "Network failure at the cloud provider 19 Sept 02:00 19 Sept 11:30 570 53.5% 305",
        "Counted in September 2023 305",
        "43,200 minutes less 305 counted: 42,895 of 43,200 is 99.2939% available",
        "Monthly fee for Storefront 299.00",
        "Availability 99.2939% is below 99.95% and at least 99%: 10% of the fee (clause 4.2) 29.90",
        "At most 100% of the fee, USD 299.00: not reached",
        "storefront-plus v3, digest 8a5be0f2c1d9",
        "Unused credit expires on 30 September 2024.",
        "Questions until 2 November 2023: sla@northlight.example",
        "https://status.northlight.example/verify/NC-2023-000417",
        "Page 1 of 1",
    ):
        assert said in page
    assert len(re.findall(r"\bsorry\b", page)) == 1
    assert "compensat" not in page.lower()


def test_the_code_is_that_of_the_frozen_statement(read):
    statement = worked_statement()
    (page,) = read(statement)
    assert verification_code(snapshot_sha256(statement_to_json(statement))) in page


def test_without_a_portal_no_address_is_printed(read):
    (page,) = read(replace(worked_statement(), issuer=replace(ISSUER, public_url="")))
    assert "verify" not in page


def test_the_same_statement_is_the_same_bytes_whatever_was_drawn_before(fonts):
    first = render_statement(worked_statement(), fonts_dir=fonts)
    render_statement(partner_statement(), fonts_dir=fonts)
    render_statement(worked_statement(name="Ωμέγα Żółć"), fonts_dir=fonts)
    assert render_statement(worked_statement(), fonts_dir=fonts) == first


def test_the_file_says_when_it_was_issued_by_whom_and_in_which_language(fonts):
    reader = PdfReader(BytesIO(render_statement(worked_statement(), fonts_dir=fonts)))
    assert reader.metadata.creation_date.isoformat() == "2023-10-03T08:15:00+00:00"
    assert reader.metadata.modification_date == reader.metadata.creation_date
    assert reader.metadata.title == "Service credit statement NC-2023-000417"
    assert reader.metadata.author == "Northlight Commerce"
    assert reader.metadata.subject == "Service credit statement NC-2023-000417 for September 2023"
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_every_font_is_embedded(fonts):
    reader = PdfReader(BytesIO(render_statement(worked_statement(), fonts_dir=fonts)))
    used = reader.pages[0]["/Resources"]["/Font"].values()
    assert used
    assert all("/FontFile2" in font.get_object()["/FontDescriptor"] for font in used)


@pytest.mark.parametrize(
    "name",
    [
        "Acme <Holdings> & Co",
        "<b>Acme",
        "{{7*7}} {amount} %s %(month)s",
        "&amp; &lt;img src=/etc/passwd&gt;",
        "=cmd|' /C calc'!A0",
        "(unbalanced \\ parenthesis",
    ],
)
def test_a_hostile_name_is_printed_as_it_stands(name, read):
    (page,) = read(worked_statement(name=name))
    assert name in page


def test_controls_in_a_name_neither_print_nor_steer(read):
    (page,) = read(worked_statement(name="Acme\x00\x1b[31m\r\nLtd\u202e"))
    assert "Acme[31m Ltd" in page


def test_a_very_long_name_is_cut_in_the_window_and_the_page_stays_one(read):
    (page,) = read(worked_statement(name="Supercalifragilistic" * 40))
    assert "Supercali" in page
    assert "…" in page


def test_a_name_that_no_font_can_print_is_refused_by_its_character(fonts):
    with pytest.raises(InvalidValueError) as refused:
        render_statement(worked_statement(name="Party 🎉 Shop"), fonts_dir=fonts)
    (problem,) = refused.value.problems
    assert problem.rule == "glyph_missing"
    assert "U+1F389" in problem.message


def test_half_a_surrogate_pair_is_refused_like_any_other_character(fonts):
    with pytest.raises(InvalidValueError) as refused:
        render_statement(worked_statement(name="Half \ud83c"), fonts_dir=fonts)
    assert refused.value.problems[0].rule == "glyph_missing"


def test_a_character_beyond_the_cut_of_a_long_name_is_refused_as_well(fonts):
    with pytest.raises(InvalidValueError, match="U+1F389".replace("+", r"\+")):
        render_statement(worked_statement(name="Long " * 60 + "🎉"), fonts_dir=fonts)


def test_a_chinese_name_is_printed(read):
    (page,) = read(worked_statement(name="杭州云织家居用品有限公司"))
    assert "杭州云织家居用品有限公司" in page


@pytest.mark.parametrize(
    ("fee", "amount"),
    [
        (Money("JPY", 30_000), "JPY 3,000"),
        (Money("KWD", 100_000), "KWD 10.000"),
        (Money("USD", 12_345_600), "USD 12,345.60"),
    ],
)
def test_every_currency_has_its_own_decimals(fee, amount, read):
    (page,) = read(statement_for(credit_for(fee)))
    assert f"We are crediting {amount} to your account" in page


def test_a_rounded_amount_shows_what_it_was_before(read):
    (page,) = read(statement_for(credit_for(Money("USD", 29_985))))
    assert "Rounded to the nearest USD 0.01, a half upwards, from 29.985 29.99" in page


def test_the_straight_line_method_is_named_and_its_minutes_are_exact(read):
    (page,) = read(linear_statement())
    assert "straight line between reports" in page
    assert "43,200 minutes less 279.5 counted" in page
    assert "99.3530%" in page


def test_a_cap_that_was_reached_says_so(read):
    credit = credit_for(
        Money("USD", 29_900), rate="2", before_cap_minor="59800", unrounded_minor="29900", amount=Money("USD", 29_900)
    )
    (page,) = read(statement_for(credit))
    assert "200% of the fee" in page
    assert "At most 100% of the fee, USD 299.00: applied 299.00" in page


def test_a_credit_below_the_minimum_says_why_it_is_not_paid(read):
    credit = credit_for(Money("USD", 900), amount=Money("USD", 0))
    (page,) = read(statement_for(credit))
    assert "There is no credit for September 2023." in page
    assert "Smallest credit that is paid, USD 1.00: not reached, so nothing is paid 0.00" in page


def test_time_that_does_not_count_is_shown_with_its_reason(read):
    (page,) = read(excluded_statement())
    assert "Not counted because it was maintenance, announced in time" in page
    assert "Not counted because it was shorter than the 5 minutes from which an interruption counts" in page
    assert "Not counted because it was caused on your own side" in page
    assert "Counted in September 2023 45" in page


def test_an_availability_just_below_the_promise_does_not_read_as_the_promise(read):
    target_bad = 43_200 * 60_000 * 1_000_000 // 2_000
    (page,) = read(statement_for(credit_for(Money("USD", 29_900), bad_ppm_ms=target_bad + 1_000_000)))
    assert "Storefront was available 99.9499% of the month; we promised 99.95%." in page


def test_times_are_those_of_the_reader_and_the_zone_of_the_month_is_named(read):
    (page,) = read(worked_statement(time_zone="America/New_York", locale="en_US"))
    assert "Down from 2:00 pm, half back at 5:40 pm, whole at 11:30 pm" in page
    assert "Monday, September 18, 2023" in page
    assert "China Standard Time; times above in Eastern Daylight Time" in page


def test_many_stretches_go_on_under_repeated_heads(read):
    pages = read(many_lines_statement())
    assert len(pages) == 2
    assert all("Incident Start End Minutes Share lost Counted min" in page for page in pages)
    assert "Service credit statement NC-2023-000417, continued" in pages[1]
    assert "Page 2 of 2" in pages[1]


def test_each_further_service_has_a_page_of_its_own_and_the_answer_has_the_total(read):
    pages = read(several_statement())
    assert len(pages) == 3
    assert "We are crediting USD 50.25 to your account for September 2023." in pages[0]
    assert "Storefront USD 29.90, Checkout USD 12.35 and Search USD 8.00" in pages[0]
    assert "Monthly fee for Checkout 123.45" in pages[1]
    assert "Half of the service was unavailable from 10:00 to 11:30" in pages[1]
    assert "Monthly fee for Search 80.00" in pages[2]
    assert "The credit does not expire." in pages[2]
    assert sum("Verification code" in page for page in pages) == 1


def test_a_partner_sees_one_line_per_merchant_and_totals_per_currency(read):
    statement = partner_statement(60)
    pages = read(statement)
    whole = " ".join(pages)
    assert "Your merchants are being credited JPY 6,590, KWD 200.610 and USD 603.70 for September 2023." in pages[0]
    assert len(pages) == 2
    assert all("Merchant Service Statement Availability Promised Credit (KWD)" in page for page in pages)
    assert "Total in JPY, 20 credits 6,590" in whole
    assert "Total in KWD, 20 credits 200.610" in whole
    assert "Total in USD, 20 credits 603.70" in whole
    assert all(line.statement_number in whole for line in statement.merchants)


def test_a_partner_with_one_merchant_is_told_so_in_the_singular(read):
    (page,) = read(partner_statement(1))
    assert "For 1 of your merchants we fell short of our promise; its own statement has the same amount." in page


def test_a_partner_without_credits_gets_a_page_that_says_so(read):
    (page,) = read(partner_statement(0))
    assert "None of your merchants is credited for September 2023." in page


@pytest.mark.parametrize("accent", ["", "red", "#12", "#zzzzzz", "javascript:alert(1)"])
def test_an_accent_that_is_no_colour_does_not_keep_a_statement_from_being_drawn(accent, read):
    (page,) = read(replace(worked_statement(), issuer=replace(ISSUER, accent=accent)))
    assert "USD 29.90" in page


def test_a_zone_that_does_not_exist_is_refused(fonts):
    with pytest.raises(InvalidValueError, match="use a zone name"):
        render_statement(
            replace(worked_statement(), recipient=replace(STORE, time_zone="Mars/Olympus")), fonts_dir=fonts
        )
