#!/usr/bin/env python3
"""Deletes the move from the legacy app: what docs/move/deleting-legacy.md lists.

Usage: legacy/delete.py

A block is the line that a pattern finds, the comments and attributes directly above it, and what is indented below it.
Fails, and changes nothing more, where a pattern finds nothing.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FILES = [
    ".ci/deleting-legacy",
    "docs/move/from-fastapi.md",
    "functions/authorizer/src/adopted_callers.rs",
    "functions/authorizer/src/legacy_caller.rs",
    "functions/authorizer/tests/authorizer/legacy",
    "functions/authorizer/tests/authorizer/legacy.rs",
    "fuzz/corpus/settings/forgeable",
    "fuzz/corpus/settings/legacy_date",
    "legacy",
    "local/tests/latchkey/adoption.rs",
    "tests/black-box/tests/service/tokens/legacy.rs",
    "tests/side-by-side",
]
SERVICE = "tests/black-box/tests/service"
# In each of these files, the patterns of blocks.
BLOCKS = {
    ".ci/parts/runner.sh": ["^step .*legacy app", "^PYTHONPATH=.*side-by-side", "^tests/side-by-side/run", r"^\.ci/deleting-legacy"],
    ".ci/template/*.py": ["Legacy", "LEGACY", "check_legacy", "legacy app", "BY_VALUE", "BY_ARN"],
    "Cargo.toml": ["^legacy = "],
    "fuzz/Cargo.toml": ["^legacy = "],
    "fuzz/dictionaries/settings.dict": ["LEGACY"],
    "fuzz/fuzz_targets/settings.rs": ["^use legacy::", "tokens::Settings"],
    "fuzz/fuzz_targets/stored_password.rs": ["^use legacy::", r"Err\(Unreadable::UnknownHash\)"],
    "fuzz/fuzz_targets/token.rs": ["^    Legacy,", "Self::Legacy =>", "^use aws_lc_rs::hmac", "let has ="],
    "fuzz/src/gate.rs": ["^use legacy::", "::SecretsManager", "const LEGACY_SECRET", "const UNTIL", "let legacy ="],
    "functions/authorizer/Cargo.toml": ["^tokio-postgres"],
    "functions/*/Cargo.toml": [r'^default = \["legacy"\]', "^legacy = ", r"^\[features\]"],
    "local/src/settings.rs": ["LEGACY"],
    "local/tests/latchkey/main.rs": ["mod adoption"],
    "shared/src/db/callers.rs": ["pub const FIND_ADOPTED"],
    "shared/src/functions.rs": ["callers::FIND_ADOPTED"],
    "shared/tests/database/last_release.jsonl": ["FROM adoption"],
    "template.yaml": [r"^  \w*Legacy\w*:", "^  AForgeableSecretIsTheSecret:", "LEGACY_", "HasLegacy", "DecryptsLegacy", "tokens of the legacy app'}"],
    f"{SERVICE}/log.rs": ["tokens::legacy", "legacy_tokens_are_events", "legacy::SECRET", "sync::atomic"],
    f"{SERVICE}/runner.rs": ["LEGACY"],
    f"{SERVICE}/settings.rs": ["Legacy"],
    f"{SERVICE}/tokens.rs": ["mod legacy", "legacy::checks"],
}
# Before that, in each of these files, texts to replace.
TEXTS = {
    ".ci/documents.py": [(' "docs/move/from-fastapi.md",', ""), ('"legacy", ', "")],
    ".ci/template/*.py": [(" LEGACY,", ""), (", UNTIL\n", "\n"), (', "LegacyTokenSecret", "ForgeableLegacyTokenSecret"', "")],
    ".ci/lines.py": [("|legacy|", "|"), (" legacy/,", "")],
    ".ci/parts/fast.sh": [
        (" .ci/deleting-legacy", ""),
        (", and without the move from the legacy app", ""),
        (" --no-default-features", ""),
    ],
    "Cargo.toml": [('"legacy", ', ""), (', "tests/side-by-side"', "")],
    "fuzz/fuzz_targets/stored_password.rs": [
        ("Err(Unreadable::TooCostly)", "Err(Unreadable::TooCostly | Unreadable::UnknownHash)"),
    ],
    "fuzz/fuzz_targets/token.rs": [
        (", LEGACY_SECRET", ""),
        ("Map, ", ""),
        ('if header.contains("HS256") { Form::Legacy } else { Form::Own }', "Form::Own"),
    ],
    "fuzz/src/gate.rs": [("\n            .with_legacy_tokens(legacy, SecretsManager::default())", "")],
    "template.yaml": [
        ("          - &has-legacy-arn !Not [!Equals [!Ref LegacyTokenSecretArn, '']]\n", ""),
        ("DatabaseSecretArn, LegacyTokenSecretArn, ", "DatabaseSecretArn, "),
    ],
}
FEATURE = '#[cfg(feature = "legacy")]'
NO_FEATURE = '#[cfg(not(feature = "legacy"))]'


def indent(line):
    return len(line) - len(line.lstrip(" "))


def is_above(line):
    """Whether the line belongs to what comes after it."""
    return bool(re.match(r" *(//(?!!)|#\[|# )", line))


def without_block(lines, at):
    """The lines without the block that line begins.

    >>> without_block(["a", "/// b", "fn b(", "  c", ") {", "  d", "", "  e", "}", "f"], 2)
    ['a', 'f']
    """
    start, end, deep = at, at, indent(lines[at])
    while start and is_above(lines[start - 1]) and indent(lines[start - 1]) == deep:
        start -= 1
    while is_above(lines[end]):
        end += 1
    end += 1
    while end < len(lines):
        line = lines[end]
        closes = indent(line) == deep and line.lstrip(" ").startswith(("}", ")", "]", "{"))
        if line and indent(line) <= deep and not closes:
            break
        end += 1
    while not lines[end - 1]:
        end -= 1
    if start and end < len(lines) and not lines[start - 1] and not lines[end]:
        end += 1
    return lines[:start] + lines[end:]


def without(lines, pattern):
    found = re.compile(pattern).search
    while at := [index for index, line in enumerate(lines) if found(line)]:
        lines = without_block(lines, at[0])
    return lines


def files(pattern):
    return sorted(Path().glob(pattern))


def delete():
    for path in FILES:
        shutil.rmtree(path) if Path(path).is_dir() else os.remove(path)
    for pattern, texts in TEXTS.items():
        for old, new in texts:
            read = {path: path.read_text() for path in files(pattern)}
            if not any(old in text for text in read.values()):
                raise SystemExit(f"{pattern} has no {old!r}")
            for path, text in read.items():
                path.write_text(text.replace(old, new))
    for pattern, blocks in BLOCKS.items():
        for block in blocks:
            read = {path: path.read_text() for path in files(pattern)}
            if not any(re.search(block, text, re.M) for text in read.values()):
                raise SystemExit(f"{pattern} has nothing like {block!r}")
            for path, text in read.items():
                path.write_text("\n".join(without(text.split("\n"), block)))
    sources = subprocess.run(["git", "ls-files", "-z", "*.rs"], check=True, capture_output=True, text=True).stdout
    for path in filter(Path.exists, map(Path, filter(None, sources.split("\0")))):
        text = path.read_text()
        lines = [line for line in text.split("\n") if line.strip() != NO_FEATURE]
        lines = without(lines, "^ *" + re.escape(FEATURE) + "$")
        if lines != text.split("\n"):
            path.write_text("\n".join(lines))


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    delete()
    for manifest in ("Cargo.toml", "fuzz/Cargo.toml"):
        subprocess.run(["cargo", "fmt", "--all", "--manifest-path", manifest], check=True)
    print("Deleted. docs/move/deleting-legacy.md says what is left.", file=sys.stderr)
