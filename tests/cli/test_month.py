"""The month from the command line: what a finance person types, reads and can rely on."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import socket

import pytest
from aiosmtpd.controller import Controller

from sla_service.domain.money import Money
from tests.usecases.the_month import EXAMPLE, FILES, policies


@pytest.fixture
def files(tmp_path):
    """The month's files and policies on disk."""
    paths = {}
    for noun, text in FILES.items():
        paths[noun] = tmp_path / f"{noun}.csv"
        paths[noun].write_text(text, encoding="utf-8")
    for i, document in enumerate(policies()):
        paths[i] = tmp_path / f"policy{i}.yaml"
        paths[i].write_text(document, encoding="utf-8")
    return paths


@pytest.fixture
def calculated(sla, files):
    """A calculated run 1."""
    assert sla("db", "upgrade").exit_code == 0
    assert sla("policy", "publish", *(files[i] for i in range(len(policies())))).exit_code == 0
    for noun in FILES:
        assert sla("import", noun, files[noun]).exit_code == 0
    return sla("run", "calculate", "--period", "2023-09")


@pytest.fixture
def issued(sla, calculated):
    """Run 1 issued and rendered."""
    assert sla("run", "submit", 1).exit_code == 0
    assert sla("run", "approve", 1, as_="ben").exit_code == 0
    assert sla("run", "issue", 1, as_="ben").exit_code == 0
    assert sla("statement", "render", "--run", 1).exit_code == 0
    return 1


def test_a_command_before_the_tables_says_which_command_makes_them(sla):
    result = sla("run", "list")
    assert result.exit_code == 5
    assert "sla db upgrade" in result.output


def test_calculating_parks_what_needs_a_person_with_exit_code_8_and_the_reasons(calculated):
    assert calculated.exit_code == 8
    assert "Parked for a person: 4" in calculated.output
    assert "never-published" in calculated.output
    assert "USD" in calculated.output


def test_importing_twice_says_that_nothing_changed(sla, calculated, files):
    assert "nothing changed" in sla("import", "merchants", files["merchants"]).output


def test_a_bad_file_is_refused_with_its_lines_and_exit_code_3(sla, calculated, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text(FILES["impacts"].replace("0.5", "5"), encoding="utf-8")
    result = sla("import", "impacts", bad)
    assert result.exit_code == 3
    assert "line 2, column share" in result.output
    assert "line 3, column share" in result.output
    assert "nothing was changed" in result.output


def test_approving_one_s_own_run_is_not_allowed_with_exit_code_6(sla, calculated):
    sla("run", "submit", 1)
    result = sla("run", "approve", 1, as_="ann")
    assert result.exit_code == 6
    assert "a second person" in result.output


@pytest.mark.parametrize("name", ["", "ann ", " ", "Ann Smith", "a\u200bnn"])
def test_a_name_that_only_looks_like_another_is_refused(sla, calculated, name):
    assert sla("--as", name, "run", "approve", 1).exit_code == 3


def test_the_same_name_in_capitals_is_the_same_person(sla, calculated):
    sla("run", "submit", 1)
    assert sla("--as", "ANN", "run", "approve", 1).exit_code == 6


def test_a_database_that_cannot_be_reached_is_said_in_one_line(sla):
    result = sla("run", "list", database_url="postgresql://nobody@127.0.0.1:1/nothing")
    assert result.exit_code == 7
    assert "Check SLA_DATABASE_URL" in result.output


def test_an_unfinished_month_is_explained_as_an_estimate_and_a_coming_one_is_not(sla, calculated):
    assert "ESTIMATE" in sla("explain", "--merchant", "step", "--period", "2023-10").output
    assert sla("explain", "--merchant", "step", "--period", "2030-01").exit_code == 5


def test_reports_that_contradict_an_incident_s_end_stop_the_calculation_until_settled(sla, calculated, tmp_path):
    later = tmp_path / "later.csv"
    later.write_text("incident_id,at,share_available\nINC-2023-09-19,2023-09-19T20:00+08:00,40\n", encoding="utf-8")
    assert sla("import", "timeline", later).exit_code == 0
    result = sla("run", "calculate", "--period", "2023-09")
    assert result.exit_code == 5
    assert "report of full recovery" in result.output


def test_what_does_not_exist_has_exit_code_4(sla, calculated):
    assert sla("run", "show", 99).exit_code == 4
    assert sla("explain", "--merchant", "nobody", "--period", "2023-09").exit_code == 4
    assert sla("link", "--merchant", "nobody").exit_code == 4


def test_runs_as_json_are_for_scripts(sla, issued):
    shown = json.loads(sla("run", "show", 1, "--json").output)
    assert (shown["state"], shown["created_by"], shown["approved_by"]) == ("issued", "ann", "ben")
    assert {row["reason"] for row in shown["parked"]}
    assert json.loads(sla("run", "list", "--json").output)[0]["run_id"] == 1
    assert len(json.loads(sla("statement", "list", "--run", 1, "--json").output)) == 10


def test_exports_say_their_digest_and_are_the_same_each_time(sla, issued, tmp_path):
    for kind in ("register", "lines", "journal"):
        one, two = tmp_path / f"{kind}1.csv", tmp_path / f"{kind}2.csv"
        said = sla("export", kind, "--run", 1, "-o", one).output
        sla("export", kind, "--run", 1, "-o", two)
        assert one.read_bytes() == two.read_bytes()
        assert hashlib.sha256(one.read_bytes()).hexdigest() in said


def test_rendering_again_renders_nothing_and_writes_the_stored_files(sla, issued, tmp_path):
    result = sla("statement", "render", "--run", 1, "-o", tmp_path / "pdfs")
    assert "Rendered 0 statements" in result.output
    assert len(list((tmp_path / "pdfs").glob("*.pdf"))) == 10


@pytest.mark.parametrize(
    ("merchant", "expected"),
    [
        ("step", ["8579/8640 = 99.2939%", "299.00 × 10% = 29.90", "USD 29.90"]),
        ("any-impact", ["98.6805%", "25% of the monthly fee", "USD 74.75"]),
        ("dinar", ["KWD 99.995 × 10% = 9.9995", "9.9995 by half up = 10.000"]),
        ("holed", ["undefined", "a person decides"]),
        ("lost", ["Parked: no version of the policy never-published"]),
        ("half", ["INC-2023-09-01", "announced maintenance", "USD 29.90"]),
    ],
    ids=["step", "any impact", "dinar", "a hole", "parked", "overlapping halves"],
)
def test_explain_shows_every_step_to_the_cent(sla, calculated, merchant, expected):
    output = " ".join(sla("explain", "--merchant", merchant, "--period", "2023-09").output.split())
    for words in expected:
        assert " ".join(words.split()) in output


def test_explain_shows_the_other_accounting_methods(sla, calculated):
    (shown,) = json.loads(sla("explain", "--merchant", "step", "--period", "2023-09", "--json").output)
    assert {curve: method["amount"] for curve, method in shown["methods"].items()} == {
        "full_outage": "29.90",
        "linear": "29.90",
        "step": "29.90",
        "any_impact": "74.75",
        "reported_window": "74.75",
    }
    assert shown["burn_rate"] == "1525/108"


def test_a_policy_whose_example_fails_is_not_published(sla, tmp_path):
    sla("db", "upgrade")
    text = (EXAMPLE / "policies" / "storefront-plus.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("credit: 29.90 USD", "credit: 29.91 USD", 1), encoding="utf-8")
    checked = sla("policy", "check", wrong)
    assert checked.exit_code == 3
    assert "credit expected USD 29.91, found USD 29.90" in checked.output
    assert sla("policy", "publish", wrong).exit_code == 3
    right = tmp_path / "right.yaml"
    right.write_text(text, encoding="utf-8")
    assert "published" in sla("policy", "publish", right).output
    assert "was published before" in sla("policy", "publish", right).output
    changed = tmp_path / "changed.yaml"
    changed.write_text(text.replace("target: 99.95%", "target: 99.951%"), encoding="utf-8")
    assert sla("policy", "publish", changed).exit_code in {3, 5}


def test_an_api_key_is_shown_once_and_can_be_revoked(sla):
    sla("db", "upgrade")
    key = sla("key", "create", "billing").output.splitlines()[0]
    key_id = key.split("_")[1]
    listed = sla("key", "list").output
    assert key_id in listed
    assert key.split("_")[2] not in listed
    assert sla("key", "revoke", key_id).exit_code == 0
    assert sla("key", "revoke", key_id).exit_code == 5


def free_port():
    """A port that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_statement_that_cannot_be_rendered_is_parked_and_the_rest_goes_on(sla, files, tmp_path):
    files["merchants"].write_text(FILES["merchants"].replace("Store step", "Store 🌶"), encoding="utf-8")
    sla("db", "upgrade")
    sla("policy", "publish", *(files[i] for i in range(len(policies()))))
    for noun in FILES:
        assert sla("import", noun, files[noun]).exit_code == 0
    sla("run", "calculate", "--period", "2023-09")
    sla("run", "submit", 1)
    sla("run", "approve", 1, as_="ben")
    sla("run", "issue", 1, as_="ben")
    for words in ([], ["--retry-parked"]):
        result = sla("statement", "render", "--run", 1, "-o", tmp_path / "pdfs", *words)
        assert result.exit_code == 8
        assert "U+1F336" in result.output
        assert len(list((tmp_path / "pdfs").glob("SCM-*.pdf"))) == 7
        assert len(list((tmp_path / "pdfs").glob("SCP-*.pdf"))) == 2


def test_a_corrected_file_replaces_rows_only_when_asked(sla, calculated, files):
    files["partners"].write_text(FILES["partners"].replace("Compass", "Kompass"), encoding="utf-8")
    refused = sla("import", "partners", files["partners"])
    assert refused.exit_code == 3
    assert "already imported with Compass Partners" in refused.output
    assert "1 were changed" in sla("import", "partners", files["partners"], "--update").output


class Mailbox:
    """A mail server's memory."""

    def __init__(self):
        self.messages = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


def test_mail_goes_out_once_with_the_stored_pdf(sla, issued, tmp_path):
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings = {
        "smtp_host": "127.0.0.1",
        "smtp_port": controller.port,
        "smtp_tls": False,
        "mail_from": "Northlight <sla@northlight.example>",
    }
    try:
        first = sla("mail", "send", "--run", 1, **settings)
        second = sla("mail", "send", "--run", 1, **settings)
    finally:
        controller.stop()
    assert first.exit_code == 0
    assert "10 statements were accepted" in first.output
    assert "0 statements were accepted" in second.output
    assert len(mailbox.messages) == 10
    sla("statement", "render", "--run", 1, "-o", tmp_path / "pdfs")
    stored = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "pdfs").iterdir()}
    sent = {hashlib.sha256(part.get_content()).hexdigest() for m in mailbox.messages for part in m.iter_attachments()}
    assert sent == stored
    assert json.loads(sla("mail", "status", "--run", 1, "--json").output) == {"accepted": 10}


def test_mail_without_a_server_names_the_missing_settings_with_exit_code_7(sla, issued):
    result = sla("mail", "send", "--run", 1)
    assert result.exit_code == 7
    assert "SLA_SMTP_HOST" in result.output
    assert "SLA_MAIL_FROM" in result.output


def test_a_run_shows_service_time_beside_the_money(wide):
    shown = wide("run", "calculate", "--period", "2023-09").output
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "longer v1 longer USD 1 1 d" in lines
    (total,) = [line for line in lines if line.startswith("USD ")]
    assert total.endswith(" and 1 d")


def test_a_review_is_for_people_for_scripts_and_as_a_page_and_changes_nothing(sla, calculated, tmp_path):
    before = sla("run", "show", 1, "--json").output
    said = " ".join(sla("run", "review", 1).output.split())
    assert "JPY 3,000, KWD 10.000, USD 269.10 for 8 merchants" in said
    assert "4 cases wait for a person" in said
    assert "What other accounting methods would have paid: `sla run review 1 --methods`" in said
    shown = json.loads(sla("run", "review", 1, "--json", "--methods").output)
    assert {one["currency"]: one["stated"] for one in shown["totals"]} == {
        "JPY": "3000",
        "KWD": "10.000",
        "USD": "269.10",
    }
    assert shown["methods"][0] == {"name": "own", "totals": {"JPY": "3000", "KWD": "10.000", "USD": "269.10"}}
    # Once they were asked for they are kept, and shown from then on.
    assert "any impact is an outage" in sla("run", "review", 1).output
    page = tmp_path / "reviews" / "review.html"
    assert sla("run", "review", 1, "-o", page).output == f"Wrote {page}.\n"
    assert "Review of 2023-09" in page.read_text(encoding="utf-8")
    assert sla("run", "show", 1, "--json").output == before


def test_a_run_beyond_a_bound_needs_two_and_the_second_says_why(sla, calculated):
    tight = {"bound_run": (Money("USD", 10_000),)}
    assert sla("run", "submit", 1, **tight).exit_code == 0
    first = sla("run", "approve", 1, as_="ben", **tight)
    assert first.exit_code == 8
    assert "run total USD 269.10 is above the bound USD 100.00" in first.output
    assert "ben is on record as the first approver" in first.output
    waiting = sla("run", "show", 1, **tight).output
    assert "first approved at 2023-10-02T01:00:00Z by ben" in waiting
    assert "a second one does too" in waiting
    assert sla("run", "approve", 1, "--reason", "the outage", as_="ben", **tight).exit_code == 6
    assert sla("run", "approve", 1, as_="cleo", **tight).exit_code == 3
    assert sla("run", "approve", 1, "--reason", "the outage", as_="cleo", **tight).exit_code == 0
    shown = sla("run", "show", 1, **tight).output
    assert "first approved at 2023-10-02T01:00:00Z by ben" in shown
    assert "approved at 2023-10-02T01:00:00Z by cleo: the outage" in shown
    assert "beyond a safety bound: run total USD 269.10" in shown
    assert "Next: `sla run issue 1`" in shown


def test_a_run_tells_its_whole_life_and_what_to_do_next(sla, issued):
    lines = sla("run", "show", 1).output.splitlines()
    assert lines[0] == "Run 1 for 2023-09, revision 1, closes the month: issued"
    assert [line.split(" at ")[0].strip() for line in lines[1:5]] == ["calculated", "submitted", "approved", "issued"]
    assert any("head of the ledger after it" in line for line in lines)
    shown = json.loads(sla("run", "show", 1, "--json").output)
    assert [step["by"] for step in shown["steps"]] == ["ann", "ann", "ben", "ben"]
    assert shown["batches"] == {"done": 2, "all": 2}
    assert shown["beyond"] == []
    assert set(shown["binding"]) >= {"figures", "inputs", "tzdb", "template", "recipients", "issuer"}


def test_what_changed_between_approval_and_issue_is_named_and_the_approval_is_gone(sla, calculated, files):
    sla("run", "submit", 1)
    sla("run", "approve", 1, as_="ben")
    files["contracts"].write_text(FILES["contracts"].replace("99.995", "99.996"), encoding="utf-8")
    assert sla("import", "contracts", files["contracts"], "--update").exit_code == 0
    result = sla("run", "issue", 1, as_="ben")
    assert result.exit_code == 5
    assert "this changed: inputs: contracts" in result.output
    shown = sla("run", "show", 1).output
    assert "sent back: changed since it was submitted: inputs: contracts" in shown
    assert "by ben" not in shown
