"""Each function as Lambda runs it, and the legacy app as one function: cold starts, warm requests, memory, round trips,
and the price of a million requests."""

import contextlib
import json
import os
import platform
import secrets
import statistics
from typing import NamedTuple

import accounts
import bounds
import events
import example
import example_requests
import machine
import mail
import prices
import report
import round_trips
import runner
import signin
import template
from example_requests import User
from lambda_form import LambdaForm
from percentile import percentile
from process import Failed, output
from rates import ME, SIGNIN, SIGNUP
from subject import Fixture, Start, Subject

NAMES = sorted(os.listdir(runner.ROOT / "functions"))
STARTS = 5  # of each round
COSTS = (10, 11, 12)  # of bcrypt: a function accepts none below
CHEAP, COSTLY, LINE = 200, 10, 50  # invocations of each round: without a hash, with one, at each cost of a sign-in
BLOCK = 20  # invocations in a row, where ours and the legacy app's alternate


def ours(fixture, user, its_mail):
    """Our functions, each with an event to repeat: that of example_requests.py or mail.py, else one of its routes. Mail
    is on for its own functions alone."""

    def described(name):
        route = template.route(name)
        if route.is_plain:
            return fixture.subject(name, lambda: events.proxy("GET", route.path, token=user.token, context=user.context))
        return fixture.subject(name, lambda: example.event(route, user.token, user.context), may_refuse=True)

    def signed_in():
        return {"token": user.token, "context": user.context}

    sent = example_requests.of(user) | its_mail.events(user.account, accounts.PASSWORD, signed_in)
    functions = {name: fixture.subject(name, sent[name]) if name in sent else described(name) for name in NAMES}
    for name in mail.NAMES:
        functions[name].environment |= its_mail.settings
    functions["refresh"].learn = lambda answer: user.renewing.learn(answer)
    functions["mailer"].learn = mail.sent
    return functions


def sign_up_and_in(signup, signin, user, **wanted):
    """Makes a user through the functions, and takes its tokens."""
    account = user.account
    with signup.start() as started:
        signup.invoke(started, events.proxy("POST", SIGNUP, account.signup()))
    with signin.start() as started:
        body = json.dumps(json.loads(account.signin()) | wanted)
        user.learn(signin.invoke(started, events.proxy("POST", SIGNIN, body)).answer)


def prepared(fixture, stack):
    """Our functions, and a user in their database."""
    its_mail = stack.enter_context(mail.over(fixture.settings["DATABASE_URL"]))
    user, user.changing, user.renewing = users = [User(account) for account in accounts.new(3)]
    functions = ours(fixture, user, its_mail)
    for each in users:
        sign_up_and_in(functions["signup"], functions["signin"], each, session="token")
        with functions["authorizer"].start() as started:
            policy = functions["authorizer"].invoke(started, events.authorizer("GET", ME, each.token)).answer
        each.context = events.context(policy)
    return functions, user


def prepared_app(form, folder):
    """The legacy app, once for each of its two measured requests."""
    user = User(*accounts.new(1))

    def subject(title, event, **how):
        return Subject(title, form.command, form.environment(), event, form.folder, folder / "app.log", **how)

    def sign_in():
        return events.proxy("POST", SIGNIN, user.account.signin())

    me = subject("the legacy app, `me`", lambda: events.proxy("GET", ME, token=user.token))
    signs_in = subject("the legacy app, sign-in", sign_in, hashes=True)
    sign_up_and_in(signs_in, signs_in, user)
    return [me, signs_in]


def take_round(subject):
    """Measures a few cold starts, then warm requests to the last."""
    for number in range(STARTS):
        with subject.start() as started:
            first = subject.invoke(started)
            init = started.next_seconds
            subject.starts.append(Start(init + first.seconds, init, started.next_cpu_seconds))
            if number == STARTS - 1:
                take_warm(subject, started)


def take_warm(subject, started):
    times, before = COSTLY if subject.hashes else CHEAP, started.cpu_seconds()
    for _ in range(times):
        subject.take(subject.invoke(started))
    subject.warm_cpu.append((started.cpu_seconds() - before) / times)
    subject.memory.append(started.memory_mib())


class Me(NamedTuple):
    """Seconds of each warm `me`: the authorizer and then the function; the legacy app."""

    ours: list
    theirs: list


def take_me(functions, app):
    """Alternates between both in blocks, so that a busy machine slows both alike."""
    me = Me([], [])
    with contextlib.ExitStack() as stack:
        authorizer, function = (functions[name] for name in ("authorizer", "me"))
        first, then = (stack.enter_context(each.start()) for each in (authorizer, function))

        def ours():
            policy = authorizer.invoke(first)
            event = events.proxy("GET", ME, context=events.context(policy.answer))
            return policy.seconds + function.invoke(then, event).seconds

        sides = [(me.ours, ours)]
        if app:
            its, started = app[0], stack.enter_context(app[0].start())
            sides.append((me.theirs, lambda: its.invoke(started).seconds))
        for _, invoke in sides:
            invoke()  # cold
        for _ in range(CHEAP // BLOCK):
            for seconds, invoke in sides:
                seconds += [invoke() for _ in range(BLOCK)]
    return me


def take_costs(functions, accounts_by_cost):
    """The median of a sign-in at each of bcrypt's costs, in ms."""
    signs_in, medians = functions["signin"], {}
    for cost, account in accounts_by_cost.items():
        event = events.proxy("POST", SIGNIN, account.signin())
        with signs_in.start(BCRYPT_COST=str(cost)) as started:
            signs_in.invoke(started, event)
            medians[cost] = percentile([signs_in.invoke(started, event).seconds for _ in range(LINE)], 50)
    return medians


def sign_up_at_each_cost(signup):
    found = dict(zip(COSTS, accounts.new(len(COSTS))))
    for cost, account in found.items():
        with signup.start(BCRYPT_COST=str(cost)) as started:
            signup.invoke(started, events.proxy("POST", SIGNUP, account.signup()))
    return found


def build(say):
    say("deployment/build.sh")
    output([runner.ROOT / "deployment/build.sh", "--x86-64" if platform.machine() == "x86_64" else "--arm64"])


def measure(given, stack, say):
    """Measures the functions; returns Markdown."""
    if not given.no_build:
        build(say)
    program, idleness = runner.build("dev"), machine.Idleness()  # the runner only supplies the database
    folder, key = stack.enter_context(runner.project()), secrets.token_hex(32)
    server = stack.enter_context(runner.start(program, folder, key))
    fixture = Fixture(server.database, key, folder)
    functions, user = prepared(fixture, stack)
    versions = [f"Latchkey {runner.commit()}, {output(['rustc', '--version']).strip()}; {server.postgres_version()}"]
    app = []
    if given.app_folder:
        say("the legacy app's packages and database")
        form = LambdaForm(given.app_folder, folder, server.database)
        app = prepared_app(form, folder)
        versions.append(f"The legacy app: {form.versions()}")

    me, costs, by_cost = Me([], []), [], sign_up_at_each_cost(functions["signup"])
    for round_ in range(given.rounds):
        for subject in [*functions.values(), *app]:
            idleness.settle()
            take_round(subject)
        for seconds, taken in zip(me, take_me(functions, app)):
            seconds += taken
        costs.append(take_costs(functions, by_cost))
        say(f"the functions, round {round_ + 1}")
    counts = round_trips.counted(functions, user, fixture, app)
    if idleness.is_noise():
        say(f"these figures are noise: {idleness.described()}")
    return figures(given, versions, idleness, functions, app, me, signin.Beyond(costs), counts)


def figures(given, versions, idleness, functions, app, me, beyond, counts):
    held = bounds.held(functions, app, me, beyond, counts)
    starts = f"{given.rounds * STARTS} cold starts of each: median (minimum–maximum)"
    text = "\n\n".join(
        [
            report.conditions([*versions, starts], idleness),
            table(functions, app, counts),
            report.table(bounds.rows(held)),
            report.table(cost_rows(functions, app)),
        ]
    )
    if given.check and (broken := [bound for bound in held if bound.is_steady and not bound.holds]):
        print(text)
        raise Failed("; ".join(f"{bound.what}: {bound.found}" for bound in broken))
    return text


def ms(seconds):
    return report.spread([each * 1000 for each in seconds])


def percentiles(seconds):
    return ", ".join(report.short(percentile(seconds, percent)) for percent in (50, 99))


def table(functions, app, counts):
    """A row for each function."""
    trips = {count.what: f"{count.cold}, {count.described()}" for count in counts}
    rows = [
        ["function", "bytes", "start to first answer, ms", "to `/next`, ms", "CPU to `/next`, ms"]
        + ["warm, ms: p50, p99", "CPU of it, ms", "memory, MiB", "round trips: cold, warm"]
    ]
    for subject in [*functions.values(), *app]:
        starts = [ms(kind) for kind in zip(*subject.starts)]
        size = "" if subject in app else f"{os.path.getsize(subject.command[-1]):,}"
        warm_cpu = report.short(statistics.median(subject.warm_cpu) * 1000)
        memory = report.short(max(subject.memory))
        warm = [percentiles(subject.warm), warm_cpu]
        title = subject.title if subject.status < 300 else f"{subject.title}, answered {subject.status}"
        rows.append([title, size, *starts, *warm, memory, trips[subject.title]])
    return report.table(rows)


def cost_rows(functions, app):
    """Dollars of a million requests; what a million cold starts add to them."""
    small, large = template.memory("me"), template.memory("signin")
    authorizer, me, signs_in = (functions[name] for name in ("authorizer", "me", "signin"))
    kinds = {
        "`me`": (small, authorizer, me),
        "`me`, the authorizer's answer cached": (small, me),
        "sign-in": (large, signs_in),
    }
    if app:
        its_me, its_signin = app
        kinds |= {
            its_me.title: (small, its_me),
            its_signin.title: (large, its_signin),
        }
    rows = [
        ["a million of", "MB", "GB-seconds", "Lambda on x86_64, $", "on arm64, $", "API Gateway, $"]
        + ["on arm64 if all are cold, $ more"]
    ]
    for kind, (megabytes, *subjects) in kinds.items():
        spent = sum(prices.gb_seconds(subject.billed, megabytes) for subject in subjects)
        init = sum(prices.gb_seconds([start.next for start in subject.starts], megabytes) for subject in subjects)
        lambda_dollars = [prices.dollars(spent, len(subjects), processor) for processor in prices.GB_SECOND]
        dollars = [*lambda_dollars, prices.MILLION_REQUESTS, prices.dollars(init, 0, "arm64")]
        rows.append([kind, f"{megabytes:,}", f"{spent:,.0f}", *(f"{each:.2f}" for each in dollars)])
    return rows
