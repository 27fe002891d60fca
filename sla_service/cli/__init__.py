"""The ``sla`` command: reads the clock, opens transactions, shows progress; decides nothing."""

from __future__ import annotations

import re

import click

from sla_service import __version__
from sla_service.cli.audit import audit
from sla_service.cli.check import check
from sla_service.cli.context import Context
from sla_service.cli.data import db, import_
from sla_service.cli.demo import demo
from sla_service.cli.errors import TeachingGroup
from sla_service.cli.explain import explain
from sla_service.cli.export import export
from sla_service.cli.fonts import fonts
from sla_service.cli.history import history
from sla_service.cli.keys import key, link
from sla_service.cli.ledger import ledger
from sla_service.cli.mail import mail
from sla_service.cli.policy import policy
from sla_service.cli.reconcile import reconcile
from sla_service.cli.run import run
from sla_service.cli.statement import statement
from sla_service.domain.errors import InvalidValueError

EPILOG = """\b
The month, in order:
  sla db upgrade
  sla policy publish examples/2023-09-19/policies/*.yaml
  sla import partners|merchants|contracts|incidents|timeline|impacts|exclusions FILE
                                      and, if a policy asks: units|usage|charges|claims
  sla run calculate --period 2023-09
  sla run show 1                      what would be credited, and what is parked
  sla run decide 1 42 --amount "12.00 USD" --reason "why"   what no formula decides
  sla --as ben run approve 1          a second person
  sla run issue 1                     PostgreSQL: with as many `sla worker` as wanted
  sla statement render --run 1 -o statements/
  sla export all --run 1 -o exports/
  sla mail send --run 1
  sla reconcile 1                     statements, ledger, exports and mail are the same money
  sla ledger apply used.csv           what billing took off its invoices
  sla ledger verify
  sla check                           that everything is as it must be

\b
Exit codes: 0 done, 2 wrong usage, 3 data refused, 4 not found, 5 already decided otherwise,
6 not allowed, 7 a setting is missing, 8 done but some cases are parked for a person,
9 done, and what should be the same differs, 130 left by Ctrl-C."""


def parse_actor(name: str) -> str:
    """A person's name as it goes into the records: letters, digits and ``. _ @ -``, so that two names are two people.

    Raises:
        InvalidValueError: Anything else, an empty name or blanks included.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", name) is None:
        raise InvalidValueError.of("actor", "give --as a name of letters, digits and . _ @ -", value=name)
    return name


@click.group(cls=TeachingGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--as", "actor", metavar="NAME", help="Who is asking; your login name if left out.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
@click.version_option(__version__, prog_name="sla")
@click.pass_obj
def cli(context: Context, actor: str | None, quiet: bool) -> None:
    """Turn outages into money owed, exactly: availability, service credits, statements.

    Without any setting it works on an embedded database in ./var; see `SLA_HOME` and `SLA_DATABASE_URL`.
    """
    context.actor = parse_actor(context.actor if actor is None else actor)
    context.quiet = quiet


COMMANDS = (
    *(db, import_, policy, run, statement, export, reconcile, ledger, audit, check),
    *(explain, history, mail, key, link, fonts, demo),
)
for command in COMMANDS:
    cli.add_command(command)
