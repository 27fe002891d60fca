"""The mail says what the statement says, kindly; and nobody's name can change whom it goes to or what it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money
from sla_service.formats.statement_email import parse_sender, render_email
from tests.formats.credit_samples import every_credit
from tests.formats.statement_samples import (
    ISSUER,
    STORE,
    credit_for,
    partner_statement,
    several_statement,
    statement_for,
    worked_statement,
)

PDF = b"%PDF-1.4\r\n" + bytes(range(256)) * 9 + b"\n.\r\n..\r--=_0_"
MESSAGE_ID = "<nc-2023-000417.0123456789abcdef0123@northlight.example>"
LINK = "https://status.northlight.example/portal/eyJtIjoi&x=1/"
MARKS = re.compile(r"<[^>]+>|\s+")


def render(statement, **changes):
    values = {"pdf": PDF, "message_id": MESSAGE_ID, "sender": ISSUER.contact_email, "portal_link": LINK, **changes}
    return render_email(statement, **values)


def read(message):
    return message_from_bytes(message, policy=default)


def text_of(message):
    return read(message).get_body(("plain",)).get_content().replace("\r\n", "\n")


def words_of_html(message):
    html = read(message).get_body(("html",)).get_content()
    words = " ".join(unescape(MARKS.sub(" ", html.partition("<body")[2].partition(">")[2])).split())
    return words.replace(" :", ":").replace(" .", ".")


def test_the_whole_text_of_a_merchants_mail():
    assert (
        text_of(render(worked_statement()))
        == """\
We are crediting USD 29.90 to your account for September 2023.

Storefront was available 99.2939% of the month; we promised 99.95%.

We are sorry that it was not there when your customers needed it.

The credit is taken off your next invoice; you need not do anything.

Statement NC-2023-000417 is attached. It shows every incident, what
counted and what did not, and how the amount is made, so that you can
check it line by line.

Your availability, your incidents and all your statements:
https://status.northlight.example/portal/eyJtIjoi&x=1/
The link opens your pages without a password, for a limited time; please
keep it to yourself.

Does a line look wrong to you, or is something unclear? Please tell us
by 2 November 2023: reply to this mail, or write to
sla@northlight.example.

Northlight Commerce

--\x20
Service credit statement NC-2023-000417, issued 3 October 2023, for
Lumen & Loom Home Textiles
"""
    )


def test_the_whole_text_of_a_partners_mail():
    assert (
        text_of(render(partner_statement(5), portal_link=None))
        == """\
Your merchants are being credited JPY 605, KWD 10.002 and USD 59.83 for
September 2023.

For 5 of your merchants we fell short of our promise; their own
statements have the same amounts.

We are sorry that their stores were not there when their customers
needed them.

Each merchant receives the credit as its own statement says; you need
not do anything.

Statement NC-2023-P00007 is attached, with a line for each merchant and
the number of its own statement.

Does a line look wrong to you, or is something unclear? Please tell us
by 2 November 2023: reply to this mail, or write to
sla@northlight.example.

Northlight Commerce

--\x20
Service credit statement NC-2023-P00007, issued 3 October 2023, for
Brightside Store Agency
"""
    )


def test_several_services_have_a_sentence_each_and_one_apology():
    text = text_of(render(several_statement()))
    assert "USD 12.35: Checkout was available 99.8958% of the month" in text
    assert "USD 8.00: Search was available" in text
    assert "voucher" in text
    assert text.count("sorry") == 1


@pytest.mark.parametrize(
    "statement",
    [
        worked_statement(),
        several_statement(),
        partner_statement(),
        statement_for(every_credit()["with rights"], every_credit()["service time"]),
    ],
)
def test_text_and_html_say_the_same(statement):
    message = render(statement)
    text = " ".join(text_of(message).split())
    for sentence in re.split(r"(?<=[.:;])\s", words_of_html(message)):
        if not sentence.startswith(("Northlight Commerce", "Your ")):
            assert sentence in text


@pytest.mark.parametrize(
    ("statement", "subject"),
    [
        (worked_statement(), "Service credit statement for September 2023: USD 29.90"),
        (partner_statement(5), "Service credit statement for September 2023: JPY 605, KWD 10.002 and USD 59.83"),
        (statement_for(), "Service credit statement for September 2023"),
        (
            statement_for(credit_for(Money("JPY", 12_345_670))),
            "Service credit statement for September 2023: JPY 1,234,567",
        ),
    ],
)
def test_the_subject_is_the_answer(statement, subject):
    assert read(render(statement))["Subject"] == subject


def test_service_time_is_told_where_there_is_no_money():
    message = render(statement_for(every_credit()["service time"]))
    text = text_of(message)
    assert text.startswith("We are adding 2 days to your term for September 2023.")
    assert "USD" not in text
    assert read(message)["Subject"] == "Service credit statement for September 2023: 2 days"


def test_rights_stand_beside_what_gives_them():
    text = " ".join(text_of(render(statement_for(every_credit()["with rights"]))).split())
    assert "we promised 99.95%. You may also terminate your contract for storefront because of this." in text


def test_a_week_is_told_by_its_days():
    message = render(statement_for(every_credit()["a week"]))
    days = "4 September 2023 to 10 September 2023"
    assert read(message)["Subject"] == f"Service credit statement for {days}: USD 74.75"
    text = " ".join(text_of(message).split())
    assert f"storefront was available 98.2142% of the time from {days}; we promised 99.95%." in text


def test_headers():
    mail = read(render(worked_statement()))
    assert mail["Date"] == "Tue, 03 Oct 2023 16:15:00 +0800"
    assert mail["From"] == "Northlight Commerce <sla@northlight.example>"
    assert mail["To"] == "Lumen & Loom Home Textiles <finance@lumenloom.example>"
    assert mail["Message-ID"] == MESSAGE_ID
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail.get_all("MIME-Version") == ["1.0"]
    assert mail["Reply-To"] is None


def test_questions_go_to_the_contact_where_another_address_sends():
    mail = read(render(worked_statement(), sender="Northlight mail <no-reply@northlight.example>"))
    assert mail["From"] == "Northlight mail <no-reply@northlight.example>"
    assert mail["Reply-To"] == "Northlight Commerce <sla@northlight.example>"


def test_the_document_is_attached_byte_for_byte():
    (attached,) = read(render(worked_statement())).iter_attachments()
    assert attached.get_content() == PDF
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "service-credit-statement-NC-2023-000417.pdf"


def test_the_structure_is_a_choice_of_two_texts_and_a_file():
    types = [part.get_content_type() for part in read(render(worked_statement())).walk()]
    assert types == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"]


def test_the_same_statement_gives_the_same_bytes_in_another_process_zone_and_locale():
    code = (
        "import hashlib; from tests.formats.test_statement_email import render, worked_statement;"
        "print(hashlib.sha256(render(worked_statement())).hexdigest())"
    )
    root = Path(__file__).parents[2]
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), **changed},
            check=True,
            capture_output=True,
        ).stdout
        for changed in (
            {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1", "LC_ALL": "C"},
            {"TZ": "America/Lima", "PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8"},
        )
    }
    assert len(said) == 1


def test_boundaries_hang_on_the_message_id():
    one, other = (read(render(worked_statement(), message_id=f"<{i}@x.example>")).get_boundary() for i in "12")
    assert one != other


NASTY = [
    "Evil\r\nBcc: everybody@example.com",
    "Evil\nSubject: other\n\nbody",
    'Ltd" <other@example.com>, "',
    'Ltd" <other@example.com>, ' * 9,
    "back\\slash\\",
    "=?utf-8?q?encoded=0d=0aBcc:_x=40example.com?=",
    "小熊茶舍" * 75,
    "Ünïcode, Ltd. <x@example.com>",
    "a" * 300,
    "zero\x00byte\x7f\u2028line\u202eoverride",
    "<b>bold</b> & {{ amount }} {% raw %}",
    "🧸 bear",
    "",
]


@pytest.mark.parametrize("name", NASTY)
def test_no_name_changes_who_gets_the_mail_or_what_it_is(name):
    statement = worked_statement(name=name)
    statement = replace(statement, issuer=replace(ISSUER, name=name))
    message = render(statement, sender="no-reply@northlight.example")
    mail, plain = read(message), read(render(worked_statement(), sender="no-reply@northlight.example"))
    assert [address.addr_spec for address in mail["To"].addresses] == [STORE.email]
    assert [address.addr_spec for address in mail["From"].addresses] == ["no-reply@northlight.example"]
    assert [address.addr_spec for address in mail["Reply-To"].addresses] == [ISSUER.contact_email]
    assert mail.keys() == plain.keys()
    assert mail["Subject"] == plain["Subject"]
    assert mail.defects == []
    assert [part.get_content_type() for part in mail.walk()] == [part.get_content_type() for part in plain.walk()]


@pytest.mark.parametrize("name", ["小熊茶舍", 'O"Neil, Sons & Co.', "Ünïcode, Ltd.", "🧸 bear", "back\\slash"])
def test_a_name_arrives_as_it_is(name):
    mail = read(render(worked_statement(name=name)))
    assert mail["To"].addresses[0].display_name == name
    assert f"for {name}" in " ".join(text_of(render(worked_statement(name=name))).split())


def test_a_name_is_escaped_in_html():
    html = read(render(worked_statement(name="<script>&"))).get_body(("html",)).get_content()
    assert "&lt;script&gt;&amp;" in html
    assert "<script>" not in html


@settings(deadline=None)  # the first example loads the templates
@given(st.text(max_size=350))
def test_no_text_at_all_breaks_the_header(name):
    message = render(worked_statement(name=name))
    head = message.partition(b"\r\n\r\n")[0]
    assert [address.addr_spec for address in read(message)["To"].addresses] == [STORE.email]
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert head.isascii()
    assert b"\n" not in head.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example\r\nBcc: b@x.example",
        "a@x.example, b@x.example",
        "a b@x.example",
        "",
        "a@",
        "@x",
        "a" * 250 + "@x.ex",
    ],
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(InvalidValueError, match="write one address"):
        render(worked_statement(email=address))
    with pytest.raises(InvalidValueError, match="write one address"):
        parse_sender(address)


def test_an_address_beyond_ascii_stands_as_it_is():
    message = render(worked_statement(email="用户@例子.example"))
    assert "<用户@例子.example>".encode() in message


@pytest.mark.parametrize("accent", ["red;background:url(https://x.example)", '"><script>', ""])
def test_a_colour_that_is_none_is_ink(accent):
    statement = replace(worked_statement(), issuer=replace(ISSUER, accent=accent))
    html = read(render(statement)).get_body(("html",)).get_content()
    assert "x.example" not in html.replace("northlight.example", "").replace("lumenloom.example", "")
    assert "3px solid #1a1c1f" in html


def test_nothing_is_fetched_from_outside():
    html = read(render(worked_statement())).get_body(("html",)).get_content()
    assert re.findall(r"(?:src|url|href)\s*[=(]\s*\"?([^\">)]*)", html) == [
        LINK.replace("&", "&amp;"),
        "mailto:sla@northlight.example",
    ]


def test_every_line_ends_as_mail_lines_do():
    message = render(worked_statement())
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", message) is None
    assert message.endswith(b"\r\n")
    assert max(map(len, message.split(b"\r\n"))) <= 998
