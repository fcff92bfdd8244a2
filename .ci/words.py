"""Holds the project's text to plain technical English: in documents, comments, names, messages and paths.

Usage: python3 .ci/words.py [FILE...]

Prints each word of RULES with its line and what to write instead. Without arguments it checks all tracked text except
the files of LEFT_OUT, and counts the words of the documents. In a document, code is not checked.
"""

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each pattern with what to write instead. It matches whole words, also those of a name in snake_case, in any case.
RULES = {
    r"whoever|whomever|whom": "name the subject: the user, the caller, the operator, the client",
    r"(?<=by )who|(?<=of )who|(?<=for )who|(?<=from )who|(?<=to )who|(?<=than )who": "name the subject",
    r"she|her|hers|herself": "they, their",
    r"anew": "again",
    r"too_dear|dear(er|est|ly)?": "costly, expensive",
    r"tells?(?! \w+ apart)|told|telling": "say, report, show",
    r"mend(s|ed|ing)?": "fix, repair",
    r"stands?|stood": "is, are, was",
    r"(?<!\bin )places?(?!holder)": "instead of, the location, the slot; or leave it out",
    r"lanes?": "queue",
    r"entrances?": "queue, limit, admission",
    r"grounds?": "default, foundation, database",
    r"(?<!-)turns?(?! (?:(?:it|them|this|that|all of it) )?(?:on|off)\b)": "attempt, round, permit",
    r"tries": "attempts, retries",
    r"heeds?": "honour, apply",
    r"besides": "also, beside",
    r"thence|whence|hence": "from there, so",
    r"(?:(?:the|that|this|old|former)[ _-]|FastAPI )app(?:lication)?(?:'?s)?": "the legacy app (once: a FastAPI app)",
}  # fmt: skip
# Upper and lower case count.
EXACT = {
    r"(?:^|(?<=[.:;] )|(?<=[>|*#] ))Who(?! \w+[^.]*\?)": "name the subject: the user, the caller, the operator",
    r"MOST": "MAX",
}
# These name the words themselves, or are not ours.
LEFT_OUT = [".ci/words.py", "functions/docs/swagger-ui/*"]
TEXT = ["*.md", "*.rs", "*.py", "*.sh", "*.sql", "*.yaml", "*.yml", "*.toml", "*/openapi.json", "*/run", "*/install"]
# The most words of one document, and of all together: 20,000, and what features added since: verifiers of tokens, the
# issuer and RS256; roles and routes of a team's own; sessions. Another feature adds its own summand.
MAX_WORDS = {"docs/develop/performance.md": 1_500, "*.md": 20_000 + 1_510 + 780 + 4_250 + 2_200 + 2_700}

RULE = [
    (re.compile(rf"(?<![A-Za-z])(?:{words})(?![a-z])", flags), instead)
    for rules, flags in ((RULES, re.I), (EXACT, 0))
    for words, instead in rules.items()
]


def faults(text, document=False):
    """Each line's number with the word and what to write instead.

    >>> [word for _, word, _ in faults("Whoever it is\\nfails anew: the retries of who asked, take_turn, TURN_ONE")]
    ['Whoever', 'anew', 'who', 'turn', 'TURN']
    >>> list(faults("a caller who asks; turns it off; can't tell them apart; retries; edited in place; background"))
    []
    >>> [word for _, word, _ in faults("Who asks. Who was it? # Who runs that app", True)]
    ['Who', 'Who', 'that app']
    >>> [word for _, word, _ in faults("fn none_of_the_app() {} // only_the_apps_own, docs/0010-tokens-of-the-app.md, the_legacy_apps")]
    ['the_app', 'the_apps', 'the-app']
    >>> list(faults("the `turn`\\n```\\nplace\\n```\\n[page](move/the-place.md)", True))
    []
    """
    if document:
        # Blank out code and the targets of links, keeping the lines.
        blank = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`|\]\([^)\s]*\)", re.M | re.S)
        text = blank.sub(lambda part: "\n" * part[0].count("\n"), text)
    for number, line in enumerate(text.splitlines(), 1):
        found = [(word.start(), word[0], instead) for pattern, instead in RULE for word in pattern.finditer(line)]
        yield from ((number, word, instead) for _, word, instead in sorted(found))


def fits(path, globs):
    return any(fnmatch(path, glob) for glob in globs)


def main(arguments):
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    paths = arguments or tracked
    wrong = []
    for path in paths:
        file = ROOT / path
        if fits(path, TEXT) and not fits(path, LEFT_OUT) and file.is_file():
            found = [(0, word, instead) for _, word, instead in faults(path)]  # line 0: the path itself
            found += faults(file.read_text(), file.suffix == ".md")
            wrong += [f"{path}:{number}: {word!r}: write {instead}" for number, word, instead in found]
    for glob, most in MAX_WORDS.items():
        words = sum(len((ROOT / path).read_text().split()) for path in tracked if fnmatch(path, glob) and (ROOT / path).is_file())
        print(f"{glob}: {words} words of at most {most}")
        if words > most and not arguments:
            wrong.append(f"{glob}: too many words")
    print("\n".join(wrong) or "plain words in all files that are held to them")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
