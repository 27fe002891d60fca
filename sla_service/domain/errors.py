"""What can go wrong, grouped by who must act.

Status codes and exit codes are not known here: ``web/errors.py`` and ``cli/errors.py`` map them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_VALUE_CHARACTERS = 80
"""A refused value is repeated to its sender, but never so long that it drowns the message."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One refused thing: the rule it broke, where it stands, and what to do about it."""

    rule: str
    """Stable code in lower snake case, for programs: ``offset_required``."""
    message: str
    """What to do, in words, for people."""
    path: str = ""
    """Where in a structured document: ``credit[1].below``."""
    line: int | None = None
    """Line of the file, the header being line 1."""
    column: str | None = None
    """Header of the column."""
    value: str | None = None
    """What was found, cut to ``SHOWN_VALUE_CHARACTERS`` by ``shown``."""

    def __str__(self) -> str:
        """One line for a terminal or a log."""
        place = [f"line {self.line}"] if self.line is not None else []
        place += [f"column {self.column}"] if self.column else []
        place += [self.path] if self.path else []
        found = f" (found {self.value!r})" if self.value is not None else ""
        return f"{', '.join(place)}: {self.message}{found}" if place else f"{self.message}{found}"


def shown(value: object) -> str:
    """Make a refused value safe and short enough to be repeated to its sender."""
    # One more than is shown, so that a cut can be told from an end.
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(value)[: SHOWN_VALUE_CHARACTERS + 1])
    return text if len(text) <= SHOWN_VALUE_CHARACTERS else text[: SHOWN_VALUE_CHARACTERS - 1] + "…"


class SlaError(Exception):
    """Root of everything that this product raises on purpose."""


class InvalidValueError(SlaError):
    """The sender must change the data. Carries every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem], *, total: int | None = None) -> None:
        self.problems = tuple(problems)
        self.total = len(self.problems) if total is None else total
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def of(cls, rule: str, message: str, *, value: object = None, path: str = "") -> InvalidValueError:
        """Refuse one value; where it stands is added by whoever knows (``at_line``)."""
        return cls([Problem(rule, message, path=path, value=None if value is None else shown(value))])


class NotFoundError(SlaError):
    """There is no such thing, or it is not yours: the same answer for both."""


class ConflictError(SlaError):
    """It has already been decided otherwise; the message says what is and what is possible next."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(message)


class ChangedError(SlaError):
    """What was agreed to is not what is there now; the message names what changed."""

    def __init__(self, changes: Iterable[str], message: str) -> None:
        self.rule = "changed"
        self.changes = tuple(changes)
        super().__init__(message)


class ForbiddenError(SlaError):
    """This person may not do this; the message names the rule."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(message)


class MissingSettingsError(SlaError):
    """The operator must set something; all missing names at once."""

    def __init__(self, names: Iterable[str], purpose: str) -> None:
        self.names = tuple(names)
        super().__init__(f"To {purpose}, set {', '.join(self.names)} in the environment.")
