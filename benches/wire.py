"""A proxy to PostgreSQL that counts round trips."""

import contextlib
import selectors
import socket
import threading


class Wire:
    """A proxy to a server on loopback. A round trip is a message to the server and its answer, each in any number of
    pieces. TCP's handshake isn't counted.

    >>> server = socket.create_server(("127.0.0.1", 0))
    >>> with to(server.getsockname()[1]) as way:
    ...     client = socket.create_connection(("127.0.0.1", way.port))
    ...     served, _ = server.accept()
    ...     asks, answers = (client, served), (served, client)
    ...     for one, other in [asks, asks, answers, answers, asks, answers, asks]:
    ...         one.sendall(b"x")
    ...         received = other.recv(1)
    ...     way.round_trips
    2
    """

    def __init__(self, port):
        self.server = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.others = {}  # the other end of each end
        self.clients, self.asked = set(), set()  # the clients' ends; those that wait for an answer
        self.round_trips = 0

    @property
    def port(self):
        return self.listener.getsockname()[1]

    def carry(self):
        """Forwards data until the listener is closed."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    if not self._accept():
                        return
                elif key.fileobj in self.others:
                    self._forward(key.fileobj)

    def _accept(self):
        try:
            client, _ = self.listener.accept()
        except OSError:
            return False
        server = socket.create_connection(self.server)
        self.clients.add(client)
        for end, other in ((client, server), (server, client)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.others[end] = other
            self.selector.register(end, selectors.EVENT_READ)
        return True

    def _forward(self, end):
        other = self.others[end]
        try:
            data = end.recv(1 << 16)
            if data and end in self.clients:
                self.asked.add(end)
            elif data and other in self.asked:
                # Counted before it is forwarded, so that a reader of the answer finds it counted.
                self.asked.remove(other)
                self.round_trips += 1
            other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for each in (end, other):
                self.selector.unregister(each)
                self.clients.discard(each)
                self.asked.discard(each)
                del self.others[each]
                each.close()


@contextlib.contextmanager
def to(port):
    """A proxy to a port of this machine."""
    wire = Wire(port)
    thread = threading.Thread(target=wire.carry, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        thread.join()
        for end in [wire.listener, *wire.others]:
            end.close()
