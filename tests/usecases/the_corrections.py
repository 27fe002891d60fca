"""One month of a few merchants, closed and then corrected: evidence that comes late, in the words of the tests."""

from __future__ import annotations

from sqlmodel import select

from sla_service.db.bulk import rows_of
from sla_service.db.credits import load_credits
from sla_service.db.engine import reading, writing
from sla_service.db.ledger import list_merchant_entries, sum_entries
from sla_service.db.run_batches import claim_batch, list_batches
from sla_service.db.tables import StatementRecord
from sla_service.domain.instants import DAY_MS, parse_instant
from sla_service.domain.periods import Month
from sla_service.domain.statements import Issuer, statement_from_json
from sla_service.usecases.calculate_run import calculate_batch, calculate_run, finish_calculation
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.plan_correction import plan_correction
from sla_service.usecases.policies import publish_policy
from tests.runs import submit_and_approve

SEPTEMBER = Month(2023, 9)
CLOSED_MS = parse_instant("2023-10-02T01:00:00Z")
ISSUER = Issuer("Northlight Commerce", (), "sla@northlight.example", "#0b5563", "")
POLICY = """
policy: {name}
version: 1
effective: {{from: 2023-01-01}}
service: {service}
period: {{kind: month, time_zone: Asia/Shanghai}}
indicator: {{kind: windows, curve: step}}
exclude: [{{kind: maintenance, notice: 72 h}}]
target: 99.95%
credit:
  - {{below: 99.95%, from: 99.0%, pay: 10%}}
  - {{below: 99.0%, from: 95.0%, pay: 25%}}
  - {{below: 95.0%, pay: 100%}}
settle: {{form: next_invoice, take_back: {take_back}}}
"""
PARTNERS = """partner_id,name,email,locale,time_zone,currency
P1,Compass Partners,p1@agency.example,en,Europe/Berlin,EUR
"""
MERCHANTS = (
    "merchant_id,name,email,locale,time_zone,country,currency,region,partner_id,billing_ref,active_from,active_to\n"
    "kept,Store kept,kept@store.example,en,Asia/Shanghai,CN,USD,asia,P1,,2020-01-01,\n"
    "taken,Store taken,taken@store.example,en,Asia/Shanghai,CN,USD,asia,P1,,2020-01-01,\n"
    "quiet,Store quiet,quiet@store.example,en,Asia/Shanghai,CN,USD,asia,,,2020-01-01,\n"
)
CONTRACTS = """merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on
kept,shop,keeping,299.00,USD,2020-01-01,
taken,shop,taking,299.00,USD,2020-01-01,
quiet,shop,keeping,299.00,USD,2020-01-01,
"""
INCIDENTS = """incident_id,title,service,cause,started_at,ended_at,source,source_ref
FIRST,Checkout down,shop,network,2023-09-05T00:00Z,2023-09-05T04:00Z,status,a
LATE,Checkout down again,shop,network,2023-09-12T00:00Z,2023-09-12T06:00Z,status,b
"""
IMPACT_HEAD = "incident_id,merchant_id,service,started_at,ended_at,share\n"
FIRST = "FIRST,{0},shop,2023-09-05T00:00Z,2023-09-05T04:00Z,1\n"
LATE = "LATE,{0},shop,2023-09-12T00:00Z,2023-09-12T06:00Z,1\n"
EXCLUSION_HEAD = "exclusion_id,kind,service,region,merchant_id,started_at,ended_at,announced_at,reason\n"
ANNOUNCED = "{0}-{1},maintenance,shop,,{0},{1}T00:00Z,{1}T06:00Z,2023-09-01T00:00Z,Upgrade\n"


class Story:
    """A book whose September was closed: ``kept`` keeps what it was credited, of ``taken`` it may be taken back."""

    def __init__(self, engine):
        self.engine, self.now_ms = engine, CLOSED_MS

    def filled(self):
        """Publish and import what there is before the close."""
        for name, take_back in (("keeping", "no"), ("taking", "yes")):
            with writing(self.engine) as session:
                document = POLICY.format(name=name, service="shop", take_back=take_back)
                publish_policy(session, document, now_ms=self.now_ms, actor="ann")
        self.bring("partners", PARTNERS)
        self.bring("merchants", MERCHANTS)
        self.bring("contracts", CONTRACTS)
        self.bring("incidents", INCIDENTS)
        self.bring("impacts", IMPACT_HEAD + FIRST.format("kept") + FIRST.format("taken"))
        return self

    def close(self):
        with writing(self.engine) as session:
            run_id = calculate_run(session, SEPTEMBER, now_ms=self.now_ms, actor="ann").run_id
        return self.issue(run_id)

    def bring(self, noun, text, *, update=False):
        with writing(self.engine) as session:
            data = text.encode()
            import_file(session, noun, data, name=f"{noun}.csv", now_ms=self.now_ms, actor="dan", update=update)

    def a_later_outage(self, *merchants):
        """Ten hours down in all, where four were known: 25 % of the fee instead of 10 %."""
        self.bring("impacts", IMPACT_HEAD + "".join(LATE.format(one) for one in merchants))

    def it_was_announced(self, *merchants, day="2023-09-05"):
        """What counted as an outage was maintenance that the merchant knew of."""
        self.bring("exclusions", EXCLUSION_HEAD + "".join(ANNOUNCED.format(one, day) for one in merchants))

    def a_day_passes(self):
        self.now_ms += DAY_MS

    def propose(self, *, batch_merchants=20_000, actor="ann"):
        """Calculate a correction of September, in batches of some merchants."""
        self.a_day_passes()
        with writing(self.engine) as session:
            given = {"now_ms": self.now_ms, "actor": actor, "batch_merchants": batch_merchants}
            run_id = plan_correction(session, SEPTEMBER, **given).run_id
        self.work(run_id)
        return run_id

    def work(self, run_id):
        with writing(self.engine) as session:
            for batch in list_batches(session, run_id):
                attempt = claim_batch(session, batch, now_ms=self.now_ms)
                calculate_batch(session, run_id, batch.batch_no, attempt=attempt, now_ms=self.now_ms)
            finish_calculation(session, run_id, now_ms=self.now_ms)

    def issue(self, run_id):
        with writing(self.engine) as session:
            submit_and_approve(session, run_id, now_ms=self.now_ms, actor="ben", issuer=ISSUER)
        with writing(self.engine) as session:
            issue_run(session, run_id, issuer=ISSUER, now_ms=self.now_ms, actor="ben")
        return run_id

    def correct(self, **how):
        return self.issue(self.propose(**how))

    def credits(self, run_id):
        """Before, amount and stated in minor units, by merchant."""
        with reading(self.engine) as session:
            rows = list(rows_of(load_credits(session, run_id)))
        return {row["merchant_id"]: (row["before_minor"], row["amount_minor"], row["stated_minor"]) for row in rows}

    def statements(self, party, kind="merchant"):
        """A party's statements of September in order."""
        query = select(StatementRecord).where(StatementRecord.party_id == party, StatementRecord.kind == kind)
        with reading(self.engine) as session:
            found = session.exec(query.order_by(StatementRecord.revision)).all()
            session.expunge_all()
        return found

    def totals(self, party, kind="merchant"):
        return [one.total_minor for one in self.statements(party, kind)]

    def told(self, party, kind="merchant"):
        """The newest statement of a party as it was frozen."""
        return statement_from_json(self.statements(party, kind)[-1].snapshot)

    def entries(self, merchant):
        """Kind and amount of a merchant's ledger entries."""
        with reading(self.engine) as session:
            return [(row["kind"], row["amount_minor"]) for row in list_merchant_entries(session, merchant)]

    def owed(self):
        """What the ledger owes in all, in minor units."""
        with reading(self.engine) as session:
            sums = {row["kind"]: row["amount_minor"] for row in sum_entries(session)}
        return sums.get("issued", 0) - sum(sums.get(kind, 0) for kind in ("applied", "expired", "reversed"))
