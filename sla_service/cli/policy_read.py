"""``sla policy explain``, ``schema``, ``print`` and ``list``: what policies say, for people and for programs."""

from __future__ import annotations

import json

import click
from rich.text import Text

from sla_service.cli.context import Context, pass_context
from sla_service.cli.policy_text import POLICY, policy_of
from sla_service.cli.tables import table
from sla_service.db.policies import list_policies
from sla_service.domain.instants import format_instant
from sla_service.formats.policy_schema import policy_schema
from sla_service.formats.policy_words import explain_policy
from sla_service.formats.policy_yaml import print_policy
from sla_service.formats.texts import DEFAULT_LANGUAGE

WIDTH = 100
"""Columns of a text to read, however wide the terminal is."""
INDENT = "  "
LANGUAGES = ("en", "zh")


@click.command("explain")
@POLICY
@click.option("--language", type=click.Choice(LANGUAGES), default=DEFAULT_LANGUAGE, show_default=True)
@pass_context
def policy_explain(context: Context, policy: str, language: str) -> None:
    """Say in sentences what a policy means, to be compared with the contract. FILE, or a published name@version."""
    console = context.console
    width = min(WIDTH, console.width)
    for number, section in enumerate(explain_policy(policy_of(context, policy), language)):
        if number:
            console.out("")
        console.print(Text(section.title, style="bold"), width=width)
        for sentence in section.sentences:
            for line in Text(sentence).wrap(console, width - len(INDENT)):
                console.out(f"{INDENT}{line.plain.rstrip()}")


@click.command("schema")
def policy_schema_() -> None:
    """Print the JSON Schema of policy files, for editors that check while you write."""
    click.echo(json.dumps(policy_schema(), indent=2, ensure_ascii=False))


@click.command("print")
@POLICY
@pass_context
def policy_print(context: Context, policy: str) -> None:
    """Print a policy in its canonical form: fixed order, defaults left out. FILE, or a published name@version."""
    click.echo(print_policy(policy_of(context, policy)), nl=False)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="All versions as JSON.")
@pass_context
def policy_list(context: Context, as_json: bool) -> None:
    """Published versions with the days on which they are in force."""
    with context.reading() as session:
        found = [
            {
                "policy": one.policy,
                "version": one.version,
                "service": one.service,
                "effective_from": one.effective_from,
                "effective_to": one.effective_to,
                "digest": one.digest,
                "published_at": format_instant(one.published_at_ms),
                "published_by": one.published_by,
            }
            for one in list_policies(session)
        ]
    if as_json:
        click.echo(json.dumps(found))
        return
    if not found:
        click.echo("No policy is published yet; publish one with `sla policy publish FILE`.")
        return
    cells = [
        (
            f"{one['policy']}@{one['version']}",
            one["service"],
            one["effective_from"],
            one["effective_to"] or "no end",
            one["published_by"],
            str(one["digest"])[:12],
        )
        for one in found
    ]
    heads = ("policy", "service", "from", "until", "published by", "digest")
    context.console.print(table("Published policies", heads, cells))
