"""A link to PostgreSQL that breaks after a number of bytes in one direction; it counts them when it holds."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

CHUNK = 65_536
UP, DOWN = "to the server", "from the server"


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
        self.passed = {UP: 0, DOWN: 0}
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
        ends = {client: (server, UP), server: (client, DOWN)}
        with selectors.DefaultSelector() as selector, client, server, contextlib.suppress(OSError):
            for end in ends:
                selector.register(end, selectors.EVENT_READ)
            while True:
                for ready, _ in selector.select():
                    other, direction = ends[ready.fileobj]
                    data = ready.fileobj.recv(CHUNK)
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
