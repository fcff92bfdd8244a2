"""Checks that operators' shell lines run on bash 3.2 and BSD's programs, such as those of macOS.

Usage: python3 .ci/portable.py

Reads the scripts in deployment/, .ci/tools/install, and the documents' code. Prints each line that needs more, with a
portable alternative.
"""

import re
import sys
from pathlib import Path

from documents import ROOT, code

# A pattern that isn't portable, an example, and the alternative.
RULES = [
    (r"\b(mapfile|readarray)\b", "mapfile -t lines <file", "a loop with read"),
    (r"\b(declare|local|typeset) -[a-z]*[Agnlu]", "declare -A map", "an indexed array, or jq"),
    (r"\$\{\w+(\[[^]]*\])?(,|\^)", 'echo "${name,,}"', "tr"),
    (r"\$\{\w+@[A-Za-z]\}", 'echo "${name@Q}"', "printf %q"),
    (r"\$\{\w+:[^}:]*:\s*-\d", "${name:0:-1}", "${name%?}"),
    (r"\[\[ -v\b", "[[ -v name ]]", "${name+set}"),
    (r"\|&|&>>", "make |& tee log", "2>&1 |"),
    (r"\bcoproc\b|\bwait -n\b", "wait -n", "wait with a process's id"),
    (r";;?&(\s|$)", "a) true ;;&", "one more case"),
    (r"\{0\d+\.\.\d+\}", "{01..12}", "printf %02d"),
    (r"\bread\b[^|;]* -t ?\d*\.\d", "read -t 0.1", "sleep"),
    (r"printf ['\"]?%\(", "printf '%(%F)T'", "date"),
    (r"=~ [^$\s'\"]*[(|]", "[[ $name =~ ^(a|b)$ ]]", "a pattern in a variable: [[ $name =~ $pattern ]]"),
    (r"\brealpath\b|\breadlink -f\b", "realpath -m file", "$(cd \"$(dirname …)\" && pwd)"),
    (r"\b(sha\d+|md5)sum\b", "sha256sum file", "openssl dgst -sha256 -r"),
    (r"\bsed\b[^|;]* -i\b(?!\.)", "sed -i s/a/b/ file", "a new file, then mv"),
    (r"\bdate\b[^|;)]* (-[a-z]*d|--date)\b|\bdate [^)]*%\d*N", "date -u -d '1 day'", "jq: now + 86400 | todate"),
    (r"\bstat -c|/proc/", "stat -c %U file", "what the script knows already"),
    (r"\bgrep\b[^|;]* -[a-zA-Z]*P", "grep -oP '\\d'", "grep -E"),
    (r"\bsort\b[^|;]* -[a-zA-Z]*V", "sort -V", "sort -t . -k 1n"),
    (r"\bhead -[nc] ?-|\btac\b", "head -n -1", "sed '$d'"),
    (r"\bxargs\b[^|;]* -[a-z]*[rd]\b", "xargs -r rm", "a loop with read"),
    (r"\bcp\b[^|;]* --", "cp --parents a b", "options of one letter"),
    (r"\binstall\b[^|;]* <\(", "install -m 600 <(echo) file", "umask and >"),
    (r"\bbase64 (-w|--wrap)|\bbase64 -d", "base64 -w 0", "base64 | tr -d '\\n'"),
    (r"\bmktemp\b[^|;)]* (-p|--tmpdir|--suffix)", "mktemp -p .", "mktemp -d"),
    (r"\bxdg-open\b|(?<![-\w])timeout \d", "timeout 5 make", "a limit of the program's own"),
]  # fmt: skip


def faults(text):
    """The faults of a line of shell, each with its alternative.

    >>> [line for rule, line, _ in RULES if not list(faults(line))]
    []
    >>> list(faults('while read -r line; do echo "${line%,}"; done <file # mapfile'))
    []
    """
    shell = re.sub(r"(^|\s)#( .*)?$", "", text)
    for rule, _, instead in RULES:
        found = re.search(rule, shell)
        if found:
            yield f"{found[0].strip()}: {instead}"


def lines():
    """Each line of shell that an operator runs, with its location."""
    for path in [*sorted(ROOT.glob("deployment/**/*.sh")), ROOT / ".ci/tools/install"]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("*/*/README.md")]
    for path in sorted({path for path in documents if "target" not in path.parts}):
        for part in code(path.read_text()):
            for line in part.splitlines():
                yield str(path.relative_to(ROOT)), line


def main():
    found = [f"{location}: {fault}" for location, line in lines() for fault in faults(line)]
    print("\n".join(dict.fromkeys(found)) or "operators' shell lines run on bash 3.2 and BSD's programs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
