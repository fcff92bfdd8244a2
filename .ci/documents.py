"""Checks that what the documents name exists.

Usage: python3 .ci/documents.py

In every document: links, and scripts and files in code, exist; a script has the options that it is called with; the
tests in a column "held by" exist. In the documents about AWS, each parameter, output and logical id is in one of the
templates. Prints the faults.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Documents whose CamelCase words must be in the templates.
OF_AWS = ["docs/operate/deploying.md", "docs/move/from-fastapi.md", "docs/operate/seen-on-aws.md"]
# Other CamelCase words: of secrets, of AWS's answers, of the legacy app.
OF_OTHERS = {
    "OutputKey", "OutputValue", "StackResourceDetail", "PhysicalResourceId", "VersionStages", "VersionId", "SecretString",
    "VpcConfig", "MetricAlarms", "AlarmName", "StateValue", "TraceSummaries", "NotAction", "StringEquals",
    "InvokeFunction", "Credential", "Name", "Value", "StateReasonCode", "EngineVersion", "TargetHealth", "ApiName",
    "UnblendedCost", "Values", "Start", "End", "Type", "Key", "CryptContext", "ForeignKey", "CachingDisabled",
    "AllViewerExceptHostHeader", "AttributeKey", "ReadOnly", "AttributeValue", "CloudTrailEvent", "AccessDenied",
    "AllViewerExceptHostHeader", "StackEvents", "ResourceStatus", "LogicalResourceId", "ResourceStatusReason", "SecretList",
    "InvalidToken",
}  # fmt: skip
# Folders of Rust.
CRATES = ("functions", "legacy", "local", "own-routes", "shared", "tests", "benches")
PATH = re.compile(rf"(?<![\w/.-])((?:\.ci|\.github|deployment|docs|migrations|{'|'.join(CRATES)})/[\w./-]*\w)")
SCRIPT = re.compile(r"(?<![\w/.-])((?:\.ci|deployment|benches)/[\w./-]+)((?:\s+(?:--[a-z][a-z-]*|[\w./{}$\"-]+))*)")


def code(text):
    """The parts of a document that are code: fenced blocks and spans."""
    fenced = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.M | re.S)
    blocks = fenced.findall(text)
    return blocks + re.findall(r"`([^`\n]+)`", fenced.sub("", text))


def anchors(path):
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def template_names(text):
    """Parameters, outputs and resources: the keys at the second level."""
    return set(re.findall(r"^  ([A-Za-z][A-Za-z0-9]*):", text, re.M))


def tests(source):
    """The names of the tests in Rust: those of an attribute, and the black-box suite's checks.

    >>> sorted(tests("#[test]\\nfn a() {}\\nfn b() {}\\n#[tokio::test(start_paused = true)]\\n#[ignore]\\nasync fn c() {}"))
    ['a', 'c']
    >>> sorted(tests("fn e() {}\\nfn checks() { checks![\\n    d;\\n    f also Emulator needs Log;\\n] }"))
    ['d', 'f']
    """
    attribute = r"^ *#\[(?:tokio::)?test(?:\([^)]*\))?\]\s*(?:#\[.*\]\s*)*(?:async )?fn (\w+)"
    checks = re.findall(r"\bchecks!\[(.*?)\]", source, re.S)
    return {*re.findall(attribute, source, re.M), *(name for text in checks for name in re.findall(r"^\s*(\w+)\b[^;]*;", text, re.M))}


def holders(text):
    """The tests in a table's last column, if its heading is "held by".

    >>> list(holders("| what | held by |\\n|---|---|\\n| `an_a` | `.ci/x`, `m::a_b`, `c_d` |\\n\\n| `e_f` | `g_h` |"))
    ['a_b', 'c_d']
    """
    for table in re.findall(r"^\|.*\| held by \|\n((?:\|.*\|\n?)+)", text, re.M):
        for column in re.findall(r"\|([^|]*)\|$", table, re.M):
            yield from re.findall(r"`(?:\w+::)*(\w+_\w+)`", column)


def check(document, names, known):
    text = (ROOT / document).read_text()
    if "--guided" in text:
        yield "--guided: sam asks endlessly for an empty parameter with NoEcho"
    for test in holders(text):
        if test not in known:
            yield f"{test}: no such test"
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / document).parent / path if path else ROOT / document
        if not target.exists():
            yield f"a link to {link}: no such file"
        elif anchor and anchor not in anchors(target):
            yield f"a link to {link}: no such heading"
    for part in code(text):
        for path in PATH.findall(part):
            if not any(list(folder.glob(path)) for folder in (ROOT, (ROOT / document).parent)):
                yield f"{path}: no such file"
        for script, words in SCRIPT.findall(part):
            if (ROOT / script).is_file() and not script.endswith(".yaml"):
                for option in re.findall(r"--[a-z][a-z-]*", words):
                    if option not in (ROOT / script).read_text():
                        yield f"{script} {option}: no such option"
        if document in OF_AWS:
            for word in re.findall(r"(?<![\w:*/-])(?:[A-Z][a-z0-9]+){2,}\b|(?<![\w-])[A-Z][a-z]+(?==\S)", part):
                if word not in names | OF_OTHERS:
                    yield f"{word}: in no template"


def main():
    templates = [ROOT / "template.yaml", ROOT / "database.yaml", ROOT / "deployment/pipeline.yaml"]
    names = set().union(*(template_names(path.read_text()) for path in templates if path.exists()))
    assert len(names) > 30, "the templates can't be parsed"
    documents = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("*/*/README.md")]
    documents = {path.relative_to(ROOT) for path in documents}
    documents = sorted(str(path) for path in documents if "target" not in path.parts)
    assert set(OF_AWS) < set(documents), "a document is missing"
    sources = (path.read_text() for folder in CRATES for path in (ROOT / folder).glob("**/*.rs"))
    known = set().union(*map(tests, sources))
    faults = [f"{document}: {fault}" for document in documents for fault in dict.fromkeys(check(document, names, known))]
    print("\n".join(faults) or f"everything that {len(documents)} documents name exists")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
