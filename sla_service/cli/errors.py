"""Refusals in the terminal: what, where, why and how to mend it; and exit codes that scripts can tell apart."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click
from sqlalchemy.exc import DBAPIError

from sla_service.domain.errors import (
    ChangedError,
    ConflictError,
    ForbiddenError,
    InvalidValueError,
    MissingSettingsError,
    NotFoundError,
    SlaError,
)

EXIT_CODES: dict[type[SlaError], int] = {
    InvalidValueError: 3,
    NotFoundError: 4,
    ConflictError: 5,
    ChangedError: 5,
    ForbiddenError: 6,
    MissingSettingsError: 7,
}
EXIT_LEFT = 130
"""Left by Ctrl-C, as shells say it; workers go on."""
EXIT_PARKED = 8
"""Done, but some cases wait for a person."""
EXIT_DIFFERENT = 9
"""Done, and what should be the same is not."""
SHOWN_PROBLEMS = 20
"""Lines of problems in a terminal; `--json` and the API give up to a thousand."""


class TeachingGroup(click.Group):
    """The root group: refusals, ours and the machine's, become messages and exit codes; a defect is raised."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run a command."""
        try:
            return super().invoke(ctx)
        except SlaError as error:
            refuse(error)
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            click.echo(f"The database cannot be used: {reason}. Check SLA_DATABASE_URL, or SLA_HOME.", err=True)
            sys.exit(EXIT_CODES[MissingSettingsError])
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            click.echo(f"Not possible: {error.strerror or error}{where}.", err=True)
            sys.exit(EXIT_CODES[MissingSettingsError])


def refuse(error: SlaError) -> NoReturn:
    """Say what was refused, and leave with the exit code that says who must act."""
    _print(error)
    sys.exit(EXIT_CODES.get(type(error), 1))


def _print(error: SlaError) -> None:
    if isinstance(error, InvalidValueError):
        for problem in error.problems[:SHOWN_PROBLEMS]:
            click.echo(f"  {problem}", err=True)
        if error.total > SHOWN_PROBLEMS:
            click.echo(f"  … and {error.total - SHOWN_PROBLEMS:,} more", err=True)
        count = f"{error.total:,} problem{'s' if error.total != 1 else ''}"
        click.echo(f"Refused, nothing was changed: {count}.", err=True)
        return
    click.echo(f"Refused: {error}.".replace("..", "."), err=True)
