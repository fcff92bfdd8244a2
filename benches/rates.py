"""Requests per second of each case, alternating between the services that are compared."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

import accounts
import wrk
from accounts import Account, Client
from machine import CORES

CONNECTIONS = 32  # enough to keep all cores busy
# More than any core can hash at bcrypt's cost of 12. Running out of names would be a wrong answer.
SIGNUPS_PER_SECOND = 100 * CORES
# A hash may take more than a second on a busy machine.
LEAST_SECONDS = {"POST": 4, "GET": 1}
CHECKED = 8


@dataclass
class Subject:
    """A service that is measured."""

    name: str
    address: str
    signed_up: list[Account]  # with passwords hashed at the same cost for all subjects
    tokens: dict[Account, str]


@dataclass
class Case:
    """A kind of request, and the check of its answer."""

    name: str
    method: str
    path: str
    lines: Callable[[Subject, int], list[str]]
    check: Callable[[Client, Subject, str], None]
    connections: int
    cached: bool = False  # with the template's AuthorizerCacheSeconds
    loads: dict[str, list[wrk.Load]] = field(default_factory=dict)

    def rates(self, subject):
        return [load.rate for load in self.loads[subject]]

    def median(self, subject, figure):
        return statistics.median(getattr(load, figure) for load in self.loads[subject])


def nobody(_subject, _seconds):
    return [""]


def tokens(subject, _seconds):
    return list(subject.tokens.values())


def signins(subject, _seconds):
    return [account.signin() for account in subject.signed_up]


def signups(_subject, seconds):
    return [account.signup() for account in accounts.new(SIGNUPS_PER_SECOND * seconds)]


def says(text):
    def check(client, subject, path):
        for token in [*subject.tokens.values()][:CHECKED]:
            client.expect(text, "GET", path, token=token)

    return check


def says_who(client, subject, path):
    for account, token in subject.tokens.items():
        client.expect({"username": account.username, "email": account.email}, "GET", path, token=token)


def signs_in(client, subject, _path):
    client.sign_in(subject.signed_up[0])


def signs_up(client, _subject, _path):
    client.sign_up(*accounts.new(1))


ME, CONTENT = "/api/auth/users/me", "/api/test/user"
SIGNIN, SIGNUP = "/api/auth/signin", "/api/auth/signup"


def cases():
    return [
        Case("`GET /`", "GET", "/", nobody, says("Hello World"), CONNECTIONS),
        Case("public content", "GET", "/api/test/all", nobody, says("public content"), CONNECTIONS),
        Case("content for a role", "GET", CONTENT, tokens, says("user content"), CONNECTIONS),
        Case("`me`", "GET", ME, tokens, says_who, CONNECTIONS),
        Case("cached `me`", "GET", ME, tokens, says_who, CONNECTIONS, cached=True),
        Case("sign-in", "POST", SIGNIN, signins, signs_in, CORES),
        Case("sign-up", "POST", SIGNUP, signups, signs_up, CORES),
    ]


def measure(case, subjects, seconds, rounds, folder, idleness, say):
    """Measures a case for each subject, in this many rounds."""
    for subject in subjects:  # verify the answers, and warm up
        case.check(Client(subject.address), subject, case.path)
    seconds = max(seconds, LEAST_SECONDS[case.method])
    for round_ in range(rounds):
        rates = []
        for subject in subjects:
            idleness.settle()
            lines = case.lines(subject, seconds)
            load = wrk.load(subject.address, case.method, case.path, lines, case.connections, seconds, folder)
            case.loads.setdefault(subject.name, []).append(load)
            rates.append(f"{subject.name} {load.rate:,.1f}/s")
        say(f"{case.name}, round {round_ + 1}: {', '.join(rates)}")
