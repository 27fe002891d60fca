"""A link to PostgreSQL that breaks after a number of bytes in one direction; it counts them when it holds."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from itertools import groupby

CHUNK = 65_536
UP, DOWN = "to the server", "from the server"
NEGOTIATIONS = (80877103, 80877104)
"""Codes of what is asked before a connection starts: for TLS and for GSSAPI."""


class Messages:
    """The messages of the protocol in one direction of one connection: kind, first byte, end, in order."""

    def __init__(self, direction):
        self.direction, self.is_begun, self.rest = direction, False, b""

    def feed(self, data, at):
        """The messages that these bytes complete; `at` is how many bytes passed in this direction before them."""
        data, at, i = self.rest + data, at - len(self.rest), 0
        while found := self._next(data, i):
            kind, size = found
            if i + size > len(data):
                break
            yield kind, at + i, at + i + size
            i += size
        self.rest = data[i:]

    def _next(self, data, i):
        if i >= len(data):
            return None
        if not self.is_begun:
            if self.direction == DOWN and data[i : i + 1] == b"N":
                return "no", 1
            if self.direction == UP:
                if len(data) < i + 8:
                    return None
                self.is_begun = _number(data, i + 4) not in NEGOTIATIONS
                return "start", _number(data, i)
            self.is_begun = True
        return (chr(data[i]), 1 + _number(data, i + 1)) if len(data) >= i + 5 else None


def _number(data, i):
    return int.from_bytes(data[i : i + 4], "big")


def places(messages, last):
    """Where to cut: at the edges and inside of every message, of those alike in a row the first and the last one, and
    after every one of the last bytes.
    """
    found = set()
    for _, alike in groupby(messages, key=lambda message: message[0]):
        first, *others = alike
        for _, start, end in (first, *others[-1:]):
            found.update(at for at in (start, start + 1, start + 5, (start + end) // 2, end - 1, end) if at <= end)
    end = messages[-1][2] if messages else 0
    return sorted(found | set(range(max(0, end - last), end + 1)))


class CutLink:
    """A proxy on a port of its own before the server's socket. It is cut once, and holds from then on."""

    def __init__(self, server_socket):
        self.server_socket = server_socket
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.arm()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def arm(self, direction=UP, after=None):
        """Count from here on; cut after so many bytes in a direction, if given."""
        self.passed, self.messages = {UP: 0, DOWN: 0}, {UP: [], DOWN: []}
        self.direction, self.after, self.fired = direction, after, False

    def close(self):
        # Closing alone does not wake a thread that waits for a connection.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.server_socket)
        ends = {client: (server, UP, Messages(UP)), server: (client, DOWN, Messages(DOWN))}
        with selectors.DefaultSelector() as selector, client, server, contextlib.suppress(OSError):
            for end in ends:
                selector.register(end, selectors.EVENT_READ)
            while True:
                for ready, _ in selector.select():
                    other, direction, messages = ends[ready.fileobj]
                    data = ready.fileobj.recv(CHUNK)
                    self.messages[direction] += messages.feed(data, self.passed[direction])
                    if not data or not self._pass(other, direction, data):
                        return

    def _pass(self, other, direction, data):
        """Pass data on; False if the link is to be cut."""
        if self.after is not None and not self.fired and direction == self.direction:
            left = self.after - self.passed[direction]
            if len(data) >= left:
                self.fired = True
                other.sendall(data[:left])
                self.passed[direction] += left
                return False
        other.sendall(data)
        self.passed[direction] += len(data)
        return True
