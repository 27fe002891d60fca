"""A merchant's pages behind a signed link: each request shows the link's merchant, and nobody else."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template, request
from sqlmodel import Session

from sla_service.db.engine import reading
from sla_service.db.parties import load_merchant
from sla_service.db.statements import find_document, load_statement
from sla_service.domain.errors import InvalidValueError, NotFoundError
from sla_service.domain.instants import EARLIEST_MS
from sla_service.domain.periods import Month
from sla_service.domain.statements import StatementKind
from sla_service.usecases.portal_links import open_portal_link
from sla_service.web.api.ids import known_id
from sla_service.web.context import context, write
from sla_service.web.portal.month_list import list_months
from sla_service.web.portal.month_page import lay_out

blueprint = Blueprint("portal", __name__, url_prefix="/portal/<token>")


@blueprint.before_request
def open_link() -> None:
    """Let nobody in without a link of ours that has not expired.

    Raises:
        ForbiddenError: Altered, not ours, or expired.
    """
    g.token = str((request.view_args or {})["token"])
    g.merchant_id = open_portal_link(context().secret_key, g.token, now_ms=context().clock())


@blueprint.get("/")
def home(token: str) -> str:  # noqa: ARG001 - read by open_link
    """The month that is running now."""
    return _page(None)


@blueprint.get("/months/<period>")
def month(token: str, period: str) -> str:  # noqa: ARG001
    """Any other month."""
    try:
        asked = Month.parse(period)
    except InvalidValueError as error:
        raise NotFoundError("there is no such month") from error
    return _page(asked)


def _page(asked: Month | None) -> str:
    now_ms = context().clock()
    with reading(context().engine) as session:
        merchant = load_merchant(session, g.merchant_id)
        current = Month.at(now_ms, merchant.time_zone)
        if asked is not None and not _can_be_shown(asked, current):
            raise NotFoundError("that month has not begun")
        page = lay_out(session, merchant, asked or current, now_ms=now_ms)
        months = list_months(session, merchant, current)
    return render_template(
        "portal/month.html",
        issuer=context().issuer_name,
        contact=context().contact_email,
        token=g.token,
        merchant=merchant,
        page=page,
        months=months,
    )


def _can_be_shown(asked: Month, current: Month) -> bool:
    """No page of the future, nor of a time before any evidence can be."""
    return asked <= current and asked.window("UTC").start_ms >= EARLIEST_MS


@blueprint.get("/statements/<number>.pdf")
def statement(token: str, number: str) -> Response:  # noqa: ARG001
    """A statement as it was issued.

    Raises:
        NotFoundError: There is none of that number, or it is another merchant's: the same answer.
    """
    known_id(number, "statement")
    with reading(context().engine) as session:
        _require_own(session, number)
        document = find_document(session, number)
        pdf = document.pdf if document else None
    if pdf is None:
        # Drawing takes a second and a library that pages do not need.
        from sla_service.usecases.render_statements import statement_pdf  # noqa: PLC0415

        fonts = context().fonts_dir
        pdf = write(context().engine, lambda session: statement_pdf(session, number, fonts_dir=fonts))
    headers = {"Content-Disposition": f'attachment; filename="{number}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)


def _require_own(session: Session, number: str) -> None:
    record = load_statement(session, number)
    if record.kind != StatementKind.MERCHANT or record.party_id != g.merchant_id:
        raise NotFoundError(f"there is no statement {number}")
