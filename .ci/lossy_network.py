"""A network that loses a part of the requests and answers that concern tokens (two_tabs.py)."""

import http.client
import http.server
import json
import random
import threading
import time
from collections import Counter, defaultdict

COOKIE = "__Host-latchkey_session"


def token_of(cookies, body):
    """The refresh token in a cookie, or in JSON."""
    if f"{COOKIE}=" in (cookies or ""):
        return cookies.partition(f"{COOKIE}=")[2].partition(";")[0]
    return json.loads(body).get("refresh_token") if body else None


class Network(http.server.ThreadingHTTPServer):
    """Forwards to the runner. While `is_bad`, it loses two fifths of the refreshes and of the calls of `me`. The answers to
    refreshes that begin while it has a `gate` wait until that is set.
    """

    def __init__(self, upstream, seed):
        super().__init__(("127.0.0.1", 0), Forwarding)
        self.upstream, self.random, self.is_bad, self.gate = upstream, random.Random(seed), False, None
        self.lock = threading.Lock()
        self.forget()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def forget(self):
        """Starts its notes again: what was lost, and, by origin, the refresh tokens that were presented and those that were
        answered, and how many refreshes are under way and were at once.
        """
        self.lost, self.under_way, self.at_once = Counter(), Counter(), Counter()
        self.presented, self.tokens = defaultdict(list), defaultdict(list)

    def enter(self, origin, token):
        with self.lock:
            self.presented[origin].append(token)
            self.under_way[origin] += 1
            self.at_once[origin] = max(self.at_once[origin], self.under_way[origin])

    def leave(self, origin):
        with self.lock:
            self.under_way[origin] -= 1

    def note(self, origin, answer, content):
        """Keeps the refresh token of an answer, if it has one."""
        token = token_of(answer.getheader("Set-Cookie"), content if answer.status == 200 else None)
        with self.lock:
            if token and token not in self.tokens[origin]:
                self.tokens[origin].append(token)

    def fate(self):
        """What happens to a request, and the seconds that it and its answer take."""
        with self.lock:
            if not self.is_bad:
                return "arrives", 0, 0
            fates = ["request lost", "answer lost", "half an answer", "arrives"]
            slow = self.random.random() / 4
            return self.random.choices(fates, [8, 24, 8, 60])[0], *self.random.choice([(0, 0), (slow, 0), (0, slow)])


class Forwarding(http.server.BaseHTTPRequestHandler):
    def forward(self):
        network, origin = self.server, self.headers.get("Origin")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_refresh = self.command == "POST" and self.path == "/api/auth/refresh"
        concerns_tokens = is_refresh or (self.command == "GET" and self.path == "/api/auth/users/me")
        fate, way_there, way_back = network.fate() if concerns_tokens else ("arrives", 0, 0)
        gate = network.gate if is_refresh else None
        if is_refresh:
            network.enter(origin, token_of(self.headers.get("Cookie"), body))
        try:
            network.lost[fate] += fate != "arrives"
            if fate == "request lost":
                return
            time.sleep(way_there)
            answer, content = self.ask(body)
            if self.command == "POST":
                network.note(origin, answer, content)
            time.sleep(way_back)
            if gate:
                gate.wait(20)
            if fate == "answer lost":
                return
            if is_refresh:
                network.leave(origin)  # before the page has the answer
                is_refresh = False
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if fate == "half an answer" else content)
        finally:
            if is_refresh:
                network.leave(origin)

    def ask(self, body):
        connection = http.client.HTTPConnection(self.server.upstream, timeout=40)
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Connection")}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    do_GET = do_POST = do_OPTIONS = forward  # noqa: N815

    def log_message(self, *_):
        pass
