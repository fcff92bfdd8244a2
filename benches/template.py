"""The defaults of template.yaml for a function."""

import re
import sys
from typing import NamedTuple

from process import Failed
from runner import ROOT

sys.path.append(str(ROOT / ".ci"))
from names import pascal

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


class Route(NamedTuple):
    method: str
    path: str
    is_open: bool  # to callers without a token

    @property
    def is_plain(self):
        """Whether its path is a whole request."""
        return self.method == "GET" and "{" not in self.path


def route(function):
    """One of its routes: a plain one if it has any, and preferably one that needs a token."""
    found = re.findall(r"""Method: (\w+), Path: ['"]?([^\s,'"]+?)['"]?(, Auth: {Authorizer: NONE})?}}$""", resource(function), re.M)
    routes = [Route(method.upper(), path, bool(is_open)) for method, path, is_open in found]
    if not routes:
        raise Failed(f"template.yaml has no route of {function}, and benches/functions.py no event for it")
    return min(routes, key=lambda it: (not it.is_plain, it.is_open))


def resource(function):
    return found(rf"^  {pascal(function)}Function:\n((?:    .*\n|\n)+)", function)


def found(pattern, name):
    if match := re.search(pattern, TEXT, re.MULTILINE):
        return match[1]
    raise Failed(f"template.yaml has no {name}")
