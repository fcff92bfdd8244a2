"""Holds each file of SOURCES to MAX_LINES, and all that is deployed to MAX_DEPLOYED, which a new feature raises by its own.

Usage: python3 .ci/lines.py

Deployed is functions/, legacy/, own-routes/ and shared/ without tests, comments, blank lines and what only the build or
the documents read. The local runner is not.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ["*.rs", "*.py", "*.sh", "*.sql"]
MAX_LINES = 300
MAX_DEPLOYED = 17_400
DEPLOYED = re.compile(r"(functions|legacy|own-routes|shared)/(?!.*(tests[/.]|vectors|build[/.]|openapi\.rs))")
TESTS = re.compile(r"^( *)#\[cfg\(test\)\]\n *(?:pub\S* )?mod \w+ \{\n.*?^\1\}$", re.M | re.S)


def deployed(source):
    """How many lines are neither of tests nor blank nor comments.

    >>> deployed("fn a() {}\\n\\n/// b\\n#[cfg(test)]\\nmod tests {\\n    fn c() {}\\n}\\n")
    1
    """
    lines = map(str.strip, TESTS.sub("", source).splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def main():
    listed = subprocess.run(["git", "ls-files", *SOURCES], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    sources = {path: (ROOT / path).read_text() for path in listed.split()}
    total = sum(deployed(text) for path, text in sources.items() if path.endswith(".rs") and DEPLOYED.match(path))
    print(f"deployed Rust: {total} lines of at most {MAX_DEPLOYED}")
    long = {path: text.count("\n") for path, text in sources.items() if text.count("\n") > MAX_LINES}
    for path, lines in long.items():
        print(f"{path}: {lines} lines of at most {MAX_LINES}")
    sys.exit(bool(long) or total > MAX_DEPLOYED)


if __name__ == "__main__":
    main()
