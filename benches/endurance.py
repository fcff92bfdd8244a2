"""The runner at full rate for a long time, with far more tokens than it may remember: nothing grows, nothing leaks."""

import secrets
import time

import accounts
import machine
import rates
import report
import runner
import signin
import wrk
from process import Failed
from wrk import Requests

CONNECTIONS = rates.CONNECTIONS // 2
ROUND_SECONDS = 20  # between two looks at the memory
SLICE = 5_000  # tokens that a look's worth of requests is sure to get through
TOKEN_SECONDS = 60 * 60  # beside the run itself: for the making of the tokens, and for a slow machine
# What it may remember is bounded: 4,096 policies and 1,024 signatures. Beyond those, what an allocator leaves over.
REMEMBERED_MIB = 16
GROWTH_MIB = 2
# The template's pool for each of authorizer, jwks, signin, signup and token.
CONNECTIONS_AT_MOST = 5 * 8


def measure(given, stack, say):
    """All that is asked for, as Markdown."""
    idleness, tool = machine.Idleness(), wrk.version()
    say("cargo build, of the runner")
    program = runner.build(given.profile)
    folder, key = stack.enter_context(runner.project()), secrets.token_hex(32)
    lives = {"AccessTokenSeconds": TOKEN_SECONDS + int(60 * given.minutes)}

    def start(database=None, **parameters):
        return runner.start(program, folder, key, database, **lives, **parameters)

    # As the template has it: the gateway keeps policies, beside what the authorizer remembers.
    main = stack.enter_context(start())
    held = {"at its start": main.holds()}
    people = accounts.new(2 * machine.CORES)
    accounts.sign_up(main.address, people)
    say(f"{given.tokens:,} tokens")
    with start(main.database, BcryptCost=min(signin.COSTS)) as cheap:
        somebody = accounts.new(1)
        accounts.sign_up(cheap.address, somebody)
        tokens = accounts.sign_in(cheap.address, somebody * given.tokens)
    load = Load(main, folder, people)

    def look(when):
        idleness.settle()
        held[when] = main.holds()
        say(f"{when}: {held[when].mib:.1f} MiB")

    load.send(tokens[:1], max(given.seconds, rates.LEAST_SECONDS["POST"]))
    look("once it is warm")
    load.send_each(tokens)
    look(f"after {given.tokens:,} tokens")
    load.answered.clear()
    until = time.monotonic() + 60 * given.minutes
    while (left := until - time.monotonic()) > 0:
        load.send(tokens, max(rates.LEAST_SECONDS["POST"], min(ROUND_SECONDS, round(left))))
        say(f"{sum(load.answered.values()):,} requests: {main.holds().mib:.1f} MiB")
    look(f"after {given.minutes:g} minutes more")
    hold(*list(held.values())[1:])
    if idleness.is_noise():
        say(f"these figures are noise: {idleness.described()}")
    sent = ", ".join(f"{count:,} × {path}" for path, count in load.answered.items())
    return "\n\n".join(
        [
            report.conditions([f"{main.described()}; {tool}"], idleness),
            table(held),
            f"Answered in these {given.minutes:g} minutes, all with 200: {sent}.",
        ]
    )


class Load:
    """What is sent to a runner, and how much of it was answered."""

    def __init__(self, main, folder, people):
        self.main, self.folder = main, folder
        self.signins = Requests("POST", rates.SIGNIN, [account.signin() for account in people], machine.CORES)
        self.answered = {}

    def send(self, tokens, seconds):
        """Sign-ins, `me` and content at the same time, as fast as they are answered."""
        gets = [Requests("GET", path, tokens, CONNECTIONS) for path in (rates.ME, rates.CONTENT)]
        self.together([self.signins, *gets], seconds)

    def send_each(self, tokens):
        """`me` with each token once at least."""
        for first in range(0, len(tokens), SLICE):
            some, seconds = tokens[first : first + SLICE], 1
            while self.together([Requests("GET", rates.ME, some, CONNECTIONS)], seconds) < len(some):
                seconds *= 2

    def together(self, kinds, seconds):
        """How many requests were answered."""
        loads = wrk.together(self.main.address, kinds, seconds, self.folder)
        for requests, load in zip(kinds, loads):
            self.answered[requests.path] = self.answered.get(requests.path, 0) + load.requests
        self.main.forget_log()
        return sum(load.requests for load in loads)


def hold(warm, full, end):
    """Nothing may have grown but by what is remembered within bounds."""
    if full.mib - warm.mib > REMEMBERED_MIB or end.mib - full.mib > GROWTH_MIB:
        raise Failed(f"the memory grew: {warm.mib:.1f} MiB, {full.mib:.1f} with all tokens, {end.mib:.1f} at the end")
    if end.connections > CONNECTIONS_AT_MOST:
        raise Failed(f"PostgreSQL counts {end.connections} connections")
    # Threads that hash end when they are idle for long, and another may start before one is idle.
    if end.threads > warm.threads + machine.CORES or end.others > full.others:
        raise Failed(f"it had {warm}, {full} with all tokens, and ended with {end}")


def table(held):
    """A row for each moment."""
    rows = [["the runner", "MiB", "connections to PostgreSQL", "other open files", "threads"]]
    for when, it in held.items():
        rows.append([when, report.short(it.mib), str(it.connections), str(it.others), str(it.threads)])
    return report.table(rows)
