"""Mail servers for tests: a well-behaved one (aiosmtpd), and one that fails exactly where it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller

from sla_service.config import Settings
from sla_service.mail import Timeouts

SHORT = Timeouts(answer_seconds=0.25, final_answer_seconds=0.25, quit_seconds=0.25)
"""For servers that hang; those that do not, on this machine, answer in a thousandth of it."""
PATIENT = Timeouts(answer_seconds=20, final_answer_seconds=20, quit_seconds=0.5)

HANG, STALL, DROP, GARBAGE, LATER, NEVER = "hang", "stall", "drop", "garbage", "later", "never"
"""``hang``: read on, and never answer. ``stall``: not even read on."""
ANSWERS = {GARBAGE: b"\x00\xff*** ok\r\n", LATER: b"451 4.3.2 try again later\r\n", NEVER: b"554 5.7.1 no thanks\r\n"}
STEPS = ("connect", "greeting", "ehlo", "mail", "rcpt", "data", "dot", "kept")
"""``dot``: the whole message was read and is thrown away. ``kept``: it is kept, and the answer fails."""


def settings_for(port: int, **other) -> Settings:
    values = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": False, "mail_from": "sla@northlight.example"}
    return Settings(**{**values, **other})


@dataclass(frozen=True)
class Mail:
    """What a server took over."""

    sender: str
    recipient: str
    content: bytes


class _Keeping:
    def __init__(self, refused: frozenset[str]) -> None:
        self.mails: list[Mail] = []
        self.refused = refused

    async def handle_RCPT(self, _server, _session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address in self.refused:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.mails += [Mail(envelope.mail_from, to, envelope.original_content) for to in envelope.rcpt_tos]
        return "250 2.0.0 taken"


class _AnyPort(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def good_server(*, refused=frozenset(), **other) -> Iterator[tuple[int, list[Mail]]]:
    """A real SMTP server: its port, and what it received."""
    handler = _Keeping(frozenset(refused))
    controller = _AnyPort(handler, hostname="127.0.0.1", port=0, **other)
    controller.start()
    try:
        yield controller.port, handler.mails
    finally:
        controller.stop()


class _Cut(Exception):  # noqa: N818 - not an error here
    pass


@dataclass
class Fault:
    """What goes wrong on one connection; nothing by default."""

    step: str = ""
    action: str = ""
    bytes_in: int | None = None
    """Read so many bytes, then drop."""
    bytes_out: int | None = None
    """Write so many bytes, then drop."""
    is_once: bool = False
    """For one message; the next one has the next fault, on the same connection if that is still there."""


@dataclass
class FaultyServer:
    """One fault per connection, or message, in order; when they are used up it behaves."""

    port: int
    faults: list[Fault]
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    fired: int = 0
    """Faults that came to pass."""
    bytes_in: int = 0
    """Read from the last connection."""
    bytes_out: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def next_fault(self) -> Fault:
        return self.faults.pop(0) if self.faults else Fault()


class _Talk:
    """One connection."""

    def __init__(self, connection: socket.socket, server: FaultyServer) -> None:
        self.connection, self.server, self.fault = connection, server, server.next_fault()
        server.connections += 1
        self.read, self.written = 0, 0
        self.pending = b""

    def run(self) -> None:
        with suppress(_Cut, OSError), self.connection:
            self.fail_at("connect")
            self.answer("greeting", b"220 faulty ESMTP\r\n")
            while True:
                self.command(self.line())
        self.server.bytes_in, self.server.bytes_out = self.read, self.written

    def command(self, line: bytes) -> None:
        verb = line[:4].upper()
        match verb:
            case b"EHLO" | b"HELO":
                self.answer("ehlo", b"250-faulty\r\n250 8BITMIME\r\n")
            case b"MAIL":
                if self.fault.is_once:
                    self.fault = self.server.next_fault()
                self.sender = line[10:].strip(b"<>\r\n ").decode()
                self.answer("mail", b"250 ok\r\n")
            case b"RCPT":
                self.recipient = line[8:].strip(b"<>\r\n ").decode()
                self.answer("rcpt", b"250 ok\r\n")
            case b"DATA":
                if self.answer("data", b"354 go ahead\r\n"):
                    self.body()
            case b"QUIT":
                self.send(b"221 bye\r\n")
                raise _Cut
            case _:
                self.send(b"250 ok\r\n")

    def body(self) -> None:
        lines = []
        while (line := self.line()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
            if self.fault.step == "body":
                self.fail_at("body")
        is_kept = self.fault.step == "kept" or self.fault.step != "dot"
        if is_kept:
            self.server.mails.append(Mail(self.sender, self.recipient, b"".join(lines)))
        self.answer("kept" if is_kept else "dot", b"250 2.0.0 taken\r\n")
        self.fail_at("after")

    def answer(self, step: str, good: bytes) -> bool:
        if self.fault.step != step:
            self.send(good)
            return True
        self.fail_at(step)
        self.server.fired += 1
        self.send(ANSWERS[self.fault.action])
        return False

    def fail_at(self, step: str) -> None:
        if self.fault.step == step and self.fault.action in (HANG, STALL, DROP):
            self.server.fired += 1
            if self.fault.action == HANG:
                # Until the other side has had enough: no sleeping.
                while self.connection.recv(65536):
                    pass
            if self.fault.action == STALL:
                self.server.is_over.wait()
            raise _Cut

    def line(self) -> bytes:
        while b"\n" not in self.pending:
            if self.fault.bytes_in is None:
                chunk = self.connection.recv(65536)
            else:
                left = self.fault.bytes_in - self.read
                chunk = self.connection.recv(left) if left > 0 else b""
            if not chunk:
                raise _Cut
            self.read += len(chunk)
            self.pending += chunk
        line, newline, self.pending = self.pending.partition(b"\n")
        return line + newline

    def send(self, text: bytes) -> None:
        if self.fault.bytes_out is not None:
            text = text[: max(0, self.fault.bytes_out - self.written)]
        self.connection.sendall(text)
        self.written += len(text)
        if self.fault.bytes_out is not None and self.written >= self.fault.bytes_out:
            raise _Cut


@contextmanager
def faulty_server(*faults: Fault) -> Iterator[FaultyServer]:
    """A server that fails as told; connections are served one after another, each by its own thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = FaultyServer(listener.getsockname()[1], list(faults))
        threads: list[threading.Thread] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threads.append(threading.Thread(target=_Talk(connection, server).run))
                    threads[-1].start()

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield server
        finally:
            server.is_over.set()
            listener.shutdown(socket.SHUT_RDWR)
            serving.join()
            for thread in threads:
                thread.join()
