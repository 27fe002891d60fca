"""A merchant's pages: the answer first, the proof below, and never anybody else's."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

from sla_service.db.engine import reading, writing
from sla_service.db.statements import list_party_statements
from sla_service.db.tables import StatementDocumentRecord
from sla_service.domain.instants import DAY_MS, parse_instant
from sla_service.usecases.portal_links import LINK_DAYS
from tests.web import seed


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def number_of(site, kind: str, party_id: str) -> str:
    with reading(site.engine) as session:
        return list_party_statements(session, kind, party_id)[0].number


def test_the_title_answers_the_question(settled):
    page = settled.page(seed.LUMEN, "months/2023-09")
    assert "<h1>September 2023: your store was available 99.2939% of the time</h1>" in page
    assert "<title>September 2023: your store was available 99.2939% of the time</title>" in page


def test_three_figures_come_first_and_what_is_overspent_is_said_in_words(settled_lite):
    said = words_of(settled_lite.page(seed.LUMEN, "months/2023-09"))
    assert "Promised 99.95%" in said
    assert "Measured 99.2939% below the promise" in said
    assert "Error budget left 0 min 21.6 allowed, overspent by 283.4 minutes" in said
    assert said.index("Error budget left") < said.index("What happened")


def test_the_incidents_stand_in_the_stores_own_time_with_what_counted_and_why_not(settled):
    said = words_of(settled.page(seed.LUMEN, "months/2023-09"))
    assert "Platform outage 19 Sept 02:00 19 Sept 11:30 570 53.5% 305" in said
    assert "Not counted because it was maintenance, announced in time" in said
    assert "Not counted because it was shorter than the 5 minutes" in said
    assert "Times are China Standard Time" in said
    berlin = words_of(settled.page(seed.KIEL, "months/2023-09"))
    assert "Platform outage 18 Sept 20:00 19 Sept 05:30" in berlin
    assert "Times are Central European Summer Time" in berlin


def test_a_credit_can_be_computed_again_with_a_pocket_calculator(settled_lite):
    said = words_of(settled_lite.page(seed.KIEL, "months/2023-09"))
    assert "43,200 minutes less 320 counted: 42,880 of 43,200 is 99.2592% available" in said
    assert "Monthly fee for storefront 99.95" in said
    assert "10% of the fee (4.2 (a)) 9.995" in said
    assert "a half upwards, from 9.995 10.00" in said
    assert "The credit is taken off your next invoice" in said


def test_several_services_are_told_apart_and_the_broken_promise_first(settled_lite):
    said = words_of(settled_lite.page(seed.KIEL, "months/2023-09"))
    assert "September 2023: 1 of our 2 promises to you was not kept" in said
    assert said.index("Storefront: available 99.2592%") < said.index("Payments: available 100%")


def test_the_month_that_runs_is_an_estimate_and_says_so(settled_lite):
    settled_lite.now_ms = parse_instant("2023-10-01T08:00+08:00")
    said = words_of(settled_lite.page(seed.LUMEN))
    assert "October 2023 so far: your store has been available 100% of the time" in said
    assert "Estimate The month is not over: these are the figures until 1 October 2023, 08:00." in said
    assert "Error budget left 22.32 min" in said


def test_a_month_that_is_over_but_not_settled_is_an_estimate(settled_lite):
    said = words_of(settled_lite.page(seed.LUMEN, "months/2023-08"))
    assert "Estimate The month is over, but not settled yet" in said


def test_nothing_yet_says_what_will_appear(settled_lite):
    said = words_of(settled_lite.page(seed.NEW))
    assert "October 2023: you had no contract with us" in said
    assert "appear here for every month in which you have one" in said
    assert "None yet. Once a month is over it is listed here" in said


def test_past_months_are_listed_with_availability_and_credit(settled):
    said = words_of(settled.page(seed.LUMEN))
    assert "September 2023 99.2939% 99.95% USD 29.90" in said
    assert "August 2023 not settled yet" in said


@pytest.mark.parametrize("period", ["2023-11", "2099-01", "1999-12", "2023-13", "september", "2023-9", "..%2f"])
def test_a_month_that_cannot_be_shown_is_not_found(settled_lite, period):
    response = settled_lite.client.get(f"/portal/{settled_lite.token(seed.LUMEN)}/months/{period}")
    assert response.status_code == 404
    assert response.mimetype == "text/html"


def test_what_a_merchant_is_called_is_never_read_as_mark_up(settled_lite):
    page = settled_lite.page(seed.LUMEN, "months/2023-09")
    assert "Lumen &amp; Loom &lt;Home&gt;" in page
    assert "<Home>" not in page


@pytest.mark.parametrize(("own", "other"), [(seed.LUMEN, seed.KIEL), (seed.KIEL, seed.LUMEN)])
def test_no_page_of_a_link_says_anything_of_another_merchant(settled, own, other):
    secrets = {
        seed.KIEL: (seed.KIEL, seed.KIEL_NAME, "kontor@", "Slow checkout in Europe", "EUR"),
        seed.LUMEN: (seed.LUMEN, "Lumen", "finance@", "Pages slow", "USD"),
    }
    numbers = (number_of(settled, "merchant", other), number_of(settled, "partner", "P-1"))
    for path in ("", "months/2023-07", "months/2023-08", "months/2023-09", "months/2023-10"):
        page = settled.page(own, path)
        for secret in (*secrets[other], *numbers):
            assert secret not in page


def test_a_statement_is_the_stored_document(settled):
    number = number_of(settled, "merchant", seed.LUMEN)
    address = f"/portal/{settled.token(seed.LUMEN)}/statements/{number}.pdf"
    first = settled.client.get(address)
    assert (first.status_code, first.mimetype) == (200, "application/pdf")
    assert first.headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    assert first.headers["Cache-Control"] == "no-store"
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(first.data)).pages)
    assert number in text
    assert settled.client.get(address).data == first.data


def test_a_statement_that_cannot_be_printed_is_not_offered_and_the_credit_stands(lite):
    seed.load_evidence(lite.engine)
    seed.issue(lite.engine)
    number = number_of(lite, "merchant", seed.LUMEN)
    with writing(lite.engine) as session:
        session.add(StatementDocumentRecord(number=number, parked_reason="a character that no font has"))
    page = lite.page(seed.LUMEN, "months/2023-09")
    assert "Download the statement" not in page
    assert "The credit is yours all the same" in words_of(page)


def test_another_merchants_statement_looks_like_one_that_never_was(settled):
    token = settled.token(seed.LUMEN)
    answers = {
        settled.client.get(f"/portal/{token}/statements/{number}.pdf").data
        for number in (
            number_of(settled, "merchant", seed.KIEL),
            number_of(settled, "partner", "P-1"),
            "SCM-2023-09-9999999",
            "nonsense",
            "%00",
        )
    }
    assert len(answers) == 1
    response = settled.client.get(f"/portal/{token}/statements/{number_of(settled, 'merchant', seed.KIEL)}.pdf")
    assert response.status_code == 404
    assert b"There is nothing here" in response.data


def altered(token: str) -> list[str]:
    payload, dot, signature = token.rpartition(".")
    other = "B" if payload[3] != "B" else "C"
    return [
        payload[:3] + other + payload[4:] + dot + signature,
        payload + dot + signature[:-2] + ("AA" if signature[-2:] != "AA" else "BB"),
        payload,
        token[:-1],
        "nonsense",
        "x" * 5_000,
        "%00",
        "é",
    ]


@pytest.mark.parametrize("path", ["", "months/2023-09", "statements/SCM-2023-09-0000001.pdf"])
def test_an_altered_link_opens_nothing(settled_lite, path):
    for token in altered(settled_lite.token(seed.LUMEN)):
        response = settled_lite.client.get(f"/portal/{token}/{path}")
        said = response.get_data(as_text=True)
        assert response.status_code == 403
        assert "This link does not work" in said
        assert "Lumen" not in said
        assert "99." not in said


def test_a_link_signed_with_another_secret_opens_nothing(settled_lite):
    from sla_service.usecases.portal_links import sign_portal_link

    token = sign_portal_link("t" * 40, seed.LUMEN, now_ms=seed.NOW_MS)
    assert settled_lite.client.get(f"/portal/{token}/").status_code == 403


def test_a_link_works_until_the_instant_it_expires(settled_lite):
    token = settled_lite.token(seed.LUMEN)
    settled_lite.now_ms = seed.NOW_MS + LINK_DAYS * DAY_MS - 1
    assert settled_lite.client.get(f"/portal/{token}/").status_code == 200
    settled_lite.now_ms += 1
    response = settled_lite.client.get(f"/portal/{token}/")
    assert response.status_code == 403
    assert "This link has expired" in response.get_data(as_text=True)
    assert "Lumen" not in response.get_data(as_text=True)


def test_a_link_of_a_merchant_that_is_gone_shows_nothing(settled_lite):
    response = settled_lite.client.get(f"/portal/{settled_lite.token('M-GONE')}/")
    assert response.status_code == 404
    assert "M-GONE" not in response.get_data(as_text=True)


def test_no_page_has_a_script_or_inline_style(settled_lite):
    for path in ("", "months/2023-09"):
        page = settled_lite.page(seed.LUMEN, path)
        assert "<script" not in page
        assert "<style" not in page
        assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_accent_is_the_installations_own(settled_lite):
    response = settled_lite.client.get("/accent.css")
    assert response.mimetype == "text/css"
    assert "#0b5563" in response.get_data(as_text=True)
    assert "public" in response.headers["Cache-Control"]
