"""The round trips to the database of each request, counted on the wire, and the promised number."""

import base64
import contextlib
import json
import secrets
import time
from typing import NamedTuple

import accounts
import events
import template
import wire
from rates import ME, SIGNIN, SIGNUP

KEEP_ANSWERS = {"jwks"}  # functions that cache rows for some seconds
TWO_STATEMENTS = {"account", "change-email", "reset-password", "signin", "signup", "token"}  # the count, often with the user; after the hash, what it is for
A_MAIL = 4  # it is taken, its secret is stored, it is removed, and there is no other
REPLACED_HASH, NEW_KEY, FORGED_KEY = 3, 2, 0
TIMES, COSTLY_TIMES = 20, 3  # counted requests of a kind
# A container reads the keys again for an unknown key id, at the earliest after five seconds.
REREAD_SECONDS = 6


def promised(name):
    """The promised round trips of a function's warm request.

    >>> [promised(name) for name in ("account", "signin", "signup", "token", "refresh", "sessions", "introspect", "authorizer")]
    [2, 2, 2, 2, 1, 1, 1, 1]
    >>> [promised(name) for name in ("reset-password", "change-email", "verify", "mail-request", "mailer")]
    [2, 2, 1, 1, 4]
    >>> promised("jwks"), promised("me"), promised("mail-page")
    (0, 0, 0)
    """
    if name == "mailer":
        return A_MAIL
    if name in TWO_STATEMENTS:
        return 2
    return 1 if template.asks_database(name) and name not in KEEP_ANSWERS else 0


class Count(NamedTuple):
    """A kind of request: a container's round trips up to its first answer, those of each later request, and their
    promised number."""

    what: str
    cold: int | None
    warm: list[int]
    promised: int | None
    refusal: int | None = None  # the status, if it refused its example, so that nothing is promised

    @property
    def holds(self):
        return self.promised is None or set(self.warm) == {self.promised}

    def described(self):
        return ", ".join(str(number) for number in sorted(set(self.warm)))


class Counter:
    """Counts on a wire without other traffic."""

    def __init__(self, way):
        self.way = way

    def of(self, act):
        """The result of `act`, and its round trips."""
        before = self.way.round_trips
        given = act()
        return given, self.way.round_trips - before

    def count(self, subject, stack, promised, **settings):
        """A container, and its counts."""
        before = self.way.round_trips
        started = stack.enter_context(subject.start(**settings))
        subject.invoke(started)
        cold = self.way.round_trips - before
        times = COSTLY_TIMES if subject.hashes else TIMES
        warm = [self.of(lambda: subject.invoke(started))[1] for _ in range(times)]
        # An example that the function refuses may end before its statement.
        if subject.status >= 400:
            return started, Count(subject.title, cold, warm, None, subject.status)
        return started, Count(subject.title, cold, warm, promised)


def counted(ours, user, fixture, app):
    """Counts all kinds of requests. The last one publishes another signing key."""
    with contextlib.ExitStack() as stack:
        counter = Counter(stack.enter_context(wire.to(fixture.port)))
        address = {"DATABASE_URL": fixture.over(counter.way.port)}
        authorizer, count = counter.count(ours["authorizer"], stack, promised("authorizer"), **address)
        reread_at = time.monotonic() + REREAD_SECONDS
        counts = [count]
        for name in sorted(set(ours) - {"authorizer"}):
            with contextlib.ExitStack() as one:
                counts.append(counter.count(ours[name], one, promised(name), **address)[1])
        for subject in app:
            with contextlib.ExitStack() as one:
                counts.append(counter.count(subject, one, None, PGPORT=str(counter.way.port))[1])
        counts.append(replaced_hash(counter, ours, address))
        counts += new_key(counter, ours, user, address, authorizer, reread_at)
        return counts


def replaced_hash(counter, ours, address):
    """Counts sign-ins whose hash is cheaper than the setting."""
    warm = []
    with ours["signup"].start(BCRYPT_COST="10") as signup, ours["signin"].start(BCRYPT_COST="11", **address) as signin:
        ours["signin"].invoke(signin)
        for account in accounts.new(COSTLY_TIMES):
            ours["signup"].invoke(signup, events.proxy("POST", SIGNUP, account.signup()))
            event = events.proxy("POST", SIGNIN, account.signin())
            warm.append(counter.of(lambda: ours["signin"].invoke(signin, event))[1])
    return Count("`signin` that replaces a hash", None, warm, REPLACED_HASH)


def new_key(counter, ours, user, address, authorizer, reread_at):
    """Counts tokens of a key newer than the authorizer's container, and of an unpublished key."""
    key = {"SIGNING_KEY": secrets.token_hex(32)}
    with ours["admin"].start(**key) as admin:
        ours["admin"].invoke(admin, json.dumps({"verb": "migrate"}).encode())
    with ours["signin"].start(**key) as signin:
        body = json.loads(ours["signin"].invoke(signin).answer["body"])
    time.sleep(max(0, reread_at - time.monotonic()))
    event = events.authorizer("GET", ME, body["token"])
    first, *others = [counter.of(lambda: ours["authorizer"].invoke(authorizer, event))[1] for _ in range(3)]
    _, known_again = counter.of(lambda: ours["authorizer"].invoke(authorizer))
    forged = events.authorizer("GET", ME, with_forged_key(user.token))
    refused = [counter.of(lambda: authorizer.invoke(forged))[1] for _ in range(3)]
    return [
        Count("`authorizer`, the first token of a new key", None, [first], NEW_KEY),
        Count("`authorizer`, the tokens after that", None, [*others, known_again], promised("authorizer")),
        Count("`authorizer`, forged keys soon after", None, refused, FORGED_KEY),
    ]


def with_forged_key(token):
    """The token with an unknown key id in its header.

    >>> with_forged_key("eyJraWQiOiAiayJ9.e30.c2ln")
    'eyJraWQiOiAiZm9yZ2VkIn0.e30.c2ln'
    """
    head, rest = token.split(".", 1)
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    forged = json.dumps(header | {"kid": "forged"}).encode()
    return f"{base64.urlsafe_b64encode(forged).decode().rstrip('=')}.{rest}"
