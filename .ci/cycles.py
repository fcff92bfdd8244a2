"""Holds the modules of each crate to one direction: no module uses one that uses it, by whatever way.

Usage: python3 .ci/cycles.py

A module is a file, and a folder with all that is in it. Counted are its paths that begin with
crate::, self::, super:: or the name of a module that it declares, in `use`, `pub use` and elsewhere,
outside of tests. A name is followed through `pub use` to the file that has it. Prints each cycle.

>>> uses("use crate::{a::B, c::{self, d::E as F}};")
[['crate', 'a', 'B'], ['crate', 'c', 'self'], ['crate', 'c', 'd', 'E']]
>>> uses("let x = super::y::z(); // crate::no")
[['super', 'y', 'z']]
>>> uses("mod a; mod b; use a::C; fn d() { b::e(); f::b::g(); a.h() }")
[['self', 'a', 'C'], ['self', 'b', 'e']]
>>> sources = {("a",): "mod b; fn c() { b::d() }", ("a", "b"): "use super::c; fn d() {}"}
>>> cycles(graph(sources, 2))
[['a', 'a::b']]
>>> sources = {(): "mod a;\\npub use a::B;\\npub const C: u8 = 0;", ("a",): "use crate::C; pub struct B;"}
>>> cycles(graph(sources, 1))
[['a', 'the crate']]
>>> sources |= {(): "mod a;\\nmod c;\\npub use a::B;\\npub use c::C;", ("c",): "pub const C: u8 = 0;"}
>>> cycles(graph(sources, 1))
[]
>>> cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
[['a', 'b', 'c']]
>>> cycles({"a": {"b"}, "b": set()})
[]
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TREE = re.compile(r"^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", re.M)
INLINE = re.compile(r"(?<![\w:])[a-z_]\w*(?:::\w+)+")


def bare(source):
    """The source without comments, texts and what is for tests alone."""
    texts = r"""b?r(#*)".*?"\1|b?'(?:\\.|[^\\'])'|"(?:[^"\\]|\\.)*"|//[^\n]*"""
    source = re.sub(texts, "", source, flags=re.S)
    return re.sub(r"#\[cfg\(test\)\]\s*(?:pub\S* )?mod \w+ \{.*?^\}", "", source, flags=re.S | re.M)


def leaves(tree, before=()):
    """The paths of a `use`, which may branch.

    >>> leaves("a::{b, c as d}")
    [['a', 'b'], ['a', 'c']]
    """
    tree = tree.strip()
    if "{" not in tree:
        return [[*before, *re.split(r"\s*::\s*", re.sub(r"\s+as\s+\w+$", "", tree))]] if tree else []
    head, inner = tree.split("{", 1)
    head = [part for part in re.split(r"\s*::\s*", head) if part]
    parts, depth, part = [], 0, ""
    for character in inner[: inner.rindex("}")]:
        depth += (character == "{") - (character == "}")
        if character == "," and not depth:
            parts.append(part)
            part = ""
        else:
            part += character
    return [path for part in [*parts, part] for path in leaves(part, (*before, *head))]


def uses(source, public=False):
    """The paths within the crate that a source has; with `public`, those of its `pub use` alone."""
    source = bare(source)
    found = [path for match in TREE.finditer(source) if match[1] or not public for path in leaves(match[2])]
    if not public:
        found += [path.split("::") for path in INLINE.findall(TREE.sub("", source))]
    children = set(re.findall(r"\bmod (\w+);", source))
    found = [["self", *path] if path[0] in children else path for path in found]
    return [path for path in found if path[0] in ("crate", "super", "self")]


def modules(folder):
    """Each module's path, with its source; the crate itself is ()."""
    found = {}
    for file in sorted(folder.glob("src/**/*.rs")):
        parts = file.relative_to(folder / "src").with_suffix("").parts
        if parts[0] != "main":
            found[() if parts == ("lib",) else parts] = file.read_text()
    tests = re.findall(r"#\[cfg\(test\)\]\s*(?:pub\S* )?mod (\w+);", "".join(found.values()))
    return {path: source for path, source in found.items() if not {*path} & {*tests}}


def owner(path, at, found, seen=()):
    """The module that has what a path, seen from the module `at`, names."""
    base = {"crate": (), "self": at}.get(path[0], at)
    rest = list(path if path[0] not in ("crate", "self", "super") else path[1:])
    if path[0] == "super":
        base = at[:-1]
        while rest and rest[0] == "super":
            base, rest = base[:-1], rest[1:]
    while rest and (*base, rest[0]) in found:
        base, rest = (*base, rest[0]), rest[1:]
    if rest and (base, rest[0]) not in seen:
        for given in uses(found.get(base, ""), public=True):
            if given[-1] == rest[0] and given != path:
                return owner(given, base, found, (*seen, (base, rest[0])))
    return base


def cycles(edges):
    """One cycle of each group of modules that use each other."""
    found, done = [], set()

    def visit(node, way):
        if node in way:
            cycle = way[way.index(node) :]
            if not any(set(cycle) & set(other) for other in found):
                found.append(cycle)
            return
        if node not in done:
            for target in sorted(edges.get(node, ())):
                visit(target, [*way, node])
            done.add(node)

    for node in sorted(edges):
        visit(node, [])
    return found


def graph(found, depth):
    """The uses between modules, with the modules below a depth as one."""
    edges = {}
    for path, source in found.items():
        for use in uses(source):
            user, used = ("::".join(it[:depth]) or "the crate" for it in (path, owner(use, path, found)))
            if user != used:
                edges.setdefault(user, set()).add(used)
    return edges


def crates():
    """The folders of the workspace's crates, without those that are tests or benches."""
    members = json.loads(re.search(r"^members = (\[[^]]*\])", (ROOT / "Cargo.toml").read_text(), re.M)[1])
    patterns = [pattern for pattern in members if not pattern.startswith(("tests/", "benches/"))]
    return [folder for pattern in patterns for folder in sorted(ROOT.glob(pattern)) if (folder / "src").is_dir()]


def main():
    found = {
        f"{folder.relative_to(ROOT)}: {' → '.join([*cycle, cycle[0]])}"
        for folder in crates()
        for found in [modules(folder)]
        for depth in range(1, 1 + max(map(len, found)))
        for cycle in cycles(graph(found, depth))
    }
    print("\n".join(sorted(found)) or "no cycle between modules")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
