"""A month that rests on a row of every noun, and every kind of change to what it rests on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import text

from sla_service.db import guards
from sla_service.db.engine import writing
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.policies import publish_policy
from tests.cli import wide

CHARGED = """
policy: charged
version: 1
effective: {from: 2023-01-01}
service: charged
period: {kind: month, time_zone: UTC}
indicator: {kind: windows, curve: step}
target: 99.9%
base: {of: usage}
credit:
  - {below: 99.9%, from: 99%, pay: 10%}
  - {below: 99%, pay: 25%}
"""
NEXT_VERSION = CHARGED.replace("version: 1", "version: 2").replace("pay: 25%", "pay: 26%")
FILES = {
    "partners": "partner_id,name,email,locale,time_zone,currency\n"
    "P1,Compass Partners,p1@agency.example,en,Europe/Berlin,EUR\n",
    **wide.FILES,
    "merchants": wide.FILES["merchants"].replace("europe,,,2023", "europe,P1,,2023")
    + "charged,Store charged,charged@store.example,en-GB,UTC,GB,USD,europe,P1,,2023-01-01,\n",
    "contracts": wide.FILES["contracts"] + "charged,charged,charged,300.00,USD,2023-01-01,\n",
    "charges": "merchant_id,service,month,kind,amount,currency\ncharged,charged,2023-09,usage,250.00,USD\n",
    "incidents": wide.FILES["incidents"]
    + "INC-charged,Down,charged,a broken switch,2023-09-13T10:00Z,2023-09-13T11:40Z,alerts,a/charged\n",
    "timeline": "incident_id,at,share_available\nINC-charged,2023-09-13T10:00Z,0\nINC-charged,2023-09-13T11:40Z,100\n",
    "claims": "merchant_id,service,month,claimed_at,aware_at\n"
    "claimed,claimed,2023-09,2023-10-01T10:00Z,2023-09-13T12:00Z\n",
}
OUTAGE = "2023-09-13T10:00Z,2023-09-13T11:40Z"
EDITS = {
    "partners": ("Compass", "Kompass"),
    "merchants": ("Store week", "Shop week"),
    "contracts": ("week,week,week,300.00", "week,week,week,300.01"),
    "units": ("west,2023-01-01,", "west,2023-01-01,2023-09-30"),
    "charges": ("250.00", "250.01"),
    "incidents": ("2023-09-13T11:40Z,alerts,a/week", "2023-09-13T11:41Z,alerts,a/week"),
    "timeline": ("10:00Z,0\n", "10:00Z,1\n"),
    "impacts": (f"INC-week,week,week,,{OUTAGE},1", f"INC-week,week,week,,{OUTAGE},0.999999"),
    "exclusions": ("2023-09-21T00:50Z,2023", "2023-09-21T00:49Z,2023"),
    "usage": ("100000,2500", "100000,2501"),
    "claims": ("2023-10-01T10:00Z", "2023-10-01T10:01Z"),
}  # fmt: skip
"""Of each noun's file: what is there, and what comes in its place."""
STATEMENTS = {
    "a partner's name": ("UPDATE partners SET name = {}", "'Kompass'", "'Compass Partners'"),
    "a partner's address": ("UPDATE partners SET email = {}", "'x@agency.example'", "'p1@agency.example'"),
    "a partner's language": ("UPDATE partners SET locale = {}", "'de'", "'en'"),
    "a partner's zone": ("UPDATE partners SET time_zone = {}", "'Asia/Tokyo'", "'Europe/Berlin'"),
    "a merchant's name": ("UPDATE merchants SET name = {} WHERE merchant_id = 'week'", "'Shop'", "'Store week'"),
    "a merchant's address": (
        "UPDATE merchants SET email = {} WHERE merchant_id = 'week'", "'x@store.example'", "'week@store.example'",
    ),
    "a merchant's account": ("UPDATE merchants SET billing_ref = {} WHERE merchant_id = 'week'", "'B-9'", "NULL"),
    "a merchant's language": ("UPDATE merchants SET locale = {} WHERE merchant_id = 'week'", "'zh'", "'en-GB'"),
    "a merchant's zone": ("UPDATE merchants SET time_zone = {} WHERE merchant_id = 'week'", "'Asia/Tokyo'", "'UTC'"),
    "a merchant's region": ("UPDATE merchants SET region = {} WHERE merchant_id = 'week'", "'asia'", "'europe'"),
    "a merchant's partner": ("UPDATE merchants SET partner_id = {} WHERE merchant_id = 'week'", "NULL", "'P1'"),
    "a contract's fee": (
        "UPDATE contracts SET monthly_fee_minor = {} WHERE merchant_id = 'week'", "30001", "30000",
    ),
    "a contract's policy": ("UPDATE contracts SET policy = {} WHERE merchant_id = 'week'", "'hits'", "'week'"),
    "a unit's last day": ("UPDATE units SET ends_on = {} WHERE unit = 'west'", "'2023-09-30'", "NULL"),
    "a charge": ("UPDATE charges SET amount = {}", "'250.01'", "'250'"),
    "an incident's end": (
        "UPDATE incidents SET ended_at_ms = ended_at_ms {} WHERE incident_id = 'INC-week'", "+ 1", "- 1",
    ),
    "an incident's title": ("UPDATE incidents SET title = {} WHERE incident_id = 'INC-week'", "'Off'", "'Down'"),
    "a point of a timeline": (
        "UPDATE timeline_points SET available_ppm = available_ppm {} WHERE available_ppm < 10", "+ 1", "- 1",
    ),
    "an impact's share": (
        "UPDATE impacts SET share_ppm = {} WHERE merchant_id = 'week'", "999999", "1000000",
    ),
    "an impact's end": (
        "UPDATE impacts SET ended_at_ms = ended_at_ms {} WHERE merchant_id = 'hits'", "+ 1", "- 1",
    ),
    "an exclusion's end": ("UPDATE exclusions SET ended_at_ms = ended_at_ms {}", "- 1", "+ 1"),
    "an exclusion's kind": ("UPDATE exclusions SET kind = {}", "'customer'", "'maintenance'"),
    "a count of failed requests": ("UPDATE usage SET failed = failed {} WHERE failed > 1000", "+ 1", "- 1"),
    "a metric's value": (
        "UPDATE usage SET value_nano = value_nano {} WHERE merchant_id = 'metric'", "+ 1", "- 1",
    ),
    "a claim": ("UPDATE claims SET claimed_at_ms = claimed_at_ms {}", "+ 1", "- 1"),
    "a decision's amount": ("UPDATE decisions SET amount_minor = amount_minor {}", "+ 1", "- 1"),
    "a decision's reason": ("UPDATE decisions SET reason = {}", "'other'", "'agreed by mail'"),
    "a stated amount": (
        "UPDATE credits SET stated_minor = stated_minor {} WHERE run_id = 2 AND merchant_id = 'week'", "+ 1", "- 1",
    ),
}  # fmt: skip
"""By hand in the database: the statement, the value that it writes, and the one that was there."""
ROWS = {
    "an impact that is new": (
        "INSERT INTO impacts (incident_id, merchant_id, service, unit, started_at_ms, ended_at_ms, share_ppm) "
        "VALUES ('INC-week', 'week', 'week', '', 1694900000000, 1694900060000, 1)",
        "DELETE FROM impacts WHERE started_at_ms = 1694900000000",
    ),
    "an impact that is gone": (
        "UPDATE impacts SET merchant_id = 'free' WHERE merchant_id = 'hits'",
        "UPDATE impacts SET merchant_id = 'hits' WHERE incident_id = 'INC-hits'",
    ),
    "a contract of a merchant behind all others": (
        "INSERT INTO contracts (merchant_id, service, policy, monthly_fee_minor, currency, starts_on) "
        "VALUES ('zz-new', 'week', 'week', 100, 'USD', '2023-01-01')",
        "DELETE FROM contracts WHERE merchant_id = 'zz-new'",
    ),
    "a contract of a merchant before all others": (
        "INSERT INTO contracts (merchant_id, service, policy, monthly_fee_minor, currency, starts_on) "
        "VALUES ('0-new', 'week', 'week', 100, 'USD', '2023-01-01')",
        "DELETE FROM contracts WHERE merchant_id = '0-new'",
    ),
}
"""Rows that come or go, and the way back."""
NEWCOMERS = "".join(
    f"{name},Store {name},x@store.example,en-GB,UTC,GB,USD,europe,,,2023-01-01,\n" for name in ("0-new", "zz-new")
)
"""Merchants without a contract."""


@dataclass(frozen=True)
class Kind:
    """A change: what it is called, how it is made and unmade, and the component that must be named."""

    name: str
    make: Callable[[], None]
    unmake: Callable[[], None]


def load(engine) -> None:
    """Publish the policies and import the files."""
    with writing(engine) as session:
        for document in (*wide.POLICIES.values(), CHARGED):
            publish_policy(session, document, now_ms=wide.NOW_MS, actor="ann")
    files = {**FILES, "merchants": FILES["merchants"] + NEWCOMERS}
    for noun, rows in files.items():
        import_rows(engine, noun, rows)


def import_rows(engine, noun, rows, *, update=False):
    with writing(engine) as session:
        import_file(session, noun, rows.encode(), name=f"{noun}.csv", now_ms=wide.NOW_MS, actor="ann", update=update)


def execute(engine, statement):
    """As the database's owner does it, past every guard; exactly one row or more must change."""
    with writing(engine) as session:
        guards.remove(session.connection())
        assert session.connection().execute(text(statement)).rowcount >= 1, statement
        guards.install(session.connection())


def kinds(engine) -> Iterator[Kind]:
    """Every change of data: by file, by hand, a row more or less, and a new version of a policy."""
    for noun, (was, is_) in EDITS.items():
        assert was in FILES[noun], noun
        edited = FILES[noun].replace(was, is_, 1)
        yield Kind(
            f"{noun} by import --update",
            lambda noun=noun, edited=edited: import_rows(engine, noun, edited, update=True),
            lambda noun=noun: import_rows(engine, noun, FILES[noun], update=True),
        )
    for name, (statement, now, before) in STATEMENTS.items():
        yield Kind(
            f"{name} by hand",
            lambda statement=statement, now=now: execute(engine, statement.format(now)),
            lambda statement=statement, before=before: execute(engine, statement.format(before)),
        )
    for name, (there, back) in ROWS.items():
        yield Kind(name, lambda there=there: execute(engine, there), lambda back=back: execute(engine, back))
    yield Kind(
        "a new version of a policy that comes into force",
        lambda: publish(engine, NEXT_VERSION),
        lambda: execute(engine, "DELETE FROM policies WHERE version = 2"),
    )


def publish(engine, document):
    with writing(engine) as session:
        publish_policy(session, document, now_ms=wide.NOW_MS, actor="ann")


@contextmanager
def replaced(target, name, value):
    """An attribute with another value for a while."""
    before = getattr(target, name)
    setattr(target, name, value)
    try:
        yield
    finally:
        setattr(target, name, before)


def logged_reasons(entries):
    """What the audit log says of approvals that were taken back."""
    said = [json.loads(one.after) for one in entries if one.action == "run.calculated"]
    return [one["approval_reason"] for one in said if "approval_reason" in one]
