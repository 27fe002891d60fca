"""Signed links into the portal: each opens one merchant's pages, until it expires.

The instant of expiry is inside the signed part, so that a link cannot be made to live longer, and checking it takes
``now`` as an argument like everything else.
"""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeSerializer
from sqlmodel import Session

from sla_service.db.audit import record_change
from sla_service.db.parties import load_merchant
from sla_service.domain.errors import ForbiddenError
from sla_service.domain.instants import DAY_MS, format_instant

LINK_DAYS = 14
"""Long enough to read a statement after a holiday, short enough for a mail that is forwarded."""
_PURPOSE = "portal-merchant-1"


def sign_portal_link(secret_key: str, merchant_id: str, *, now_ms: int, days: int = LINK_DAYS) -> str:
    """The token of a link that opens a merchant's pages for ``days``."""
    payload = {"m": merchant_id, "until": now_ms + days * DAY_MS}
    return str(URLSafeSerializer(secret_key, salt=_PURPOSE).dumps(payload))


def make_portal_link(
    session: Session, secret_key: str, merchant_id: str, *, days: int = LINK_DAYS, now_ms: int, actor: str
) -> str:
    """A token for somebody to use: who made it, for whom and until when is in the audit log, the token is not.

    Raises:
        NotFoundError: There is no such merchant.
    """
    load_merchant(session, merchant_id)
    after = {"until": format_instant(now_ms + days * DAY_MS)}
    record_change(
        session, action="link.make", subject=f"merchant {merchant_id}", now_ms=now_ms, actor=actor, after=after
    )
    return sign_portal_link(secret_key, merchant_id, now_ms=now_ms, days=days)


def portal_address(public_url: str, token: str) -> str:
    """Where a token's pages are."""
    return f"{public_url.rstrip('/')}/portal/{token}/"


def open_portal_link(secret_key: str, token: str, *, now_ms: int) -> str:
    """The merchant whose pages a token opens.

    Raises:
        ForbiddenError: The token was altered or is not ours (``link_invalid``), or has expired (``link_expired``).
    """
    try:
        payload = URLSafeSerializer(secret_key, salt=_PURPOSE).loads(token)
        merchant_id, until_ms = str(payload["m"]), int(payload["until"])
    except (BadSignature, KeyError, TypeError, ValueError):
        message = "This link is not complete or was changed. Please open it from the original e-mail again."
        raise ForbiddenError("link_invalid", message) from None
    if now_ms >= until_ms:
        message = f"This link was valid until {format_instant(until_ms)}. Please ask us for a new one."
        raise ForbiddenError("link_expired", message)
    return merchant_id
