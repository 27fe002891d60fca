"""R9: merchants that cannot be printed, mailed or paid are parked with their reasons; to all others nothing happens."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import text

from sla_service.db.engine import reading, writing
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.statements import statement_from_json
from sla_service.formats.statement_email import render_email
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.render_statements import statement_pdf
from tests.reliability.figures import of_form, record
from tests.reliability.small_month import (
    NOW_MS,
    SEPTEMBER,
    approve_beyond,
    issue,
    load_book,
    made_up_book,
    submit,
    violations,
    work,
)

pytestmark = pytest.mark.reliability
MERCHANTS = of_form(60, 100_000)
DOCUMENTS = of_form(6, 500)
"""Of merchants that are not poisoned, rendered in both books and compared by their bytes."""
POISON = {
    "mark-up": {"name": "<b>Acme</b> <img src='/etc/passwd'> & Sons <"},
    "a glyph that no font has": {"name": "Store \U00013000"},
    "slow to lay out": {"name": "W" * 180 + " " + "i " * 9},
    "an address that no mail server knows": {"email": "nobody@nowhere.invalid"},
}
"""What is put into a merchant's row, by what is wrong with it."""
HUGE = "huge amount"


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode())))


def file_of(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def poisoned(files, credited):
    """The same book, with every kind of poison in a merchant of its own who was credited; and who they are."""
    who = dict(zip([*POISON, HUGE], credited[:: max(1, len(credited) // (len(POISON) + 1))], strict=False))
    change = {who[what]: values for what, values in POISON.items()}
    merchants = [row | change.get(row["merchant_id"], {}) for row in rows_of(files["merchants"])]
    contracts = rows_of(files["contracts"])
    for contract in contracts:
        if contract["merchant_id"] == who[HUGE]:
            contract["monthly_fee"] = "9" * 13 + ("" if "." not in contract["monthly_fee"] else ".00")
    return {**files, "merchants": file_of(merchants), "contracts": file_of(contracts)}, who


def closed(engine, files):
    load_book(engine, files)
    with writing(engine) as session:
        plan_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann", batch_merchants=max(20, MERCHANTS // 10))
    work(engine, 1)
    for step in (submit, approve_beyond, issue):
        step(engine)
    return engine


def statements(engine):
    """Snapshot and number by merchant and currency; how statements are numbered is left out of the snapshot."""
    query = "SELECT party_id, currency, number, snapshot FROM statements WHERE kind = 'merchant'"
    with reading(engine) as session:
        rows = session.connection().execute(text(query)).all()
    return {(party, currency): (number, snapshot) for party, currency, number, snapshot in rows}


def test_a_poisoned_merchant_is_nobody_elses_trouble(sqlite_copies, fonts_dir):
    files = made_up_book(MERCHANTS, min(900, max(2, MERCHANTS // 100)))
    engines = [closed(new_engine(sqlite_copies), files)]
    clean = statements(engines[0])
    bad, who = poisoned(files, sorted({party for party, _ in clean}))
    engines.append(closed(new_engine(sqlite_copies), bad))
    sick = statements(engines[1])
    others = [key for key in clean if key[0] not in who.values()]
    assert [key for key in others if clean[key] != sick.get(key)] == []
    assert [violations(engine) for engine in engines] == [[], []]
    step = max(1, len(others) // DOCUMENTS)
    for key in others[::step][:DOCUMENTS]:
        made = []
        for engine in engines:
            with writing(engine) as session:
                made.append(rendered(session, clean[key][0], fonts_dir))
        assert made[0] == made[1]
    outcomes = {what: outcome(engines[1], sick, merchant_id, fonts_dir) for what, merchant_id in who.items()}
    assert len(outcomes) == len(POISON) + 1
    assert outcomes["a glyph that no font has"] == "not mailed, parked with its reason"
    sqlite_copies.close()
    figures = {"merchants": MERCHANTS, "poisoned": len(who), "others whose snapshot differs": 0}
    figures |= {"documents compared": DOCUMENTS, "documents that differ": 0, **outcomes}
    record("R9", figures)


def new_engine(copies):
    engine, _ = copies._copy(copies.empty)
    copies.engines.append(engine)
    return engine


def rendered(session, number, fonts_dir):
    try:
        return statement_pdf(session, number, fonts_dir=fonts_dir)
    except Exception as error:  # noqa: BLE001 - a document that is parked is parked in both
        return str(error)


def outcome(engine, found, merchant_id, fonts_dir):
    """What became of a poisoned merchant: every statement printed with what it says, or parked with a reason."""
    said = []
    for (party, _), (number, snapshot) in found.items():
        if party == merchant_id:
            with writing(engine) as session:
                made = rendered(session, number, fonts_dir)
            said.append("printed" if isinstance(made, bytes) else "parked with its reason")
            said.append(mailed(snapshot, made))
    return ", ".join(sorted(set(said))) or "nothing to state"


def mailed(snapshot, made):
    if not isinstance(made, bytes):
        return "not mailed"
    try:
        render_email(
            statement_from_json(snapshot), pdf=made, message_id="<a@b.example>", sender="a@b.example", portal_link=None
        )
    except InvalidValueError:
        return "mail parked with its reason"
    return "mailed"
