"""Checks that a function with a database takes at most 40 lines of template.yaml in total.

Counted: its own block without its events, which are generated; its role; its login; its output. Not counted: blank
lines, comments, and all but the first line of what it defines for others too (an anchor that they use).
"""

import re

import yaml
from declared import functions
from fault import holds
from names import pascal

MAX_LINES = 40


def check(source):
    with open(source) as file:
        text = file.read()
    sections = {key.value: value for key, value in yaml.compose(text).value}
    resources = {key.value: (key, value) for key, value in sections["Resources"].value}
    outputs = {key.value: (key, value) for key, value in sections["Outputs"].value}
    for function in functions(source):
        if function.asks_database:
            work = pascal(function.work)
            mine = [name for name in (function.logical_id, f"{work}Role", f"{work}Login") if name in resources]
            others = reached(value for name, (_, value) in resources.items() if name not in mine)
            blocks = [resources[name] for name in mine]
            blocks += [block for name, block in outputs.items() if name == f"{function.logical_id}Name"]
            length = sum(len(counted(text.splitlines(), key, value, others)) for key, value in blocks)
            holds(f"{function.crate} has {length} lines; the limit is {MAX_LINES}", 10 < length <= MAX_LINES)


def counted(lines, key, value, others):
    """The numbers of the lines that count."""
    span = range(key.start_mark.line, after(value))
    numbers = {number for number in span if re.search(r"^\s*[^\s#]", lines[number])}
    for name, node in within(value):
        if node.start_mark.line in span and (name == "Events" or id(node) in others):
            # The events' name is on the line before them; an anchor's line is its own.
            first = node.start_mark.line + (-1 if name == "Events" else 1)
            numbers -= set(range(first, after(node)))
    return numbers


def after(node):
    """The number of the line after it. A block ends where the next token is."""
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    return node.end_mark.line + (not is_block)


def within(node, name=""):
    """A node and all below it, each with the name that it is under."""
    yield name, node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from within(value, key.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from within(item, name)


def reached(nodes):
    return {id(node) for top in nodes for _, node in within(top)}
