"""Ten times the sign-ins that the cores can hash: who is answered what, and how long others wait meanwhile."""

import asyncio
import secrets
from typing import NamedTuple

import accounts
import arrivals
import machine
import rates
import report
import runner
import wrk
from arrivals import Answer, Arrivals
from percentile import percentile
from process import Failed

TIMES = 10  # what the cores can hash
LASTING = 6  # a minute, where each measurement takes ten seconds
CHEAP_PER_SECOND = 20
AT_ONCE = 64
USUAL = 5  # sign-ins, one after another, that tell how long one takes
PATIENCE_SECONDS = 60


class Found(NamedTuple):
    """What became of everyone at one address."""

    signins: list[Answer]
    before: dict[str, list[Answer]]
    meanwhile: dict[str, list[Answer]]
    normal_after: float | None
    signups: list[Answer]


def measure(given, stack, say):
    """All that is asked for, as Markdown."""
    idleness = machine.Idleness()
    say("cargo build, of the runner")
    program = runner.build(given.profile)
    folder, key = stack.enter_context(runner.project()), secrets.token_hex(32)
    main = stack.enter_context(runner.start(program, folder, key, AuthorizerCacheSeconds=0))
    addresses = {"Latchkey": main.address} | ({"the app": given.app} if given.app else {})
    people = accounts.new(2 * machine.CORES)
    for address in addresses.values():
        accounts.sign_up(address, people)
    idleness.settle()
    lines = [account.signin() for account in people]
    seconds = max(given.seconds, rates.LEAST_SECONDS["POST"])
    capacity = wrk.load(main.address, "POST", rates.SIGNIN, lines, machine.CORES, seconds, folder).rate
    say(f"{capacity:.1f} sign-ins a second are what {machine.CORES} cores hash")
    found = {}
    for name, address in addresses.items():
        idleness.settle()
        found[name] = asyncio.run(overload(address, people, TIMES * capacity, given.seconds))
        say(f"{name}: {told(found[name].signins)}; {told(found[name].signups)} of {AT_ONCE} sign-ups at once")
    hold(found["Latchkey"])
    if idleness.is_noise():
        say(f"these figures are noise: {idleness.described()}")
    lasted = given.seconds * LASTING
    head = f"{TIMES * capacity:,.0f} sign-ins a second for {lasted} s, where the cores hash {capacity:.1f}"
    versions = [main.described()] + ([report.app(given)] if given.app else [])
    return "\n\n".join([report.conditions(versions, idleness), table(head, found)])


async def overload(address, people, rate, seconds):
    """Sends the cheap calls alone, then with far too many sign-ins, then waits until it is over."""
    tokens = await asyncio.to_thread(accounts.sign_in, address, people)
    signin = Arrivals(address, [("POST", rates.SIGNIN, account.signin()) for account in people], rate)
    cheap = {
        "`me`": Arrivals(address, [("GET", rates.ME, "", token) for token in tokens], CHEAP_PER_SECOND),
        "`GET /`": Arrivals(address, [("GET", "/")], CHEAP_PER_SECOND),
    }

    async def all_cheap(seconds):
        return dict(zip(cheap, await asyncio.gather(*(calls.during(seconds) for calls in cheap.values()))))

    usual = arrivals.median([await signin.ask(number) for number in range(USUAL)])
    before = await all_cheap(seconds)
    loads = asyncio.gather(signin.during(LASTING * seconds), all_cheap(LASTING * seconds))
    await asyncio.sleep(LASTING * seconds)
    normal_after = await until_normal(signin, usual)
    signins, meanwhile = await loads
    signups = [("POST", rates.SIGNUP, account.signup()) for account in accounts.new(AT_ONCE)]
    return Found(signins, before, meanwhile, normal_after, await Arrivals(address, signups, AT_ONCE).at_once())


async def until_normal(signin, usual):
    """After how many seconds a sign-in comes that takes no more than twice as long as usual; None if none does."""
    clock = asyncio.get_running_loop().time
    began = clock()
    while (sent := clock()) - began < PATIENCE_SECONDS:
        answer = await signin.ask()
        if answer.status == 200 and answer.seconds <= 2 * usual:
            return sent - began
        await asyncio.sleep(0.1)
    return None


def hold(found):
    """Anything but a 200, or a 503 that says when to come back, is a failure and no figure."""
    for name, answers in found.meanwhile.items():
        if any(answer.status != 200 for answer in answers):
            raise Failed(f"{name} was answered {told(answers)} meanwhile")
    if any(answer.status != 200 and not (answer.status == 503 and answer.says_when) for answer in found.signins):
        raise Failed(f"the sign-ins were answered {told(found.signins)}, or a 503 doesn't say when to come back")
    if {answer.status for answer in found.signins} != {200, 503}:
        raise Failed(f"no overload: the sign-ins were answered {told(found.signins)}")
    if any(answer.status != 200 for answer in found.signups):
        raise Failed(f"{AT_ONCE} sign-ups at once were answered {told(found.signups)}")
    if found.normal_after is None:
        raise Failed(f"a sign-in took longer than usual {PATIENCE_SECONDS} s after it")


def told(answers):
    """How many of each status."""
    counts = {}
    for answer in answers:
        counts[answer.status] = counts.get(answer.status, 0) + 1
    return ", ".join(f"{count:,} × {status or 'no answer'}" for status, count in sorted(counts.items()))


def times(answers):
    """p50 and p99 in ms."""
    if not answers:
        return "none"
    seconds = [answer.seconds for answer in answers]
    return ", ".join(report.short(percentile(seconds, percent)) for percent in (50, 99))


def table(head, found):
    """A column for each."""

    def row(name, figure):
        return [name, *(figure(it) for it in found.values())]

    def of(status):
        return lambda it: times([answer for answer in it.signins if answer.status == status])

    def wrong(it):
        return told([answer for answers in it.meanwhile.values() for answer in answers if answer.status != 200])

    def normal(it):
        return f"more than {PATIENCE_SECONDS} s" if it.normal_after is None else f"{it.normal_after:.1f} s"

    cheap = found["Latchkey"].before
    rows = [
        [head, *found],
        row("sign-ins answered", lambda it: told(it.signins)),
        row("200, ms: p50, p99", of(200)),
        row("503, ms: p50, p99", of(503)),
        *(row(f"{name} before, ms: p50, p99", lambda it, name=name: times(it.before[name])) for name in cheap),
        *(row(f"{name} meanwhile, ms: p50, p99", lambda it, name=name: times(it.meanwhile[name])) for name in cheap),
        row("of these not 200", lambda it: wrong(it) or "none"),
        row("a sign-in takes as long as usual again after", normal),
        row(f"{AT_ONCE} sign-ups at once", lambda it: told(it.signups)),
        row("the last of them has its answer after", lambda it: f"{max(answer.seconds for answer in it.signups):.1f} s"),
    ]
    return report.table(rows)
