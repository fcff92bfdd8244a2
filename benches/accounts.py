"""A bench's own accounts, and the requests that make and use them."""

import http.client
import json
import secrets
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from machine import CORES
from process import Failed

ANSWER_SECONDS = 30
RUN = secrets.token_hex(4)  # distinguishes this run's accounts from earlier ones in the legacy app's database
PASSWORD = f"correct horse {secrets.token_hex(8)}"


class Account(NamedTuple):
    """An account to sign up and sign in."""

    username: str

    @property
    def email(self):
        return f"{self.username}@example.com"

    def signup(self):
        return json.dumps({"username": self.username, "email": self.email, "password": PASSWORD})

    def signin(self):
        return json.dumps({"username": self.username, "password": PASSWORD})


made = 0


def new(count):
    """New accounts."""
    global made
    made += count
    return [Account(f"bench-{RUN}-{number:06}") for number in range(made - count, made)]


class Client:
    """A connection for requests that aren't measured: Python's share of the time would be too large."""

    def __init__(self, address):
        self.parts = urllib.parse.urlsplit(address)
        self.connection = http.client.HTTPConnection(self.parts.netloc, timeout=ANSWER_SECONDS)

    def ask(self, method, path, body=None, token=None):
        """The answer's JSON. Anything but a 200 with JSON in it ends the bench."""
        headers = {"Content-Type": "application/json"} if body else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        asked = f"{method} {path} at {self.parts.netloc}"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{asked}: {error}") from None
        if answer.status != 200:
            raise Failed(f"{asked} answered {answer.status}: {text.decode(errors='replace')[:200]}")
        try:
            return json.loads(text)
        except ValueError:
            raise Failed(f"{asked} answered no JSON") from None

    def expect(self, expected, method, path, body=None, token=None):
        answer = self.ask(method, path, body, token)
        if answer != expected:
            raise Failed(f"{method} {path} at {self.parts.netloc} answered something unexpected")

    def sign_up(self, account):
        expected = {"username": account.username, "email": account.email}
        self.expect(expected, "POST", "/api/auth/signup", account.signup())

    def sign_in(self, account):
        answer = self.ask("POST", "/api/auth/signin", account.signin())
        if set(answer) != {"token", "token_type"} or answer["token_type"] != "bearer":
            raise Failed(f"a sign-in at {self.parts.netloc} answered something else than a token")
        return answer["token"]


def sign_up(address, accounts):
    """Signs up the accounts, one per core at a time."""
    each(address, accounts, Client.sign_up)


def sign_in(address, accounts):
    """Signs in the accounts; returns their tokens."""
    return each(address, accounts, Client.sign_in)


def each(address, accounts, act):
    own = threading.local()

    def one(account):
        if not hasattr(own, "client"):
            own.client = Client(address)
        return act(own.client, account)

    with ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(one, accounts))
