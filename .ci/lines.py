"""Holds each Rust file to MAX_LINES, and prints how much Rust is deployed.

Usage: python3 .ci/lines.py

Deployed is functions/, legacy/ and shared/ without tests, comments, blank lines and what only the build or the
documents read.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 300
DEPLOYED = re.compile(r"(functions|legacy|shared)/(?!.*(tests[/.]|vectors|build[/.]|openapi\.rs))")
TESTS = re.compile(r"^( *)#\[cfg\(test\)\]\n *(?:pub\S* )?mod \w+ \{\n.*?^\1\}$", re.M | re.S)


def deployed(source):
    """How many lines are neither of tests nor blank nor comments.

    >>> deployed("fn a() {}\\n\\n/// b\\n#[cfg(test)]\\nmod tests {\\n    fn c() {}\\n}\\n")
    1
    """
    lines = map(str.strip, TESTS.sub("", source).splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def main():
    listed = subprocess.run(["git", "ls-files", "*.rs"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    sources = {path: (ROOT / path).read_text() for path in listed.split()}
    print("deployed Rust:", sum(deployed(text) for path, text in sources.items() if DEPLOYED.match(path)), "lines")
    long = {path: text.count("\n") for path, text in sources.items() if text.count("\n") > MAX_LINES}
    for path, lines in long.items():
        print(f"{path}: {lines} lines of at most {MAX_LINES}")
    sys.exit(bool(long))


if __name__ == "__main__":
    main()
