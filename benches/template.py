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
    resource = found(rf"^  {function.capitalize()}Function:\n((?:    .*\n|\n)+)", function)
    return int(default("HashingMemorySize" if re.search(r"[&*]hashing\b", resource) else "MemorySize"))


def found(pattern, name):
    if match := re.search(pattern, TEXT, re.MULTILINE):
        return match[1]
    raise Failed(f"template.yaml has no {name}")
