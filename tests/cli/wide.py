"""A September 2023 of contracts that are not the usual one: each merchant is called by its kind of policy."""

from __future__ import annotations

from sla_service.db.credits import list_parked
from sla_service.db.engine import writing
from sla_service.domain.instants import parse_instant
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.statements import Issuer
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.decide_credit import decide_credit
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.policies import publish_policy
from tests.runs import submit_and_approve

NOW_MS = parse_instant("2023-10-02T01:00:00Z")

_HEAD = """
policy: {name}
version: 1
effective: {{from: 2023-01-01}}
service: {name}
"""
_MONTH = "period: {kind: month, time_zone: UTC}\n"
_WINDOWS = "indicator: {kind: windows, curve: step}\n"
_TABLE = "credit:\n  - {below: 99.9%, from: 99%, pay: 10%}\n  - {below: 99%, pay: 25%}\n"
TERMS = {
    "quarter": "period: {kind: quarter, time_zone: UTC}\n"
    + _WINDOWS
    + "target: 99.9%\n"
    + _TABLE
    + "base: {of: period_fee}\n",
    "week": "period: {kind: week, time_zone: UTC, starts: monday}\n" + _WINDOWS + "target: 99.9%\n" + _TABLE,
    "events": _MONTH + "indicator: {kind: events}\ntarget: 99.9%\n" + _TABLE + "cap: {at: 5%}\n",
    "metric": _MONTH + "indicator: {kind: metric, name: latency, unit: ms}\ntarget: 200\n"
    "credit: [{above: 200, up_to: 400, pay: 5%}, {above: 400, pay: 10%}]\n",
    "free": _MONTH + _WINDOWS + "credit: {kind: blocks, block: 30 min, pay: 5.00 USD, per: outage}\n",
    "hits": _MONTH + _WINDOWS + "credit: {kind: hits, span: day, pay: 1/30, longer_than: 5 min}\n",
    "longer": _MONTH + _WINDOWS + "target: 99.9%\ncredit: {kind: multiple, times: 10, whole: 1 d}\n"
    "settle: {form: term_extension}\ncap: {at: 30 d}\n",
    "claimed": _MONTH + _WINDOWS + "target: 99.9%\n" + _TABLE + "claim: {within: 30 days, since: period_end}\n",
    "manual": _MONTH + _WINDOWS + "target: 99.9%\ncredit: {kind: manual, why: the parties agree on it}\n",
    "sites": "subject: unit\n" + _MONTH + _WINDOWS + "target: 99.9%\n" + _TABLE,
    "rounded": _MONTH + _WINDOWS + "qualify: {minimum_run: 5 min, grace: 1 min}\n"
    "exclude:\n"
    "  - {kind: maintenance, notice: 72 h, allowance: 30 min per month}\n"
    "  - {kind: recurring, days: [sunday], from: 02:00, to: 05:00, time_zone: UTC}\n"
    "quantise: [{kind: outage, to: 1 min, round: up}, {kind: availability, to: 0.1%, round: down}]\n"
    "target: 99.9%\n" + _TABLE + "chronic: {missed: 1, of: 1, then: terminate}\n",
}
POLICIES = {name: _HEAD.format(name=name) + terms for name, terms in TERMS.items()}
_MERCHANTS = (
    "merchant_id,name,email,locale,time_zone,country,currency,region,partner_id,billing_ref,active_from,active_to\n"
)
FILES = {
    "merchants": _MERCHANTS
    + "".join(f"{n},Store {n},{n}@store.example,en-GB,UTC,GB,USD,europe,,,2023-01-01,\n" for n in TERMS),
    "contracts": "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
    + "".join(f"{n},{n},{n},300.00,USD,2023-01-01,\n" for n in TERMS),
    "units": "merchant_id,service,unit,starts_on,ends_on\n"
    + "".join(f"sites,sites,{site},2023-01-01,\n" for site in ("north", "south", "west")),
    "incidents": "incident_id,title,service,cause,started_at,ended_at,source,source_ref\n"
    + "".join(
        f"INC-{n},Down,{n},a broken switch,2023-09-13T10:00Z,2023-09-13T11:40Z,alerts,a/{n}\n"
        for n in TERMS
        if n not in {"events", "metric"}
    ),
    "impacts": "incident_id,merchant_id,service,unit,started_at,ended_at,share\n"
    + "".join(
        f"INC-{n},{n},{n},{'north' if n == 'sites' else ''},2023-09-13T10:00Z,2023-09-13T11:40Z,1\n"
        for n in TERMS
        if n not in {"events", "metric"}
    )
    + "INC-rounded,rounded,rounded,,2023-09-10T03:00Z,2023-09-10T03:20Z,1\n"
    + "INC-rounded,rounded,rounded,,2023-09-20T03:00Z,2023-09-20T03:02Z,1\n"
    + "INC-rounded,rounded,rounded,,2023-09-21T00:00Z,2023-09-21T00:50Z,1\n",
    "exclusions": "exclusion_id,kind,service,region,merchant_id,started_at,ended_at,announced_at,reason\n"
    "X1,maintenance,rounded,,rounded,2023-09-21T00:00Z,2023-09-21T00:50Z,2023-09-01T00:00Z,Upgrade\n",
    "usage": "merchant_id,service,started_at,ended_at,requests,failed,value\n"
    "events,events,2023-09-05T00:00Z,2023-09-05T01:00Z,100000,2500,\n"
    "events,events,2023-09-06T00:00Z,2023-09-06T01:00Z,100000,0,\n"
    "metric,metric,2023-09-05T00:00Z,2023-09-05T01:00Z,,,250.5\n",
}


def load(engine) -> None:
    """Publish the policies and import the files."""
    with writing(engine) as session:
        for document in POLICIES.values():
            publish_policy(session, document, now_ms=NOW_MS, actor="ann")
    for noun, text in FILES.items():
        with writing(engine) as session:
            import_file(session, noun, text.encode(), name=f"{noun}.csv", now_ms=NOW_MS, actor="ann")


ISSUER = Issuer("Northlight Commerce", (), "sla@northlight.example", "#0b5563", "")


def calculate(engine) -> int:
    """Calculate September as ann."""
    with writing(engine) as session:
        return calculate_run(session, Month(2023, 9), now_ms=NOW_MS, actor="ann").run_id


def issue(engine) -> None:
    """Calculate, let cleo decide what has no answer, calculate again, approve, issue."""
    draft = calculate(engine)
    with writing(engine) as session:
        (parked,) = list_parked(session, draft)
        amount = Money("USD", 1_200)
        decide_credit(session, draft, parked.credit_no, amount, reason="agreed by mail", now_ms=NOW_MS, actor="cleo")
    run_id = calculate(engine)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
