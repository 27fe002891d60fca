"""Headers of every answer: no script, no framing, no sniffing, no referrer, and nothing private in a cache."""

from __future__ import annotations

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A portal link's token is in its path: no other site may learn it.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
STATIC_SECONDS = 3_600
HTTPS_SECONDS = 31_536_000


def register_headers(app: Flask, *, https: bool) -> None:
    """Put them on every answer, refusals included.

    Args:
        app: The application.
        https: Whether readers reach it by https, so that browsers may be told never to try without.
    """

    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        is_style = request.endpoint in {"static", "theme.accent"} and response.status_code < 400  # noqa: PLR2004
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}" if is_style else "no-store"
        if https:
            response.headers["Strict-Transport-Security"] = f"max-age={HTTPS_SECONDS}"
        return response

    app.after_request(add)
