"""Do a statement's number and its verification code belong together? For anyone who holds the paper."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from sla_service.db.engine import reading
from sla_service.db.statements import load_statement
from sla_service.domain.canonical import verification_code
from sla_service.domain.errors import NotFoundError
from sla_service.domain.statements import statement_from_json
from sla_service.formats.texts.conventions import DAY_FIRST, conventions_for
from sla_service.web.context import context

_NUMBER = re.compile(r"SC[MP]-[0-9]{4}-[0-9]{2}-[0-9]{7,12}", re.ASCII)
_CODE = re.compile(r"[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}", re.ASCII)

blueprint = Blueprint("verify", __name__)


@dataclass(frozen=True, slots=True)
class Genuine:
    """What is said of a statement whose code was known: nobody's name, and no amount."""

    issued_on: str
    month: str


@blueprint.get("/verify/<number>")
def check(number: str) -> str:
    """Ask for the code, or answer whether it is the statement's; an unknown number and a wrong code look the same."""
    code = request.args.get("code", "").strip().lower()
    return render_template(
        "portal/verify.html",
        issuer=context().issuer_name,
        contact=context().contact_email,
        number=number if _NUMBER.fullmatch(number) else "",
        asked=bool(code),
        genuine=_genuine(number, code) if code else None,
    )


def _genuine(number: str, code: str) -> Genuine | None:
    if not (_NUMBER.fullmatch(number) and _CODE.fullmatch(code)):
        return None
    try:
        with reading(context().engine) as session:
            record = load_statement(session, number)
            snapshot, sha256 = record.snapshot, record.snapshot_sha256
    except NotFoundError:
        return None
    if not hmac.compare_digest(verification_code(sha256).replace("-", ""), code.replace("-", "")):
        return None
    statement, ways = statement_from_json(snapshot), conventions_for(DAY_FIRST, "UTC", "en")
    return Genuine(ways.iso_day(statement.issued_on), ways.month(statement.period))
