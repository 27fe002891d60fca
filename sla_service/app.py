"""Composition root: the only module that knows all others, and the only one that reads the environment."""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask

from sla_service.config import Settings
from sla_service.db.engine import create_engine, has_queue, writing
from sla_service.db.job_queue import require_queue
from sla_service.domain.errors import ConflictError, InvalidValueError, MissingSettingsError, SlaError
from sla_service.usecases.progress import Progress

if TYPE_CHECKING:
    from sla_service.cli.context import Context
    from sla_service.usecases.queue_run import Standing

MAX_BODY_BYTES = 16 * 1024 * 1024
"""The largest call is 10,000 impacts at well under a kilobyte each; files go through the command line."""
SECRET_FILE = "secret.key"  # noqa: S105 - a file's name
SECRET_BYTES = 32
MIN_SECRET_CHARACTERS = 32
MIN_LOST_S = 3
"""A worker's signs of life are a third of it apart, and a second is the shortest that they can be."""
TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


def create_app(settings: Settings, *, clock: Callable[[], int] | None = None) -> Flask:
    """The web application.

    Args:
        settings: From ``Settings.from_env``.
        clock: Now, in milliseconds since 1970; the system's clock if not given.

    Raises:
        MissingSettingsError: The secret is too short to sign anything.
    """
    # The terminal pays for Flask only when it serves.
    from sla_service.usecases.issue_run import issuer_of  # noqa: PLC0415
    from sla_service.usecases.work_run import work_run  # noqa: PLC0415
    from sla_service.web import register  # noqa: PLC0415
    from sla_service.web.context import WebContext  # noqa: PLC0415

    app = Flask("sla_service.web", static_url_path="/static", template_folder=str(TEMPLATES))
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        # No page uses a session today; one that will gets a cookie that only travels over https, to us alone.
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    engine, now = create_engine(settings.url), clock or system_clock_ms
    context = WebContext(
        engine=engine,
        clock=now,
        secret_key=secret_key(settings),
        issuer_name=settings.issuer_name,
        contact_email=settings.contact_email,
        accent=settings.accent,
        fonts_dir=settings.fonts,
        issuer=issuer_of(settings),
        bounds=settings.bounds,
        work=None if has_queue(engine) else lambda run_id: work_run(lambda: writing(engine), run_id, now=now),
        checkpoint=settings.checkpoint,
    )
    register(app, context, https=settings.public_url.startswith("https://"))
    return app


def system_clock_ms() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def secret_key(settings: Settings) -> str:
    """The secret that signs portal links: the one that was set, or one that is generated into ``home`` and kept.

    Raises:
        MissingSettingsError: The one that was set is short enough to be guessed.
    """
    if settings.secret_key:
        if len(settings.secret_key) < MIN_SECRET_CHARACTERS:
            purpose = f"sign portal links (a random secret of at least {MIN_SECRET_CHARACTERS} characters)"
            raise MissingSettingsError(["SLA_SECRET_KEY"], purpose)
        return settings.secret_key
    path = settings.home / SECRET_FILE
    if not path.exists():
        _generate(path)
    return path.read_text(encoding="ascii").strip()


def _generate(path: Path) -> None:
    """Write a new secret, readable by its owner alone; whoever comes second finds the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link appears whole or not at all, and never replaces another.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def main() -> None:
    """The ``sla`` command, with ``serve`` added: the terminal itself does not know the web."""
    from sla_service.cli import cli  # noqa: PLC0415
    from sla_service.cli.context import Context  # noqa: PLC0415
    from sla_service.cli.errors import refuse  # noqa: PLC0415

    try:
        settings = Settings.from_env(os.environ)
    except SlaError as error:
        refuse(error)
    cli.add_command(serve)
    cli.add_command(worker)
    secret = partial(secret_key, settings)
    cli(obj=Context(settings, secret, clock=system_clock_ms, work_along=work_along), prog_name="sla")


def work_along(context: Context, run_id: int, progress: Progress) -> Standing:
    """Have this process work on a run with all workers, until it is done."""
    from sla_service.worker.follow import Follow  # noqa: PLC0415
    from sla_service.worker.tasks import Bench  # noqa: PLC0415

    # What it does batch by batch, the progress shows.
    bench = Bench(
        context.engine, context.clock, worker_name(), say=lambda _line: None, checkpoint=context.settings.checkpoint
    )
    tell = partial(click.echo, err=True)
    return Follow(bench, run_id, lost_seconds(context.settings), progress, tell).run()


def worker_name() -> str:
    """Which worker it is, for logs and records: the machine and the process."""
    return f"{platform.node()}-{os.getpid()}"


@click.command("worker")
@click.option("--concurrency", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes to work in.")
@click.option("--name", help="What it is called in its own lines and in records; the machine and process otherwise.")
@click.pass_obj
def worker(context: Context, concurrency: int, name: str | None) -> None:
    """Work batches of runs from the queue, until SIGTERM or Ctrl-C; as many as wanted, on as many machines.

    Each process works one batch at a time and needs a core and up to a gibibyte. A batch in hand is finished first; one
    of a worker that was killed goes to another.
    """
    from sla_service.worker.processes import Post, serve_jobs  # noqa: PLC0415

    if not has_queue(context.engine):
        message = (
            "on SQLite a run is worked by the command that asks for it; workers need PostgreSQL, see SLA_DATABASE_URL"
        )
        raise ConflictError("no_queue", message)
    context.require_schema()
    with context.reading() as session:
        require_queue(session.connection())
    lost_s = lost_seconds(context.settings)
    settings = context.settings
    post = Post(settings.url, name or worker_name(), lost_s, system_clock_ms, click.echo, settings.checkpoint.resolve())
    serve_jobs(post, concurrency)


def lost_seconds(settings: Settings) -> int:
    """How long after its last sign of life a worker counts as lost.

    Raises:
        InvalidValueError: So soon that a worker in good health would be lost.
    """
    if settings.worker_lost_seconds < MIN_LOST_S:
        message = f"SLA_WORKER_LOST_SECONDS: write {MIN_LOST_S} or more"
        raise InvalidValueError.of("setting_value", message, value=settings.worker_lost_seconds)
    return settings.worker_lost_seconds


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.pass_obj
def serve(context: Context, host: str, port: int) -> None:
    """Serve the portal and the API, and print a link to a merchant's pages."""
    import waitress  # noqa: PLC0415

    context.require_schema()
    app = create_app(context.settings)
    server = waitress.create_server(app, host=host, port=port, ident=None)
    base = f"http://{host}:{server.effective_port}"
    click.echo(f"Serving on {base}; stop with Ctrl-C.")
    from sla_service.cli.keys import example_link  # noqa: PLC0415

    shown = example_link(context, base)
    click.echo(f"A merchant's pages:\n  {shown}" if shown else "No merchant yet; import some, then `sla link`.")
    click.echo(f"The API: {base}/api/v1/openapi.json; make a key with `sla key create NAME`.")
    server.run()
