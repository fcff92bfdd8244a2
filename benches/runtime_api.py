"""Lambda's Runtime API for one function, on loopback, which times the answers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

Times are the wall clock's, as the kernel's are: setting it spoils a figure.
"""

import json
import selectors
import socket
import struct
import time
from typing import NamedTuple

from process import Failed

PATIENCE_SECONDS = 60
SO_TIMESTAMPNS, TIMESPEC = 35, "@ll"  # socket(7): the kernel's time of reception
NEXT, INIT_ERROR = "/2018-06-01/runtime/invocation/next", "/2018-06-01/runtime/init/error"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"
EVENT = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    "Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-{number:012}\r\n"
    "Lambda-Runtime-Deadline-Ms: {deadline:.0f}\r\n"
    "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:bench\r\n"
    "Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0\r\n\r\n"
)


class Request(NamedTuple):
    """A function's request, and the time (time(2)) at which the kernel had all of it."""

    method: str
    path: str
    body: bytes
    connection: socket.socket
    at: float


class Invocation(NamedTuple):
    """An event's answer in JSON, and the seconds from the event to the answer and to the request for the next event,
    which Lambda bills."""

    answer: object
    is_error: bool
    seconds: float
    billed_seconds: float


def parsed(data):
    """The method, path and body of a request; `None` while it is incomplete.

    >>> parsed(b"POST /a HTTP/1.1\\r\\ncontent-length: 3\\r\\n\\r\\nab")
    >>> parsed(b"POST /a HTTP/1.1\\r\\ncontent-length: 3\\r\\n\\r\\nabc")
    ('POST', '/a', b'abc')
    >>> parsed(b"GET /b HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    ('GET', '/b', b'')
    """
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return None
    line, *fields = head.decode("latin-1").split("\r\n")
    named = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    if "transfer-encoding" in named:
        raise Failed("the function sends its answer in pieces, which this Runtime API doesn't read")
    method, path, _ = line.split(" ")
    return (method, path, body) if len(body) >= int(named.get("content-length", 0)) else None


def received_at(ancillary):
    """The kernel's time of reception, or the present time if it reports none.

    >>> received_at([(socket.SOL_SOCKET, SO_TIMESTAMPNS, struct.pack(TIMESPEC, 5, 250_000_000))])
    5.25
    """
    for _, _, data in ancillary:
        seconds, nanoseconds = struct.unpack(TIMESPEC, data)
        return seconds + nanoseconds / 1e9
    return time.time()


class RuntimeApi:
    """Serves one function, one event after another."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.received = {}  # the incomplete request of each connection
        self.asking = None  # the connection that waits for an event
        self.number = 0

    @property
    def address(self):
        return "{}:{}".format(*self.listener.getsockname())

    def close(self):
        for each in [self.listener, *self.received]:
            each.close()
        self.selector.close()

    def next(self, process):
        """Waits until the function asks for an event; returns the time."""
        request = self._request(process)
        if (request.method, request.path) != ("GET", NEXT):
            sent = request.body.decode(errors="replace") if request.path == INIT_ERROR else request.path
            raise Failed(f"the function sent {sent} instead of asking for an event")
        self.asking = request.connection
        return request.at

    def invoke(self, event, process):
        """Answers the function that asked with an event, and waits until it asks for another."""
        self.number += 1
        deadline = (time.time() + PATIENCE_SECONDS) * 1000
        head = EVENT.format(length=len(event), number=self.number, deadline=deadline)
        begun = time.time()
        self.asking.sendall(head.encode() + event)
        request = self._request(process)
        request.connection.sendall(ACCEPTED)
        again = self.next(process)
        is_error = request.path.endswith("/error")
        return Invocation(json.loads(request.body), is_error, request.at - begun, again - begun)

    def _request(self, process):
        """The next complete request of any connection."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and process.poll() is None:
            for key, _ in self.selector.select(timeout=1):
                if key.fileobj is self.listener:
                    self._accept()
                elif request := self._receive(key.fileobj):
                    return request
        raise Failed("the function ended, or sends nothing")

    def _accept(self):
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.selector.register(connection, selectors.EVENT_READ)
        self.received[connection] = b""

    def _receive(self, connection):
        data, ancillary, _, _ = connection.recvmsg(1 << 20, socket.CMSG_SPACE(struct.calcsize(TIMESPEC)))
        at = received_at(ancillary)
        if not data:
            self.selector.unregister(connection)
            del self.received[connection]
            connection.close()
            return None
        self.received[connection] += data
        whole = parsed(self.received[connection])
        if not whole:
            return None
        self.received[connection] = b""
        return Request(*whole, connection, at)
