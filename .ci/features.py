"""Groups the functions by the features of shared that they ask for, since cargo builds shared with all that one call asks for.

Usage: python3 .ci/features.py

Prints a line of cargo's options for each group. The first has the functions that ask no database.
"""

import re
import sys
from pathlib import Path

from binaries import ROOT, is_plain


def features(manifest):
    """The features of shared among the dependencies of a manifest.

    >>> features('[dependencies]\\nserde = "1"\\nshared.workspace = true\\n\\n[dev-dependencies]\\nshared = {features = ["a"]}')
    ()
    >>> features('[dependencies]\\nshared = { workspace = true, features = [\\n    "b",\\n    "a",\\n] }\\n')
    ('a', 'b')
    """
    dependencies = re.search(r"^\[dependencies\]\n(.*?)(?=^\[|\Z)", manifest, re.M | re.S)[1]
    shared = re.search(r"^shared(?:\.workspace = true| = \{[^}]*\})$", dependencies, re.M)[0]
    return tuple(sorted(re.findall(r'"([\w-]+)"', shared)))


def main():
    groups = {(): []}
    for manifest in sorted(Path(ROOT, "functions").glob("*/Cargo.toml")):
        groups.setdefault(features(manifest.read_text()), []).append(manifest.parent.name)
    if wrong := [name for wanted, names in groups.items() for name in names if is_plain(name) != (not wanted)]:
        sys.exit(f"PlainRole is for the functions without features of shared, and for no others: {', '.join(wrong)}")
    for names in groups.values():
        print(*(f"-p {name}" for name in names))


if __name__ == "__main__":
    main()
