"""What template.yaml gives a function where nothing else is said."""

import re

from process import Failed
from runner import ROOT

TEXT = (ROOT / "template.yaml").read_text()


def default(parameter):
    """A parameter's default, as text."""
    return found(rf"^  {parameter}:\n(?:    .*\n)*?    Default: '?([^'\n]*)'?$", parameter)


def memory(function):
    """How many megabytes a function has."""
    return int(default("HashingMemorySize" if hashes(function) else "MemorySize"))


def hashes(function):
    return bool(re.search(r"[&*]hashing\b", resource(function)))


def asks_database(function):
    return "PlainRole" not in resource(function)


def route(function):
    """The path of one of its GET routes: of one that asks for a token, if there is such."""
    paths = re.findall(r"Method: get\b\W+Path: ([^\s,}]+)(.*Authorizer: NONE)?", resource(function))
    if not paths:
        raise Failed(f"template.yaml has no GET route of {function}, and there is no event for it")
    return min(paths, key=lambda it: bool(it[1]))[0]


def resource(function):
    return found(rf"^  {function.capitalize()}Function:\n((?:    .*\n|\n)+)", function)


def found(pattern, name):
    if match := re.search(pattern, TEXT, re.MULTILINE):
        return match[1]
    raise Failed(f"template.yaml has no {name}")
