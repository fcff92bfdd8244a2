"""Requests and their answers."""

import http.client
import json
import re
import urllib.parse

ANSWER_SECONDS = 60
PAGE = "http://localhost:3000"  # the legacy app's own page, from its CORS settings
ACCEPT = "application/json, text/plain, */*"  # as axios sends it
TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
ADDED = {"input", "url"}  # pydantic adds them to a detail; Latchkey must not


class Answer:
    """An answer: the status, the headers by their names in lower case, the body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def media_type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip().lower() or None

    def value(self):
        """The body as parsed JSON or text; None if it is empty."""
        text = self.body.decode(errors="replace")
        if (self.media_type() or "").endswith("json"):
            try:
                return json.loads(text)
            except ValueError:
                return f"invalid JSON under a JSON media type: {text}"
        return text or None

    def may_be_read_by(self, origin):
        """Whether a browser lets a page of that origin read it after a request with credentials."""
        named = self.headers.get("access-control-allow-origin") == origin
        return named and self.headers.get("access-control-allow-credentials") == "true"

    def allows(self, origin, method, asked):
        """Whether a browser sends the request after this answer to its preflight (Fetch §4.8)."""

        def listed(name):
            return {word.strip().lower() for word in self.headers.get(name, "").split(",")}

        methods, headers = listed("access-control-allow-methods"), listed("access-control-allow-headers")
        fine = 200 <= self.status < 300 and self.may_be_read_by(origin)
        method_is_fine = method in {"GET", "HEAD", "POST"} or method.lower() in methods
        return fine and method_is_fine and {word.strip().lower() for word in asked.split(",") if word} <= headers

    def challenges(self):
        """Every challenge, under the header's name or the name that API Gateway gives it."""
        names = ("www-authenticate", "x-amzn-remapped-www-authenticate")
        return [self.headers[name] for name in names if name in self.headers]


def send(address, method, path, headers, body=None):
    """Sends a request unchanged, its headers a list of pairs."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=ANSWER_SECONDS)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        came = connection.getresponse()
        return Answer(came.status, {name.lower(): value for name, value in came.getheaders()}, came.read())
    finally:
        connection.close()


def post(side, path, members):
    """Posts JSON like the legacy app's page."""
    headers = [("Content-Type", "application/json"), ("Accept", ACCEPT), ("Origin", PAGE)]
    return send(side.address, "POST", path, headers, json.dumps(members).encode())


def get(side, path, token):
    """Gets a path like the legacy app's page."""
    return send(side.address, "GET", path, [("Authorization", f"Bearer {token}"), ("Accept", ACCEPT), ("Origin", PAGE)])


def sign_up(side, username, password, email=None):
    return post(
        side,
        "/api/auth/signup",
        {"username": username, "email": email or f"{username}@example.com", "password": password},
    )


def sign_in(side, username, password):
    """The status, and the token or None."""
    answer = post(side, "/api/auth/signin", {"username": username, "password": password})
    return answer.status, answer.value()["token"] if answer.status == 200 else None
