"""What the sender says became of a message agrees with what the server has, wherever either of them fails."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess

import pytest
from aiosmtpd.smtp import AuthResult

from sla_service.domain.errors import MissingSettingsError
from sla_service.mail import Outcome, open_smtp
from tests.mail.smtp_servers import (
    DROP,
    GARBAGE,
    HANG,
    LATER,
    NEVER,
    PATIENT,
    SHORT,
    STALL,
    STEPS,
    Fault,
    faulty_server,
    good_server,
    settings_for,
)

FROM, TO = "sla@northlight.example", "finance@lumenloom.example"
PASSWORD = "secret"
MESSAGE = b"Subject: a statement\r\nMessage-ID: <1@x.example>\r\n\r\n.\r\n..\r\n.leading dot\r\nFrom here\r\nend\r\n"
LARGE = b"Subject: large\r\n\r\n" + (b"0123456789abcdef" * 60 + b"\r\n") * 17_000
"""More than the buffers of two sockets hold, so that a stop in the middle is noticed in the middle."""
NOT_SENT, DEFERRED, REFUSED = Outcome.NOT_SENT, Outcome.DEFERRED, Outcome.REFUSED
ACCEPTED, UNCERTAIN = Outcome.ACCEPTED, Outcome.UNCERTAIN


def send_once(server, message=MESSAGE, *, timeouts=SHORT):
    with open_smtp(settings_for(server.port), timeouts=timeouts) as smtp:
        return smtp.send(FROM, TO, message)


def test_a_real_server_receives_the_very_bytes_once():
    with good_server() as (port, mails), open_smtp(settings_for(port), timeouts=PATIENT) as smtp:
        receipts = [smtp.send(FROM, recipient, MESSAGE) for recipient in ("a@x.example", "b@x.example")]
    assert [receipt.outcome for receipt in receipts] == [ACCEPTED, ACCEPTED]
    assert receipts[0].answer == "250 2.0.0 taken"
    assert [(mail.sender, mail.recipient, mail.content) for mail in mails] == [
        (FROM, "a@x.example", MESSAGE),
        (FROM, "b@x.example", MESSAGE),
    ]


def test_a_refused_recipient_does_not_spoil_the_connection_for_the_next():
    with (
        good_server(refused={"gone@x.example"}) as (port, mails),
        open_smtp(settings_for(port), timeouts=PATIENT) as smtp,
    ):
        refused = smtp.send(FROM, "gone@x.example", MESSAGE)
        accepted = smtp.send(FROM, TO, MESSAGE)
    assert (refused.outcome, refused.answer) == (REFUSED, "550 5.1.1 no such user here")
    assert accepted.outcome is ACCEPTED
    assert [mail.recipient for mail in mails] == [TO]


EXPECTED = {
    **{(step, action): NOT_SENT for step in STEPS[:6] for action in (DROP, HANG)},
    **{(step, GARBAGE): NOT_SENT for step in STEPS[1:6]},
    **{(step, action): NOT_SENT for step in ("greeting", "ehlo") for action in (LATER, NEVER)},
    ("mail", LATER): DEFERRED,
    ("mail", NEVER): NOT_SENT,  # it is our sender that is refused: the operator's to mend
    ("rcpt", LATER): DEFERRED,
    ("rcpt", NEVER): REFUSED,
    ("data", LATER): DEFERRED,
    ("data", NEVER): REFUSED,
    ("dot", DROP): UNCERTAIN,
    ("dot", HANG): UNCERTAIN,
    ("dot", GARBAGE): UNCERTAIN,
    ("dot", LATER): DEFERRED,
    ("dot", NEVER): REFUSED,
    ("kept", DROP): UNCERTAIN,
    ("kept", HANG): UNCERTAIN,
    ("kept", GARBAGE): UNCERTAIN,
    ("after", DROP): ACCEPTED,
    ("after", HANG): ACCEPTED,
}


@pytest.mark.parametrize(("fault", "outcome"), EXPECTED.items(), ids=map("-".join, EXPECTED))
def test_each_fault_has_its_outcome(fault, outcome):
    with faulty_server(Fault(*fault)) as server:
        receipt = send_once(server)
    assert receipt.outcome is outcome
    assert receipt.answer
    assert len(server.mails) == (1 if fault[0] in ("kept", "after") else 0)


@pytest.mark.parametrize("fault", [fault for fault in EXPECTED if fault[0] != "after"], ids="-".join)
def test_after_each_fault_the_next_message_is_accepted(fault):
    with faulty_server(Fault(*fault)) as server, open_smtp(settings_for(server.port), timeouts=SHORT) as smtp:
        smtp.send(FROM, TO, MESSAGE)
        server.faults.clear()
        fault_of_old_connection = smtp.send(FROM, "next@x.example", MESSAGE)
        # A connection that goes on after its fault fails at the same step again; a new one does not.
        if fault_of_old_connection.outcome is not ACCEPTED:
            smtp.close()
            assert smtp.send(FROM, "next@x.example", MESSAGE).outcome is ACCEPTED
    assert [mail.recipient for mail in server.mails if mail.recipient != TO] == ["next@x.example"]
    assert server.mails[-1].content == MESSAGE


def test_a_connection_that_died_after_the_last_message_is_worth_a_new_one():
    with faulty_server(Fault("after", DROP)) as server, open_smtp(settings_for(server.port), timeouts=SHORT) as smtp:
        outcomes = [smtp.send(FROM, TO, MESSAGE) for _ in range(3)]
    assert [receipt.outcome for receipt in outcomes] == [ACCEPTED, NOT_SENT, ACCEPTED]
    assert outcomes[1].may_retry_now
    assert len(server.mails) == 2


@pytest.mark.parametrize("action", [DROP, STALL])
def test_a_stop_in_the_middle_of_a_large_message_is_certainly_not_sent(action):
    with faulty_server(Fault("body", action)) as server:
        receipt = send_once(server, LARGE)
    assert receipt.outcome is NOT_SENT
    assert receipt.may_retry_now
    assert server.mails == []


def test_a_stop_in_the_middle_of_a_small_message_is_never_taken_for_sent():
    with faulty_server(Fault("body", DROP)) as server:
        receipt = send_once(server)
    assert receipt.outcome in (NOT_SENT, UNCERTAIN)
    assert server.mails == []


def whole_talk():
    with faulty_server() as server:
        assert send_once(server, timeouts=PATIENT).outcome is ACCEPTED
    return server.bytes_in, server.bytes_out


def agrees(receipt, server):
    """What is said to be sent is there, and what is said not to be sent is not; doubt is allowed."""
    if receipt.outcome is ACCEPTED:
        return [mail.content for mail in server.mails] == [MESSAGE]
    return receipt.outcome is UNCERTAIN or not server.mails


def test_a_link_cut_after_every_byte_from_us_is_told_truly():
    said = {}
    for count in range(whole_talk()[0] + 1):
        with faulty_server(Fault(bytes_in=count)) as server:
            receipt = send_once(server, timeouts=PATIENT)
        assert agrees(receipt, server), (count, receipt, server.mails)
        said[count] = receipt.outcome
    assert set(said.values()) == {NOT_SENT, UNCERTAIN, ACCEPTED}


def test_a_link_cut_after_every_byte_from_the_server_is_told_truly():
    said = {}
    for count in range(whole_talk()[1] + 1):
        with faulty_server(Fault(bytes_out=count)) as server:
            receipt = send_once(server, timeouts=PATIENT)
        assert agrees(receipt, server), (count, receipt, server.mails)
        said[count] = receipt.outcome
    assert set(said.values()) == {NOT_SENT, UNCERTAIN, ACCEPTED}


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with open_smtp(settings_for(port), timeouts=SHORT) as smtp:
        receipt = smtp.send(FROM, TO, MESSAGE)
    assert receipt.outcome is NOT_SENT
    assert "refused" in receipt.answer


@pytest.mark.parametrize("message", [b"a\nb\r\n", b"a\rb\r\n", b"no end", b"a\r\n.\nb\r\n"])
def test_other_line_ends_are_a_mistake_in_the_program(message):
    with open_smtp(settings_for(1)) as smtp, pytest.raises(ValueError, match="CRLF"):
        smtp.send(FROM, TO, message)


def test_missing_settings_are_all_named():
    with (
        pytest.raises(MissingSettingsError, match="SLA_SMTP_HOST, SLA_MAIL_FROM"),
        open_smtp(settings_for(1, smtp_host="", mail_from="")),
    ):
        pass


def test_an_address_beyond_ascii_asks_for_smtputf8():
    with good_server() as (port, mails), open_smtp(settings_for(port), timeouts=PATIENT) as smtp:
        assert smtp.send(FROM, "用户@例子.example", MESSAGE).outcome is ACCEPTED
    assert [mail.recipient for mail in mails] == ["用户@例子.example"]


def test_an_address_beyond_ascii_is_refused_where_the_server_cannot():
    with faulty_server() as server, open_smtp(settings_for(server.port), timeouts=PATIENT) as smtp:
        receipt = smtp.send(FROM, "用户@例子.example", MESSAGE)
        assert smtp.send(FROM, TO, MESSAGE).outcome is ACCEPTED
    assert receipt.outcome is REFUSED
    assert "SMTPUTF8" in receipt.answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        message = "NO OPENSSL on PATH: STARTTLS untested; install openssl"
        if os.environ.get("SLA_TEST_REQUIRE_OPENSSL"):
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    where = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, *where, *name], check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def tls_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def authenticate(_server, _session, _envelope, _mechanism, given):
        return AuthResult(success=(given.login, given.password) == (b"sla", PASSWORD.encode()), handled=False)

    with good_server(
        tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True
    ) as served:
        yield served


def tls_settings(port, password=PASSWORD):
    return settings_for(port, smtp_tls=True, smtp_user="sla", smtp_password=password)


def test_starttls_and_signing_in(tls_server, certificate):
    port, mails = tls_server
    trusted = ssl.create_default_context(cafile=certificate[0])
    with open_smtp(tls_settings(port), timeouts=PATIENT, tls=trusted) as smtp:
        assert smtp.send(FROM, TO, MESSAGE).outcome is ACCEPTED
    assert [mail.content for mail in mails] == [MESSAGE]


def test_a_certificate_nobody_vouches_for_is_not_accepted(tls_server):
    port, mails = tls_server
    with open_smtp(tls_settings(port), timeouts=PATIENT) as smtp:
        receipt = smtp.send(FROM, TO, MESSAGE)
    assert (receipt.outcome, receipt.may_retry_now) == (NOT_SENT, False)
    assert "certificate" in receipt.answer
    assert mails == []


def test_a_wrong_password_is_the_operators_and_not_tried_twice(tls_server, certificate):
    port, mails = tls_server
    trusted = ssl.create_default_context(cafile=certificate[0])
    with open_smtp(tls_settings(port, "wrong"), timeouts=PATIENT, tls=trusted) as smtp:
        receipt = smtp.send(FROM, TO, MESSAGE)
    assert (receipt.outcome, receipt.may_retry_now) == (NOT_SENT, False)
    assert receipt.answer.startswith("535")
    assert mails == []


def test_a_server_without_starttls_gets_nothing():
    with faulty_server() as server, open_smtp(settings_for(server.port, smtp_tls=True), timeouts=PATIENT) as smtp:
        receipt = smtp.send(FROM, TO, MESSAGE)
    assert (receipt.outcome, receipt.may_retry_now) == (NOT_SENT, False)
    assert "STARTTLS" in receipt.answer
    assert server.mails == []
