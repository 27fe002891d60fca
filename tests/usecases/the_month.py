"""A small September 2023: a merchant per accounting method under one fee, and a few with troubles of their own."""

from __future__ import annotations

from pathlib import Path

from sla_service.db.engine import reading, writing
from sla_service.domain.instants import parse_instant
from sla_service.domain.periods import Month
from sla_service.domain.statements import Issuer
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.policies import publish_policy
from tests.runs import submit_and_approve

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "2023-09-19"
SEPTEMBER = Month(2023, 9)
NOW_MS = parse_instant("2023-10-02T01:00:00Z")
ISSUER = Issuer("Northlight Commerce", (), "sla@northlight.example", "#0b5563", "")
CURVES = ("full_outage", "linear", "step", "any_impact", "reported_window")

POLICY = """
policy: {name}
version: 1
effective: {{from: 2023-01-01}}
service: storefront
period: {{kind: month, time_zone: Asia/Shanghai}}
indicator: {{kind: windows, curve: {curve}}}
exclude:
  - {{kind: maintenance, notice: 72 h}}
target: 99.95%
credit:
  - {{below: 99.95%, from: 99.0%, pay: 10%}}
  - {{below: 99.0%, from: 95.0%, pay: 25%}}
  - {{below: 95.0%, pay: 100%}}
cap: {{at: 100%}}
"""
HOLED = POLICY.replace("from: 99.0%, pay: 10%", "from: 99.5%, pay: 10%")

PARTNERS = """partner_id,name,email,locale,time_zone,currency
P1,Compass Partners,p1@agency.example,en,Europe/Berlin,EUR
P2,Harbour Partners,p2@agency.example,en,Asia/Shanghai,CNY
"""
_MERCHANT = "{0},Store {0},{0}@store.example,en,Asia/Shanghai,CN,{1},asia,{2},,2020-01-01,\n"
MERCHANTS = (
    "merchant_id,name,email,locale,time_zone,country,currency,region,partner_id,billing_ref,active_from,active_to\n"
    + "".join(_MERCHANT.format(curve.replace("_", "-"), "USD", "P1") for curve in CURVES)
    + _MERCHANT.format("yen", "JPY", "P2")
    + _MERCHANT.format("dinar", "KWD", "P2")
    + _MERCHANT.format("holed", "USD", "")
    + _MERCHANT.format("lost", "USD", "")
    + _MERCHANT.format("half", "USD", "")
    + _MERCHANT.format("twice", "USD", "")
)
_CONTRACT = "{0},storefront,{1},{2},{3},2020-01-01,\n"
CONTRACTS = (
    "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
    + "".join(_CONTRACT.format(c.replace("_", "-"), f"by-{c.replace('_', '-')}", "299.00", "USD") for c in CURVES)
    + _CONTRACT.format("yen", "by-step", "30000", "JPY")
    + _CONTRACT.format("dinar", "by-step", "99.995", "KWD")
    + _CONTRACT.format("holed", "by-holed", "299.00", "USD")
    + _CONTRACT.format("lost", "never-published", "299.00", "USD")
    + "half,storefront,by-step,299.00,USD,2023-09-20,\n"
    + "twice,storefront,by-step,299.00,USD,2020-01-01,\n"
    + "twice,storefront,by-step,299.00,USD,2023-09-10,\n"
)
INCIDENTS = (EXAMPLE / "incidents.csv").read_text(encoding="utf-8")
TIMELINE = (EXAMPLE / "timeline.csv").read_text(encoding="utf-8")
IMPACTS = """incident_id,merchant_id,service,started_at,ended_at,share
INC-2023-09-01,half,storefront,2023-09-25T10:00+08:00,2023-09-25T12:00+08:00,0.5
INC-2023-09-07,half,storefront,2023-09-25T11:00+08:00,2023-09-25T13:00+08:00,0.5
"""
EXCLUSIONS = """exclusion_id,kind,service,region,merchant_id,started_at,ended_at,announced_at,reason
X1,maintenance,storefront,,half,2023-09-25T12:30+08:00,2023-09-25T13:00+08:00,2023-09-20T00:00+08:00,Upgrade
"""
FILES = {
    "partners": PARTNERS,
    "merchants": MERCHANTS,
    "contracts": CONTRACTS,
    "incidents": INCIDENTS,
    "timeline": TIMELINE,
    "impacts": IMPACTS,
    "exclusions": EXCLUSIONS,
}


def policies() -> list[str]:
    """One policy per accounting method, and one with a hole in its table."""
    made = [POLICY.format(name=f"by-{curve.replace('_', '-')}", curve=curve) for curve in CURVES]
    return [*made, HOLED.format(name="by-holed", curve="step")]


def load(engine, **changed: str) -> None:
    """Publish the policies and import the files, some of them changed."""
    with writing(engine) as session:
        for document in policies():
            publish_policy(session, document, now_ms=NOW_MS, actor="ann")
    for noun, text in {**FILES, **changed}.items():
        with writing(engine) as session:
            import_file(session, noun, text.encode(), name=f"{noun}.csv", now_ms=NOW_MS, actor="ann")


def calculate(engine) -> int:
    """Calculate September as ann."""
    with writing(engine) as session:
        return calculate_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann").run_id


def close(engine) -> int:
    """Load, calculate as ann, approve as ben, issue."""
    load(engine)
    run_id = calculate(engine)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    return run_id


def amounts(engine, run_id: int) -> dict[str, tuple[str, int]]:
    """Outcome and amount in minor units by merchant."""
    from sla_service.db.credits import load_credits

    with reading(engine) as session:
        rows = load_credits(session, run_id).to_pylist()
    return {row["merchant_id"]: (row["outcome"], row["amount_minor"]) for row in rows}
