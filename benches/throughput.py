"""The requests per second of the runner and of the legacy app."""

import dataclasses
import secrets

import accounts
import machine
import rates
import report
import runner
import wrk
from accounts import Client
from process import Failed
from rates import Subject

# A run may outlast a default token. Attempts are counted as on AWS, but never refused.
SETTINGS = {"AccessTokenSeconds": 86_400, "GuessesPerAccount": 10_000, "GuessesPerNetwork": 1_000_000, "SignupsPerNetwork": 1_000_000}


def chosen(given):
    cases = rates.cases()
    if given.only:
        names = {case.name.replace("`", ""): case for case in cases}
        if unknown := [name for name in given.only if name not in names]:
            raise Failed(f"there is no case {unknown[0]!r}; there are: {', '.join(names)}")
        cases = [names[name] for name in given.only]
    for case in cases:
        if given.connections and case.method == "GET":
            case.connections = given.connections
    return cases


def measure(given, stack, say):
    """Measures the chosen cases; returns Markdown."""
    cases, idleness, tool = chosen(given), machine.Idleness(), wrk.version()
    if given.app:  # fails early
        Client(given.app).expect("Hello World", "GET", "/")
    say("cargo build, of the runner")
    program = runner.build(given.profile)
    folder, key = stack.enter_context(runner.project()), secrets.token_hex(32)

    def start(database=None, **parameters):
        return runner.start(program, folder, key, database, **SETTINGS, **parameters)

    main = stack.enter_context(start(AuthorizerCacheSeconds=0))
    versions = [f"{main.described()}; {tool}"] + ([report.app(given)] if given.app else [])
    latchkey, app = prepared(given, main, start, say)

    with start(main.database) as caching:
        cached = dataclasses.replace(latchkey, address=caching.address)
        for case in cases:
            subjects = [cached if case.cached else latchkey, *([app] if app else [])]
            rates.measure(case, subjects, given.seconds, given.rounds, folder, idleness, say)
            main.forget_log()
            caching.forget_log()

    if idleness.is_noise():
        say(f"these figures are noise: {idleness.described()}")
    origin = report.origin(versions, given.seconds, given.rounds, idleness)
    return "\n\n".join([origin, report.rates(cases, latchkey, app)])


def prepared(given, main, start, say):
    """Latchkey, and the legacy app if its address is given, with the same users."""
    signed_up, others = accounts.new(2 * machine.CORES), accounts.new(given.users)
    say(f"{given.users} users")
    accounts.sign_up(main.address, signed_up)
    # Users whose tokens are sent sign in only once, so their hashes may be cheap; the legacy app's can't be.
    with start(main.database, BcryptCost=4) as cheap:
        accounts.sign_up(cheap.address, others)
        tokens = accounts.sign_in(cheap.address, others)
    latchkey = Subject("Latchkey", main.address, signed_up, dict(zip(others, tokens)))
    if not given.app:
        return latchkey, None
    say(f"{given.users} users of the legacy app, which takes a while")
    accounts.sign_up(given.app, signed_up + others)
    tokens = accounts.sign_in(given.app, others)
    return latchkey, Subject("the legacy app", given.app, signed_up, dict(zip(others, tokens)))
