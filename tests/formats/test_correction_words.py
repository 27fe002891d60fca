"""Corrections and voids on paper and by mail: which statement they are about, and the difference, before all else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pypdf import PdfReader

from sla_service.domain.money import Money
from sla_service.domain.stated_terms import Before
from sla_service.domain.statements import StatementKind
from sla_service.formats.statement_email import render_email
from sla_service.formats.statement_pdf import render_statement
from sla_service.formats.texts import correction_words, load_texts
from sla_service.formats.texts.conventions import conventions_for
from sla_service.formats.texts.credit_words import Words
from tests.formats import statement_samples as samples

FIRST = "SCM-2023-09-0000001"
WORDS = Words(load_texts(), conventions_for("en", "UTC", "en"))


def a_correction(before, now, *, stated=None, **more):
    """A statement that corrects one credit, in cents."""
    statement = samples.worked_statement()
    (credit,) = statement.credits
    said = Before(before, now - before if stated is None else stated)
    amount = Money(credit.amount.currency, now)
    return replace(statement, corrects=FIRST, credits=(replace(credit, amount=amount, before=said, **more),))


def a_void(taken, kept=0, reason="Sent in error"):
    return replace(a_correction(taken + kept, kept, stated=-taken), void_reason=reason)


@pytest.mark.parametrize(
    ("statement", "answer", "first"),
    [
        (
            a_correction(29_90, 59_80),
            "We are crediting USD 29.90 more to your account for September 2023.",
            f"This corrects statement {FIRST}: you were credited USD 29.90, it should have been USD 59.80; we credit "
            f"the difference of USD 29.90.",
        ),
        (
            a_correction(59_80, 29_90),
            "We are taking back USD 29.90 that was credited too much for September 2023.",
            f"This corrects statement {FIRST}: you were credited USD 59.80, it should have been USD 29.90; we take "
            f"back the difference of USD 29.90.",
        ),
        (
            a_correction(29_90, 0),
            "We are taking back USD 29.90 that was credited too much for September 2023.",
            f"This corrects statement {FIRST}: you were credited USD 29.90, it should have been nothing; we take back "
            f"the difference of USD 29.90.",
        ),
        (
            a_correction(0, 29_90),
            "We are crediting USD 29.90 more to your account for September 2023.",
            f"This corrects statement {FIRST}: nothing is credited so far, it should have been USD 29.90; we credit "
            f"the difference of USD 29.90.",
        ),
        (
            a_void(19_90, kept=10_00, reason="Sent in error."),
            f"Statement {FIRST} for September 2023 is void: please set it aside.",
            f"Statement {FIRST} should not have been sent to you, for this reason: Sent in error.",
        ),
    ],
    ids=["more", "less", "nothing any more", "nothing before", "void"],
)
def test_the_first_sentences(statement, answer, first):
    assert correction_words.answer(statement, WORDS) == answer
    assert correction_words.explained(statement, WORDS)[0] == first


def test_time_of_service_is_told_as_money_is():
    statement = a_correction(0, 0, service_ms=3 * 86_400_000)
    (credit,) = statement.credits
    statement = replace(statement, credits=(replace(credit, before=Before(0, 0, 86_400_000, 2 * 86_400_000)),))
    assert correction_words.explained(statement, WORDS) == [
        f"This corrects statement {FIRST}: you were credited 1 day of service, it should have been 3 days of service; "
        f"we credit the difference of 2 days of service."
    ]


def test_a_contract_that_is_gone_is_named():
    gone = a_correction(29_90, 0, total_ms=0, bad_ppm_ms=0)
    assert "there is no contract in September 2023 any more" in correction_words.explained(gone, WORDS)[1]


def test_what_is_left_of_a_void_is_told():
    said = correction_words.explained(a_void(19_90, kept=10_00), WORDS)
    assert said[1:3] == [
        "We take back what it credited, as far as you had not used it: USD 19.90.",
        "You keep USD 10.00 for September 2023.",
    ]


@pytest.fixture(scope="session")
def read(fonts_dir, tmp_path_factory):
    def text_of(statement):
        path = tmp_path_factory.mktemp("pdf") / "one.pdf"
        path.write_bytes(render_statement(statement, fonts_dir=fonts_dir))
        return [" ".join(page.extract_text().split()) for page in PdfReader(path).pages]

    return text_of


def test_a_correction_is_drawn_with_its_account_and_the_difference_below(read):
    (page,) = read(a_correction(29_90, 59_80))
    assert "Service credit correction" in page
    assert page.index("This corrects statement") < page.index("How the amount is made")
    assert "Credited before 29.90 Credited now, the difference 29.90" in page


def test_a_void_has_no_account_of_an_outage(read):
    (page,) = read(a_void(29_90))
    assert "Void of a service credit statement" in page
    assert "How the amount is made" not in page
    assert "Verification code" in page


def test_a_contract_that_is_gone_has_no_figures(read):
    (page,) = read(a_correction(29_90, 0, total_ms=0, bad_ppm_ms=0, lines=(), steps=(), incidents=()))
    assert "Availability measured" not in page


def test_a_partner_s_correction_lists_differences_with_their_sign(read):
    partner = samples.partner_statement(3)
    lines = tuple(replace(line, amount=Money(line.amount.currency, -line.amount.minor)) for line in partner.merchants)
    (page,) = read(replace(partner, corrects="SCP-2023-09-0000001", merchants=lines))
    assert "is taken back" in page
    assert "−" in page


def mail_of(statement):
    return render_email(
        statement, pdf=b"%PDF", message_id="<a@b.example>", sender="sla@northlight.example", portal_link=None
    ).decode()


def test_the_mail_of_a_correction_names_the_difference_in_its_subject():
    said = mail_of(a_correction(29_90, 59_80))
    assert "Subject: Service credit correction for September 2023: USD 29.90\r\n" in said
    assert "we credit the" in said


def test_the_mail_of_a_void_does_not_promise_an_account_of_every_incident():
    said = mail_of(a_void(29_90))
    assert "Subject: Void of a service credit statement for September 2023: USD 29.90\r\n less" in said
    assert "This notice is attached as" in said
    assert "It shows every incident" not in said


def test_every_kind_of_partner_s_answer():
    partner = replace(samples.partner_statement(3), corrects="SCP-2023-09-0000001", merchants=())
    assert partner.kind is StatementKind.PARTNER
    assert (
        correction_words.answer(partner, WORDS)
        == "In total your merchants' credits for September 2023 stay as they are."
    )
