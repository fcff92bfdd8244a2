"""Requests that come at a rate, whether or not those before them have been answered."""

import asyncio
import statistics
import urllib.parse
from typing import NamedTuple

ANSWER_SECONDS = 60  # longer than API Gateway lets anyone wait
NO_ANSWER = 0


class Answer(NamedTuple):
    """One caller's: the status, or NO_ANSWER; how long after the request was due; whether it says when to come back."""

    status: int
    seconds: float
    says_when: bool


class Arrivals:
    """Callers of one kind, each by a connection of its own, at a rate per second. The requests come in turn."""

    def __init__(self, address, requests, rate):
        self.parts = urllib.parse.urlsplit(address)
        self.requests = [encoded(self.parts.netloc, *request) for request in requests]
        self.rate = rate

    async def during(self, seconds):
        """What all who came within that time were answered, the last of them too."""
        start = asyncio.get_running_loop().time()
        asked = []
        for number in range(max(1, int(self.rate * seconds))):
            due = start + number / self.rate
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            asked.append(asyncio.create_task(self.ask(number, due)))
        return await asyncio.gather(*asked)

    async def at_once(self):
        """What all are answered who come at the same moment, one with each request."""
        due = asyncio.get_running_loop().time()
        return await asyncio.gather(*(self.ask(number, due) for number in range(len(self.requests))))

    async def ask(self, number=0, due=None):
        """What one is answered."""
        due = due or asyncio.get_running_loop().time()
        request = self.requests[number % len(self.requests)]
        try:
            head = await asyncio.wait_for(self.exchange(request), ANSWER_SECONDS)
            status, says_when = int(head.split(b" ", 2)[1]), b"\r\nretry-after: " in head.lower()
        except (OSError, EOFError, asyncio.TimeoutError):
            status, says_when = NO_ANSWER, False
        return Answer(status, asyncio.get_running_loop().time() - due, says_when)

    async def exchange(self, request):
        reader, writer = await asyncio.open_connection(self.parts.hostname, self.parts.port)
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.read()
            return head
        finally:
            writer.close()


def encoded(host, method, path, body="", token=""):
    """A request on the wire, after which the connection closes.

    >>> encoded("here:1", "POST", "/in", "{}").split(b"\\r\\n")[1:]
    [b'Host: here:1', b'Connection: close', b'Content-Type: application/json', b'Content-Length: 2', b'', b'{}']
    """
    headers = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    if body:
        headers += ["Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
    if token:
        headers.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*headers, "", body]).encode()


def median(answers):
    return statistics.median(answer.seconds for answer in answers)
