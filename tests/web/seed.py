"""A small platform for the web's tests: two stores, two policies, the outage of 19 September 2023, one issued run."""

from __future__ import annotations

from pathlib import Path

from sla_service.db.engine import writing
from sla_service.domain.instants import parse_instant
from sla_service.domain.periods import Month
from sla_service.domain.statements import Issuer
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.policies import publish_policy
from tests.runs import submit_and_approve

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "2023-09-19"
NOW_MS = parse_instant("2023-10-05T08:00:00Z")
ISSUER = Issuer("Northlight Commerce", (), "sla@northlight.example", "#0b5563", "https://status.northlight.example")

LUMEN, KIEL, NEW = "M-LUMEN", "M-KIEL", "M-NEW"
LUMEN_NAME, KIEL_NAME = "Lumen & Loom <Home>", "Kieler Teehaus"

FILES = {
    "partners": """partner_id,name,email,locale,time_zone,currency
P-1,Brightside Agency,care@brightside.example,en-GB,Europe/Berlin,EUR
""",
    "merchants": f"""\
merchant_id,name,email,locale,time_zone,country,currency,region,partner_id,billing_ref,active_from,active_to
{LUMEN},{LUMEN_NAME},finance@lumen.example,zh-CN,Asia/Shanghai,CN,USD,asia,,B-1,2023-01-01,
{KIEL},{KIEL_NAME},kontor@kiel.example,de-DE,Europe/Berlin,DE,EUR,europe,P-1,B-2,2023-01-01,
{NEW},Brand New Store,new@store.example,en-GB,Europe/London,GB,GBP,europe,,,2023-12-01,
""",
    "contracts": f"""merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on
{LUMEN},storefront,storefront-plus,299.00,USD,2023-01-01,
{KIEL},storefront,storefront-plus,99.95,EUR,2023-01-01,
{KIEL},payments,payments-standard,49.00,EUR,2023-01-01,
{NEW},storefront,storefront-plus,10.00,GBP,2023-12-01,
""",
    "exclusions": """exclusion_id,kind,service,region,merchant_id,started_at,ended_at,announced_at,reason
X-1,maintenance,storefront,,,2023-09-12T03:00+08:00,2023-09-12T04:00+08:00,2023-09-01T00:00Z,database upgrade
""",
    "impacts": f"""incident_id,merchant_id,service,started_at,ended_at,share,orders_expected,orders_actual
INC-2023-09-01,{LUMEN},storefront,2023-09-12T03:00+08:00,2023-09-12T03:40+08:00,1,,
INC-2023-09-01,{LUMEN},storefront,2023-09-14T10:00+08:00,2023-09-14T10:04+08:00,0.4,10,6
INC-2023-09-07,{KIEL},storefront,2023-09-07T07:10Z,2023-09-07T08:10Z,0.25,,
""",
}


def load_evidence(engine) -> None:
    """Parties, contracts, policies, incidents and impacts."""
    files = {name: text.encode() for name, text in FILES.items()}
    for name in ("incidents", "timeline"):
        files[name] = (EXAMPLE / f"{name}.csv").read_bytes()
    with writing(engine) as session:
        for document in sorted((EXAMPLE / "policies").glob("*.yaml")):
            publish_policy(session, document.read_text(encoding="utf-8"), now_ms=NOW_MS, actor="ana")
        for noun in ("partners", "merchants", "contracts", "incidents", "timeline", "exclusions", "impacts"):
            import_file(session, noun, files[noun], name=f"{noun}.csv", now_ms=NOW_MS, actor="ana")


def issue(engine, period: str = "2023-09", *, now_ms: int = NOW_MS) -> int:
    """Calculate, approve and issue a month; the run's number."""
    with writing(engine) as session:
        run_id = calculate_run(session, Month.parse(period), now_ms=now_ms, actor="ana").run_id
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=now_ms, actor="ben", issuer=ISSUER)
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=now_ms, actor="ben")
    return run_id
