"""A month calculated batch by batch is the month calculated at once: rows, numbers and reasons, on both databases."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sqlalchemy import func, select, true, update

from sla_service.db.engine import reading, writing
from sla_service.db.tables import DecisionRecord, metadata
from sla_service.domain.periods import Month
from sla_service.measure.availability import measure
from sla_service.usecases.contract_facts import surroundings
from sla_service.usecases.credit_rows import CreditRows
from sla_service.usecases.decide_credit import decisions_of
from sla_service.usecases.demo_book import generate_book
from sla_service.usecases.evidence_tables import evidence_tables
from sla_service.usecases.fingerprint_inputs import inputs_of
from sla_service.usecases.gather_evidence import contract_counts, gather, periods_per_contract
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.policies import publish_policy
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.progress import silent
from tests.usecases.the_month import EXAMPLE, NOW_MS, SEPTEMBER, load

MERCHANTS = 60
TERMS = """
policy: {name}
version: 1
effective: {{from: 2023-01-01}}
service: {service}
period: {{kind: {period}, time_zone: merchant}}
indicator: {{kind: windows, curve: step}}
{more}
target: 99.9%
credit: {{below: 99.9%, pay: 20%}}
"""
WEEKLY = TERMS.format(name="weekly", service="storefront", period="week", more="cap: {at: 50%, per: month}")
ASKING = TERMS.format(name="asking", service="payments", period="month", more="qualify: {affected: own_errors}")
GROUPED = TERMS.format(name="grouped", service="apps", period="month", more="group: {name: all, rule: largest}")
NEVER = TERMS.format(name="quarterly", service="themes", period="quarter", more="")
CONTRACTS = "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n" + "".join(
    f"M{number:06},{service},{policy},{number}.00,USD,2021-05-{number % 28 + 1:02},\n"
    for number in range(1, MERCHANTS + 1)
    for service, policy in (("apps", "grouped"), ("payments-eu", "asking"), ("themes", "quarterly"))
)
USAGE = """merchant_id,service,started_at,ended_at,requests,failed
M000007,payments,2023-09-23T01:00Z,2023-09-23T02:00Z,9,9
"""


@pytest.fixture
def filled(engine):
    """The small month, and a made-up book with weeks, groups, and terms that ask usage of whom they are about."""
    load(engine)
    book = generate_book(MERCHANTS, partner_count=5)
    documents = [path.read_text(encoding="utf-8") for path in sorted((EXAMPLE / "policies").glob("*.yaml"))]
    with writing(engine) as session:
        for document in (*documents, WEEKLY, ASKING, GROUPED, NEVER):
            publish_policy(session, document, now_ms=NOW_MS, actor="ann")
    files = {noun: data.decode() for noun, data in book.files().items()}
    files["contracts-more"] = CONTRACTS.replace("payments-eu", "payments")
    swapped = [line.replace(",storefront-basic,", ",weekly,") for line in files["contracts"].splitlines(keepends=True)]
    own = {line.split(",")[0] for line in swapped if ",payments," in line}
    files["contracts"] = "".join(swapped)
    files["contracts-more"] = "".join(
        line
        for line in files["contracts-more"].splitlines(keepends=True)
        if ",payments," not in line or line.split(",")[0] not in own
    )
    files["usage"] = USAGE
    for name, text in files.items():
        with writing(engine) as session:
            import_file(session, name.split("-")[0], text.encode(), name=name, now_ms=NOW_MS, actor="ann")
    return engine


def calculated(session, among=None, first_credit_no=1, *, in_columns=True):
    month = SEPTEMBER
    gathered = gather(session, month, as_of_ms=NOW_MS, among=among, in_columns=in_columns)
    tables = evidence_tables(gathered)
    rows = CreditRows(1, gathered, tables, measure(tables.evidence), first_credit_no=first_credit_no)
    credits = rows.credits(surroundings(session, gathered), decisions_of(session, str(month), among), silent)
    return credits, rows.lines()


def batches(session, month, merchants_per_batch):
    """Ranges of merchants, each with its first credit's number."""
    policies = published_policies(session)
    counts = contract_counts(session, month, policies).to_pylist()
    credit_no = 1
    for i in range(0, len(counts), merchants_per_batch):
        rows = counts[i : i + merchants_per_batch]
        yield (rows[0]["merchant_id"], rows[-1]["merchant_id"]), credit_no
        credit_no += sum(row["contracts"] for row in rows) * periods_per_contract(policies, month)


def test_batches_and_columns_give_the_rows_of_the_whole_month_looked_at_one_by_one(filled):
    with reading(filled) as session:
        credits, lines = calculated(session, in_columns=False)
        parts = [calculated(session), *(calculated(session, *one) for one in batches(session, SEPTEMBER, 25))]
        assert periods_per_contract(published_policies(session), SEPTEMBER) == 4
        contracts = contract_counts(session, SEPTEMBER, published_policies(session)).to_pylist()
    assert set(credits["outcome"].to_pylist()) >= {"met", "credited", "parked", "undefined"}
    whole, *parts = parts
    assert whole[0].equals(credits)
    assert whole[1].equals(lines)
    assert pa.concat_tables([part[0] for part in parts]).equals(credits)
    assert pa.concat_tables([part[1] for part in parts]).equals(lines)
    rows = credits.to_pylist()
    # Whoever is read, a service is used or not: of M000002 no usage is known, but of others it is.
    (asked,) = (row for row in rows if row["policy"] == "asking" and row["merchant_id"] == "M000002")
    assert (asked["outcome"], asked["reason"]) == ("met", None)
    numbers = [row["credit_no"] for row in rows]
    assert numbers == sorted(set(numbers))
    # Room for as many periods as a contract can have; of the last contract's, a month, only the first is due.
    assert numbers[-1] == 4 * sum(one["contracts"] for one in contracts) - 3


def inputs(engine):
    with reading(engine) as session:
        gathered = gather(session, SEPTEMBER, as_of_ms=NOW_MS, among=("M000001", "M000040"), in_columns=True)
        decisions = decisions_of(session, str(SEPTEMBER), gathered.among)
        return inputs_of(gathered, surroundings(session, gathered), decisions)


CHANGES = (
    ("contracts", "merchants", {"region": "elsewhere"}),
    ("contracts", "merchants", {"time_zone": "UTC"}),
    ("contracts", "merchants", {"active_to": "2023-09-30"}),
    ("contracts", "contracts", {"monthly_fee_minor": 1}),
    ("contracts", "contracts", {"ends_on": "2023-09-29"}),
    ("impacts", "impacts", {"share_ppm": 1}),
    ("impacts", "impacts", {"reported_at_ms": 1}),
    ("exclusions", "exclusions", {"upstream": "x"}),
    ("usage", "usage", {"failed": 8}),
    ("used_services", "usage", {"service": "mail"}),
    ("incidents", "incidents", {"region": "x"}),
    ("timeline", "timeline_points", {"available_ppm": 3}),
    ("policies", "policies", {"digest": "x"}),
    ("decisions", "decisions", {"amount_minor": 7}),
)
"""The noun that must differ, the table, and the cell of one row."""


def was_read(table):
    """Of merchants those that were asked for, of exclusions one for everybody, and of all else anything."""
    if "merchant_id" not in table.c:
        return true()
    return table.c.merchant_id.is_(None) if table.name == "exclusions" else table.c.merchant_id.like("M0%")


def test_inputs_are_the_same_as_long_as_no_cell_changes(filled):
    with writing(filled) as session:
        record = {"period": "2023-09", "merchant_id": "M000001", "service": "apps", "contract_starts_on": "2021-05-02"}
        how = {"amount_minor": 5, "currency": "USD", "reason": "fair", "decided_at_ms": 1, "decided_by": "ben"}
        session.add(DecisionRecord(**record, **how))
    before = inputs(filled)
    assert inputs(filled) == before
    for noun, name, cell in CHANGES:
        table = metadata.tables[name]
        key = next(iter(table.primary_key.columns))
        with writing(filled) as session:
            first = select(func.min(key)).where(was_read(table)).scalar_subquery()
            session.connection().execute(update(table).where(key == first).values(cell))
        after = inputs(filled)
        assert after[noun] != before[noun], (noun, cell)
        before = after


PERIODS = {"month": 1, "week": 5, "quarter": 1, "hour": 1}


@pytest.mark.parametrize("kind", PERIODS)
def test_the_most_periods_that_end_in_a_month(sqlite_engine, kind):
    with writing(sqlite_engine) as session:
        text = TERMS.format(name="it", service="apps", period=kind, more="")
        publish_policy(session, text, now_ms=NOW_MS, actor="ann")
        found = max(periods_per_contract(published_policies(session), Month(2023, month)) for month in range(1, 13))
    assert found == PERIODS[kind]
