"""The statement on paper: what it says, that it never changes, and that nobody's name can break it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from sla_service.domain.canonical import verification_code
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.incidents import Curve
from sla_service.domain.instants import DAY_MS
from sla_service.domain.money import Money
from sla_service.domain.statements import ImpactStep, LineStatus, snapshot_sha256, statement_to_json
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.statement_pdf import render_statement
from sla_service.formats.texts import load_texts
from sla_service.formats.texts.conventions import conventions_for
from sla_service.formats.texts.credit_words import Words
from sla_service.formats.texts.ladder_words import ladder, total
from tests.formats.credit_samples import every_credit
from tests.formats.statement_samples import (
    ISSUER,
    STORE,
    credit_for,
    excluded_statement,
    line,
    linear_statement,
    local,
    long_statement,
    many_lines_statement,
    part_month_statement,
    partner_statement,
    several_statement,
    statement_for,
    worked_statement,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def fonts(tmp_path_factory):
    return tmp_path_factory.mktemp("statement-fonts")


def words_for(statement):
    recipient = statement.recipient
    return Words(load_texts(), conventions_for(recipient.locale, recipient.time_zone, "en"))


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
        "Your Storefront was available 99.2939% of the month; we promised 99.95%.",
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
    assert "Your Storefront was available 99.9499% of the month; we promised 99.95%." in page


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


BESIDE = (
    line("09-06T10:00", "09-06T11:30", 500_000, title="Pages slow to load for some stores"),
    line("09-12T03:00", "09-12T04:00", SHARE_FULL_PPM, LineStatus.EXCLUDED, title="Upgrade", reason="maintenance"),
    line("09-14T09:00", "09-14T09:04", SHARE_FULL_PPM, LineStatus.TOO_SHORT, title="Slow checkout"),
)


@pytest.mark.parametrize(
    "place",
    [("Asia/Shanghai", "zh_CN"), ("America/New_York", "en_US"), ("Europe/Berlin", "de"), ("Asia/Kolkata", "en_IN")],
    ids=lambda place: place[0],
)
@pytest.mark.parametrize(
    ("fee", "curve", "beside"),
    [
        (Money("USD", 29_900), Curve.STEP, 0),
        (Money("USD", 49_900), Curve.LINEAR, 0),
        (Money("USD", 240_000), Curve.ANY_IMPACT, 0),
        (Money("EUR", 23_900), Curve.REPORTED_WINDOW, 0),
        (Money("JPY", 26_800), Curve.STEP, 0),
        (Money("KWD", 10_005), Curve.LINEAR, 0),
        (Money("USD", 29_985), Curve.STEP, 1),
        (Money("USD", 29_985), Curve.LINEAR, 2),
        (Money("USD", 29_985), Curve.STEP, 3),
    ],
    ids=str,
)
def test_a_statement_with_real_terms_and_notes_is_one_page(fee, curve, beside, place, read):
    zone, locale = place
    if beside == len(BESIDE) and zone == "Asia/Kolkata":
        beside -= 1  # an outage over midnight on a clock of twelve hours leaves the notes less room
    (page,) = read(long_statement(fee, curve, extra=BESIDE[:beside], time_zone=zone, locale=locale))
    assert "…" not in page
    assert "Page 1 of 1" in page
    assert "Verification code" in page


def test_what_happened_tells_the_changes_each_on_a_line_with_its_share(read):
    (page,) = read(long_statement(Money("USD", 29_900)))
    happened = page[page.index("What happened") : page.index("What counted")]
    assert [re.findall(r"\d\d:\d\d", happened), re.findall(r"\d+%", happened)] == [
        ["02:00", "05:40", "07:00", "10:00", "11:30"],
        ["0%", "50%", "80%", "90%", "100%"],
    ]


def test_a_reader_elsewhere_has_figures_as_in_any_english_text(read):
    (page,) = read(long_statement(Money("EUR", 9_271_050), time_zone="Europe/Berlin", locale="de_DE"))
    assert "We are crediting EUR 9,271.05 to your account" in page
    assert not re.search(r"\d,\d\d\b|\d,\d+%", page)


def test_the_first_sentence_begins_with_your_store(read):
    (page,) = read(long_statement(Money("USD", 29_900)))
    assert "Your storefront was available 99.2939% of the month; we promised 99.95%." in page


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (part_month_statement(12, 23), "of the 12 days your contract ran in September 2023; we promised 99.95%."),
        (part_month_statement(19, 19), "of the 1 day your contract ran in September 2023; we promised 99.95%."),
        (
            part_month_statement(12, 23, period_start_ms=part_month_statement(12, 23).credits[0].period_start_ms + 1),
            "of the time your contract ran in September 2023; we promised 99.95%.",
        ),
    ],
    ids=["days", "one day", "not whole days"],
)
def test_a_contract_that_ran_for_part_of_the_month_is_measured_by_that_part(statement, said, read):
    (page,) = read(statement)
    assert said in page
    assert "of the month" not in page


def test_an_outage_is_told_as_one_although_an_hour_of_it_does_not_count(read):
    whole = long_statement(Money("USD", 29_900)).credits[0]
    lines = (
        line("09-19T02:00", "09-19T04:00", SHARE_FULL_PPM),
        line("09-19T04:00", "09-19T05:00", SHARE_FULL_PPM, LineStatus.EXCLUDED, reason="maintenance"),
        line("09-19T05:00", "09-19T11:30", 350_000),
    )
    (page,) = read(statement_for(replace(whole, lines=lines)))
    assert "Down from 02:00, half back at 05:40, whole at 11:30" in page
    assert "paler: not counted" in page


def test_a_method_that_counts_otherwise_than_reported_says_so_at_the_curve(read):
    (counted,) = read(long_statement(Money("USD", 29_900), Curve.ANY_IMPACT))
    (reported,) = read(long_statement(Money("USD", 29_900), Curve.STEP))
    assert "China Standard Time, as the accounting method counts it" in counted
    assert "as the accounting method counts it" not in reported


def test_a_loss_of_a_few_milliseconds_never_reads_as_all_or_nothing(read):
    steps = (ImpactStep(local("09-06T10:00"), local("09-06T10:05"), 7),)
    lines = (line("09-06T10:00", "09-06T10:05", 7),)
    credit = credit_for(Money("USD", 29_900), steps=steps, lines=lines, notes=(), target="1", tier_upper="1")
    (page,) = read(statement_for(credit))
    assert "Your Storefront was available 99.9999% of the month; we promised 100%." in page
    assert "0.0007% of the service was unavailable from 10:00 to 10:05" in page
    assert "43,200 minutes less 0.000… counted: 43,199.999… of 43,200 is 99.9999% available" in page


def test_a_japanese_name_is_printed_in_japanese_forms(fonts):
    statement = long_statement(Money("JPY", 26_800), name="月見陶器本舗", locale="ja", time_zone="Asia/Tokyo")
    reader = PdfReader(BytesIO(render_statement(statement, fonts_dir=fonts)))
    (page,) = reader.pages
    used = {font.get_object()["/BaseFont"].partition("+")[2] for font in page["/Resources"]["/Font"].values()}
    assert "SlaSansJP-400" in used
    assert "月見陶器本舗" in page.extract_text()


def renamed(statement, *names):
    """A partner's statement with other names of its first merchants."""
    first = (replace(told, name=name) for told, name in zip(statement.merchants, names, strict=False))
    return replace(statement, merchants=(*first, *statement.merchants[len(names) :]))


def test_a_merchant_whose_name_cannot_be_printed_is_listed_by_its_id_and_the_others_by_name(read):
    (page,) = read(renamed(partner_statement(6), "Chilli 🌶 Pantry", "Fine Shop", "\u200b"))
    assert "m-0 Storefront NC-2023-000417" in page
    assert "Fine Shop Storefront NC-2023-000418" in page
    assert "m-2 Storefront NC-2023-000419" in page
    assert not {"Chilli", "Pantry", "■"} & set(page.split())
    assert "listed by its number" in page


def test_a_partner_whose_merchants_all_have_names_reads_nothing_of_numbers(read):
    (page,) = read(partner_statement(6))
    assert "listed by its number" not in page


def test_a_partner_whose_own_name_cannot_be_printed_is_refused(fonts):
    statement = partner_statement(6)
    with pytest.raises(InvalidValueError, match="U\\+1F336"):
        render_statement(
            replace(statement, recipient=replace(statement.recipient, name="Chilli 🌶 Agency")), fonts_dir=fonts
        )


def test_another_process_with_another_hash_seed_makes_the_same_bytes(fonts):
    code = (
        "import sys, hashlib, pathlib; from tests.formats.statement_samples import *;"
        "from sla_service.formats.statement_pdf import render_statement as draw;"
        "made = [draw(s, fonts_dir=pathlib.Path(sys.argv[1])) for s in (partner_statement(9), linear_statement())];"
        "print(hashlib.sha256(b''.join(made)).hexdigest())"
    )
    here = [render_statement(s, fonts_dir=fonts) for s in (partner_statement(9), linear_statement())]
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", code, str(fonts)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
        ).stdout.strip()
        assert told == hashlib.sha256(b"".join(here)).hexdigest()


@pytest.mark.parametrize("name", sorted(every_credit()))
def test_every_way_to_pay_is_one_page_with_its_ladder(name, read):
    credit = every_credit()[name]
    statement = statement_for(credit)
    (page,) = read(statement)
    rungs = ladder(credit, words_for(statement))
    for rung in rungs:
        assert " ".join(rung.words.split()) in page
    assert total(credit, words_for(statement)) in page
    # Digits may be cut, words never.
    assert page.count("…") == sum(f"{rung.words}{rung.amount}".count("…") for rung in rungs)
    assert "Verification code" in page


def test_service_time_has_no_amount_of_money(read):
    (page,) = read(statement_for(every_credit()["service time"]))
    for said in (
        "We are adding 2 days to your term for September 2023.",
        "The time is added at the end of your term, free of charge; you need not do anything.",
        "Service time 43,200 minutes less 220 counted",
        "At most 2 days: applied 2 days",
        "Credit 2 days",
        "Added at the end of the term.",
    ):
        assert said in page
    assert "USD" not in page
    assert "does not expire" not in page


def test_a_period_that_is_no_month_is_told_by_its_days(read):
    (page,) = read(statement_for(every_credit()["a week"]))
    assert "We are crediting USD 74.75 to your account for 4 September 2023 to 10 September 2023." in page
    assert "Counted from 4 September 2023 to 10 September 2023 180" in page
    assert "of the month" not in page
    assert "for September 2023" not in page


def test_weeks_of_one_service_are_told_apart(read):
    week = every_credit()["a week"]
    later = replace(
        week, period_start_ms=week.period_end_ms, period_end_ms=2 * week.period_end_ms - week.period_start_ms
    )
    first, second = read(statement_for(week, later))
    assert "storefront (4 Sept to 10 Sept) USD 74.75 and storefront (11 Sept to 17 Sept) USD 74.75" in first
    assert "for periods that ended in September 2023" in first
    assert "storefront Storefront Plus, 11 Sept to 17 Sept" in second


def test_a_quarter_s_strip_names_its_months_and_not_every_day(read):
    (page,) = read(statement_for(every_credit()["ten times the fee"]))
    assert "1 Jul 1 Aug 1 Sept" in page
    assert "28 29 30" not in page


def test_requests_have_no_table_of_minutes_and_no_picture(read):
    (page,) = read(statement_for(every_credit()["requests"]))
    assert "Requests served well below the promise" in page
    assert "What counted" not in page
    assert "interruption" not in page
    assert "Of the requests to your api in September 2023, 99.6399% were served well; we promised 99.95%." in page


def test_a_metric_is_told_in_its_own_unit(read):
    (page,) = read(statement_for(every_credit()["a metric"]))
    assert "Measured: latency" in page
    assert "at most 200 ms" in page
    assert "%" not in page.replace("10% of the fee", "")
    assert "We are sorry that it was not as good as we promised." in page


def test_what_nobody_promised_was_not_missed(read):
    (page,) = read(statement_for(every_credit()["bands"]))
    assert "below the promise" not in page
    assert "Availability promised" in page
    assert "none" in page


def test_a_decision_is_told_with_the_name_of_who_decided(read):
    (page,) = read(statement_for(every_credit()["a decision"]))
    assert "Your contract gives no single answer for this case, so a person decided it." in page
    assert "Decided by ann on behalf of Northlight Commerce: The contract is silent on double outages" in page


def test_rights_claim_expiry_and_group_are_said(read):
    (page,) = read(statement_for(every_credit()["with rights"]))
    for said in (
        "You may also terminate your contract for storefront because of this.",
        "The credit was claimed in time; claims were possible until 30 October 2023.",
        "Unused credit expires on 2 November 2023.",
        "What is not used up by the end of the term is paid out.",
        "Of the credits that the policies of the group “platform” give for one month, only the largest is paid.",
    ):
        assert said in page


def test_how_time_was_rounded_stands_under_what_counted(read):
    (page,) = read(statement_for(every_credit()["rounded"]))
    assert "Counted in September 2023 420 Every interruption is rounded up to whole multiples of 1 hour." in page


def test_a_partner_s_service_time_has_a_table_of_its_own(read):
    lines = partner_statement(2).merchants
    timed = replace(lines[0], amount=Money("USD", 0), service_ms=2 * DAY_MS, availability="", target="")
    (page,) = read(replace(partner_statement(2), merchants=(timed, lines[1])))
    assert "Your merchants are being credited JPY 301 and given 2 days of service time for September 2023." in page
    assert "Merchant Service Statement Availability Promised Service time" in page
    assert "Credit (USD)" not in page
