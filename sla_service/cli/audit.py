"""``sla audit``: who did what, when, from where, with before and after."""

from __future__ import annotations

import json
import re
from typing import Any

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.ledger_print import when
from sla_service.cli.tables import table
from sla_service.db.audit import list_audit
from sla_service.db.tables import AuditRecord
from sla_service.domain.instants import format_instant, parse_date, parse_instant
from sla_service.domain.periods import midnight_ms

SHOWN = 50
MOST = 10_000
SHOWN_CHARACTERS = 100
"""Of a value in a table; ``--json`` has it whole."""
SHOWN_DIGITS = 12
"""Of a digest in a table."""
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@click.group()
def audit() -> None:
    """The audit log: every change with who made it, when, from where, and what was before and after."""


@audit.command("list")
@click.option("--subject", help='What was changed, or how its name begins: "run 1", "policy storefront-plus".')
@click.option("--actor", metavar="NAME", help="Who changed it.")
@click.option("--since", metavar="DAY", help="From this day (UTC) or instant on: 2023-10-01.")
@click.option("--limit", default=SHOWN, show_default=True, type=click.IntRange(1, MOST), help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_context
def audit_list(
    context: Context, subject: str | None, actor: str | None, since: str | None, limit: int, as_json: bool
) -> None:
    """Changes in the order in which they were made, the newest last."""
    since_ms = None if since is None else _since_ms(since)
    with context.reading() as session:
        found = list_audit(session, subject=subject, actor=actor, since_ms=since_ms, limit=limit)
    if as_json:
        click.echo(json.dumps(list(map(_mapping, found))))
        return
    if not found:
        click.echo("Nothing of the kind was logged.")
        return
    rows = [(when(one.at_ms), one.actor, one.origin, one.action, one.subject, changes(one)) for one in found]
    heads = ("when (UTC)", "who", "from", "action", "subject", "what changed")
    context.console.print(table("Audit log", heads, rows))
    if len(found) == limit:
        click.echo(f"These are the newest {limit:,}; --limit shows more.")


def _since_ms(text: str) -> int:
    return parse_instant(text) if "T" in text else midnight_ms(parse_date(text), "UTC")


def changes(entry: AuditRecord) -> str:
    """What was there for the first time on one line; otherwise a line for each thing that is not as it was.

    Who and when stand beside it already, and the count of a record's changes is for programs: they are left out.
    """
    before, after = (json.loads(one) if one else {} for one in (entry.before, entry.after))
    if not before:
        return "; ".join(f"{_title(name)}: {_short(name, value)}" for name, value in after.items() if value != "")
    # What is not said again stayed as it was; but where nothing is said, it is gone.
    names = [
        *(name for name in before if name in after or entry.after is None),
        *(name for name in after if name not in before),
    ]
    told = [
        f"{_title(name)}: {_short(name, before.get(name))} → {_short(name, after.get(name))}"
        for name in names
        if before.get(name) != after.get(name) and not _is_beside(entry, name, after.get(name))
    ]
    return "\n".join(told)


def _is_beside(entry: AuditRecord, name: str, value: object) -> bool:
    """Whether the table says it in another column."""
    return (
        name == "version"
        or (name.endswith("_at_ms") and value == entry.at_ms)
        or (name.endswith("_by") and value == entry.actor)
    )


def _title(name: str) -> str:
    return name.removesuffix("_ms").replace("_", " ")


def _short(name: str, value: object) -> str:
    """A value in a table: digests by their first digits, instants to the minute, lists with commas, the rest cut."""
    if value in (None, ""):
        return "none"
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)  # what an approval is bound to is stored as text
    if isinstance(value, dict):
        text = ", ".join(f"{_title(key)} {_short(key, one)}" for key, one in value.items())
    elif isinstance(value, list):
        text = ", ".join(_short(name, one) for one in value)
    elif isinstance(value, int) and name.endswith("_at_ms"):
        text = when(value)
    else:
        text = str(value)[:SHOWN_DIGITS] if _SHA256.fullmatch(str(value)) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def _mapping(entry: AuditRecord) -> dict[str, Any]:
    before, after = (json.loads(one) if one else None for one in (entry.before, entry.after))
    return {**entry.model_dump(), "at": format_instant(entry.at_ms), "before": before, "after": after}
