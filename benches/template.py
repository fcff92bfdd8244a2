"""The defaults of template.yaml for a function."""

import re

from process import Failed
from runner import ROOT

TEXT = (ROOT / "template.yaml").read_text()


def default(parameter):
    """A parameter's default, as text."""
    return found(rf"^  {parameter}:\n(?:    .*\n)*?    Default: '?([^'\n]*)'?$", parameter)


def memory(function):
    """A function's memory in MB."""
    return int(default("HashingMemorySize" if hashes(function) else "MemorySize"))


def hashes(function):
    return bool(re.search(r"[&*]hashing\b", resource(function)))


def asks_database(function):
    return "PlainRole" not in resource(function)


def route(function):
    """The path of one of its GET routes, preferably one that needs a token."""
    paths = re.findall(r"Method: get\b\W+Path: ([^\s,}]+)(.*Authorizer: NONE)?", resource(function))
    if not paths:
        raise Failed(f"template.yaml has no GET route of {function}, and benches/functions.py no event for it")
    return min(paths, key=lambda it: bool(it[1]))[0]


def resource(function):
    return found(rf"^  {function.capitalize()}Function:\n((?:    .*\n|\n)+)", function)


def found(pattern, name):
    if match := re.search(pattern, TEXT, re.MULTILINE):
        return match[1]
    raise Failed(f"template.yaml has no {name}")
