"""Settings, read once from the environment; the embedded default needs no variable at all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sla_service.domain.bounds import CHANGE_PERCENT, Bounds, parse_bound
from sla_service.domain.errors import InvalidValueError, MissingSettingsError, Problem, shown
from sla_service.domain.money import Money

PREFIX = "SLA_"
TESTS = "SLA_TEST_"
"""Names that the tests keep for themselves."""
BOUNDS = ("bound_merchant", "bound_run")
"""Settings that are amounts."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CUSTOMERS = ("billing_ref", "merchant_id", "name")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "ledger_customer": _CUSTOMERS,
    "ledger_dates": ("YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY"),
    "xero_contact": _CUSTOMERS,
    "xero_sign": ("positive", "negative"),
}
"""Settings that are one of a few words."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may differ between two installations. ``docs/operations.md`` explains each one."""

    home: Path = Path("var")
    """Folder of the embedded database, the generated secret and the prepared fonts."""
    database_url: str = ""
    """SQLAlchemy URL; the embedded SQLite database in ``home`` if empty."""
    fonts_dir: str = ""
    """Folder of the fonts that are prepared for documents, once per machine; ``fonts`` in ``home`` if empty."""
    checkpoint_file: str = ""
    """Where the heads of ledger and audit log are kept outside of the database; ``ledger.checkpoint`` in ``home`` if
    empty."""
    secret_key: str = ""
    """Signs portal links; generated into ``home`` on first use if empty (then keep that file)."""
    public_url: str = ""
    """Where readers reach the portal, for links in mails and on statements."""
    issuer_name: str = "Northlight Commerce"
    issuer_address: tuple[str, ...] = ()
    """Lines separated by ``|`` in the environment."""
    contact_email: str = "sla@northlight.example"
    accent: str = "#0b5563"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: bool = True
    mail_from: str = ""
    account_debit: str = "4910 Service credits"
    """Journal: contra revenue, debited when a credit is issued."""
    account_credit: str = "2310 Credits owed to merchants"
    """Journal: liability, credited until the credit is used."""
    ledger_customer: str = "billing_ref"
    """Which name of a merchant is the customer's in NetSuite and QuickBooks."""
    ledger_item: str = "Service credit"
    """NetSuite's item, QuickBooks' product or service."""
    ledger_dates: str = "YYYY-MM-DD"
    """How days are written for NetSuite and QuickBooks; Xero has one way."""
    netsuite_location: str = ""
    netsuite_apply: str = ""
    """External id of the invoice that a memo is applied to; memos stay open if empty."""
    xero_contact: str = "name"
    xero_account: str = "4910"
    xero_tax: str = "Tax Exempt"
    xero_sign: str = "positive"
    quickbooks_tax: str = "NON"

    bound_merchant: tuple[Money, ...] = Bounds().merchant
    """The most that a run credits one merchant before a second approver is needed; ``|`` between currencies."""
    bound_run: tuple[Money, ...] = Bounds().run
    """The most that a run comes to before a second approver is needed."""
    bound_change: int = CHANGE_PERCENT
    """Percent by which a run may differ from what was issued for the month before."""

    batch_merchants: int = 20_000
    """Merchants of a run whose credits are calculated, or whose statements are issued, in one transaction."""
    worker_lost_seconds: int = 30
    """How long after its last sign of life a worker counts as lost, and its batch goes to another."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read ``SLA_HOME``, ``SLA_DATABASE_URL`` …: each field in capitals, behind ``SLA_``.

        Raises:
            InvalidValueError: There is no such setting, or one cannot be read; all of them at once.
        """
        _refuse_unknown(env)
        given = {key.removeprefix(PREFIX).lower(): value for key, value in env.items() if key.startswith(PREFIX)}
        values: dict[str, object] = {}
        bad: list[Problem] = []
        for field, default in cls().fields().items():
            if field not in given:
                continue
            try:
                values[field] = _read(field, given[field], default)
            except (ValueError, KeyError, IndexError, AttributeError, InvalidValueError):
                name, found = PREFIX + field.upper(), shown(given[field])
                bad.append(Problem("setting_value", f"{name}: write {_form(field, default)}", value=found))
        if bad:
            raise InvalidValueError(bad)
        return cls(**values)  # type: ignore[arg-type]

    def fields(self) -> dict[str, object]:
        """Names and values of all settings."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.home / 'sla.db'}"

    @property
    def bounds(self) -> Bounds:
        """What stops a run for one more person."""
        return Bounds(self.bound_merchant, self.bound_run, self.bound_change)

    @property
    def fonts(self) -> Path:
        """Where prepared fonts are kept."""
        return Path(self.fonts_dir) if self.fonts_dir else self.home / "fonts"

    @property
    def checkpoint(self) -> Path:
        """Where the chains' heads are kept."""
        return Path(self.checkpoint_file) if self.checkpoint_file else self.home / "ledger.checkpoint"

    def require(self, *names: str, purpose: str) -> None:
        """Insist on settings that have no sensible default, where they are first needed.

        Raises:
            MissingSettingsError: Names all that are missing.
        """
        missing = [PREFIX + name.upper() for name in names if not getattr(self, name)]
        if missing:
            raise MissingSettingsError(missing, purpose)


def _refuse_unknown(env: Mapping[str, str]) -> None:
    """A setting that is misspelt would be a default in silence: the wrong database, say."""
    known = [PREFIX + name.upper() for name in Settings.__dataclass_fields__]
    unknown = [name for name in env if name.startswith(PREFIX) and name not in known and not name.startswith(TESTS)]
    problems = []
    for name in sorted(unknown):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "docs/operations.md lists all settings"
        problems.append(Problem("setting_unknown", f"there is no setting {name}; {hint}"))
    if problems:
        raise InvalidValueError(problems)


def _form(field: str, default: object) -> str:
    if field in CHOICES:
        return f"one of: {', '.join(CHOICES[field])}"
    if field == "netsuite_apply":
        return "text with no other braces than {customer}, {merchant} and {period}, such as INV-{customer}-{period}"
    if field in BOUNDS:
        return "a currency and an amount for each, such as USD 5000|EUR 5000"
    match default:
        case bool():
            return "yes or no"
        case int():
            return "a whole number"
    return "a colour such as #0b5563"


def _whole(field: str, text: str) -> int:
    number = int(text)
    if field == "bound_change" and number < 0:
        raise ValueError(field)
    return number


def _read(field: str, text: str, default: object) -> object:
    match default:
        case tuple() if field in BOUNDS:
            return tuple(parse_bound(part.strip()) for part in text.split("|") if part.strip())
        case bool():
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        case int():
            return _whole(field, text)
        case Path():
            return Path(text)
        case tuple():
            return tuple(part.strip() for part in text.split("|") if part.strip())
    is_colourless = field == "accent" and _COLOUR.fullmatch(text) is None
    if is_colourless or text not in CHOICES.get(field, (text,)):
        raise ValueError(field)
    if field == "netsuite_apply":
        text.format(customer="", merchant="", period="")
    return text
