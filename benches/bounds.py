"""The promises about the functions, and whether they hold."""

import statistics
from typing import NamedTuple

import report
from percentile import percentile

MIB = 10
CPU_MS = 20  # CPU time to the first /next on any machine; the legacy app takes half a second
APPS_SHARE = 50
ME_MS, AUTHORIZER_MS = 5, 12
BEYOND_MS = 3  # it writes its session to the disk
TIMES_FASTER = 5


class Bound(NamedTuple):
    """A promise. A steady one must hold on a busy machine too."""

    what: str
    found: str
    holds: bool
    is_steady: bool


def held(functions, app, me, beyond, counts):
    """All promises; those about the legacy app if it was measured."""
    bounds = [
        answers("me", functions, ME_MS),
        answers("authorizer", functions, AUTHORIZER_MS),
        memory(functions),
        processor(functions),
        trips(counts),
        sign_in(beyond),
    ]
    return bounds + ([share(functions, app), faster(me)] if app else [])


def answers(name, functions, most):
    found = statistics.median(start.answer for start in functions[name].starts) * 1000
    return at_most(f"start to the first answer of `{name}`, ms", found, most, is_steady=False)


def memory(functions):
    name, found = largest({name: max(subject.memory) for name, subject in functions.items()})
    return at_most(f"resident memory, MiB (`{name}`)", found, MIB, is_steady=True)


def processor(functions):
    # The minimum, since other processes can only add to it.
    name, found = largest({name: min(start.cpu for start in it.starts) * 1000 for name, it in functions.items()})
    return at_most(f"CPU to `/next` at least, ms (`{name}`)", found, CPU_MS, is_steady=True)


def trips(counts):
    wrong = [f"{count.what} {count.described()} instead of {count.promised}" for count in counts if not count.holds]
    refused = [f"not {count.what}, which refused its example ({count.refusal})" for count in counts if count.refusal]
    found = ", ".join([*(wrong or ["all"]), *refused])
    return Bound("round trips of a warm request, as promised", found, not wrong, True)


def sign_in(beyond):
    found = statistics.median(beyond.figures(lambda line: line.beyond))
    return at_most("a sign-in beyond its hash, ms", found, BEYOND_MS, is_steady=False)


def share(functions, app):
    name, ours = largest({name: median_cpu(subject) for name, subject in functions.items()})
    found = median_cpu(app[0]) / ours
    return at_least(f"CPU to `/next` of the legacy app over that of `{name}`", found, APPS_SHARE)


def faster(me):
    found = percentile(me.theirs, 50) / percentile(me.ours, 50)
    return at_least("warm `me` of the legacy app over that of authorizer and function", found, TIMES_FASTER)


def median_cpu(subject):
    return statistics.median(start.cpu for start in subject.starts)


def largest(found):
    return max(found.items(), key=lambda item: item[1])


def at_most(what, found, most, is_steady):
    return Bound(f"{what}: at most {most}", report.short(found), found <= most, is_steady)


def at_least(what, found, least):
    return Bound(f"{what}: at least {least}", report.short(found), found >= least, False)


def rows(bounds):
    return [["promised", "found", "holds"], *([it.what, it.found, "yes" if it.holds else "**no**"] for it in bounds)]
