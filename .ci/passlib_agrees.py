"""Checks that passlib verifies our password hashes and we verify passlib's, through a running service and its database.

Also runs the code in docs/move/out.md, which verifies a hash without passlib, on the same hashes.

Reads LATCHKEY_BASE_URL and LATCHKEY_DATABASE_URL, as `deployment/emulator.sh --then` sets them.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import warnings
from pathlib import Path

import pg8000.native
from passlib.exc import PasslibHashWarning
from passlib.hash import bcrypt, bcrypt_sha256

COST = 4  # of the hashes made here; the service uses its own

PASSWORDS = {
    "short": "correct horse",
    "71 bytes": "a1" * 35 + "b",
    "72 bytes": "a1" * 36,
    "73 bytes": "a1" * 36 + "b",
    "100 bytes": "a1" * 50,
    "1024 bytes": "a1" * 512,
    "72 bytes of UTF-8": "é1" * 24,
    "74 bytes of UTF-8": "🔑" * 18 + "é",
    "spaces": "  two  spaces  ",
}


def post(path, **body):
    address = os.environ["LATCHKEY_BASE_URL"] + path
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def database():
    url = urllib.parse.urlsplit(os.environ["LATCHKEY_DATABASE_URL"])
    return pg8000.native.Connection(url.username, url.hostname, url.path[1:], url.port, url.password)


def scheme(password):
    return bcrypt_sha256 if len(password.encode()) > 72 else bcrypt


def verify_of_the_page():
    text = (Path(__file__).resolve().parent.parent / "docs/move/out.md").read_text()
    [code] = [code for code in re.findall(r"```python\n(.*?)```", text, re.S) if "def verify" in code]
    names = {}
    exec(code, names)  # runs its own assertions too
    return names["verify"]


def passlib_reads_ours(connection):
    """passlib and the page's code verify a hash that a sign-up stored, for the whole password only."""
    verify = verify_of_the_page()
    for number, (what, password) in enumerate(PASSWORDS.items()):
        name = f"passlib-reads-{number}"
        status = post("/api/auth/signup", username=name, email=f"{name}@example.com", password=password)
        assert status == 200, f"sign-up with {what}: {status}"
        [[stored]] = connection.run("SELECT password FROM users WHERE username = :name", name=name)
        assert scheme(password).identify(stored), f"{what}: stored as {stored[:20]}"
        assert scheme(password).verify(password, stored), f"{what}: passlib doesn't verify it"
        assert not scheme(password).verify(password[:-1], stored), f"{what}: the last character doesn't count"
        assert verify(password.encode(), stored), f"{what}: docs/move/out.md doesn't verify it"
        assert not verify(password[:-1].encode(), stored), f"{what}: the last character doesn't count there"


def we_read_passlibs(connection):
    """A sign-in verifies a hash of passlib in each of its formats."""
    hashers = {f"bcrypt {ident}": bcrypt.using(rounds=COST, ident=ident) for ident in ("2", "2a", "2b", "2y")}
    hashers |= {f"bcrypt_sha256 v{version}": bcrypt_sha256.using(rounds=COST, version=version) for version in (1, 2)}
    for number, (what, hasher) in enumerate(hashers.items()):
        for length, password in PASSWORDS.items():
            if what.startswith("bcrypt ") and scheme(password) is not bcrypt:
                continue
            name = f"passlib-wrote-{number}-{length}"
            insert = "INSERT INTO users (username, email, password) VALUES (:name, :email, :hash)"
            connection.run(insert, name=name, email=f"{name}@example.com", hash=hasher.hash(password))
            # The first sign-in replaces a hash of lower cost, the second reads what it wrote.
            for time in ("once", "twice"):
                status = post("/api/auth/signin", username=name, password=password)
                assert status == 200, f"sign-in {time} with {length}, a hash of {what}: {status}"
            status = post("/api/auth/signin", username=name, password=password[:-1])
            assert status == 401, f"sign-in with less than {length}, a hash of {what}: {status}"
            [[stored]] = connection.run("SELECT password FROM users WHERE username = :name", name=name)
            assert hasher.verify(password, stored), f"{length}, a hash of {what}: passlib can't read it any more"
            assert not hasher.needs_update(stored) or hasher.from_string(stored).rounds > COST, stored[:30]


def we_read_what_passlib_repairs(connection):
    """A sign-in verifies hashes with non-zero padding bits or a final newline, as passlib does."""
    password = PASSWORDS["short"]
    for number, hasher in enumerate((bcrypt, *(bcrypt_sha256.using(version=version) for version in (1, 2)))):
        text = hasher.using(rounds=COST).hash(password)
        salt = text.rindex("$") - 1 if hasher is not bcrypt else 28  # the last character of the salt
        newline = [text + "\n"] if hasher is not bcrypt else []
        for variant, odd in enumerate([with_odd_end(text, salt, 4), with_odd_end(text, len(text) - 1, 2), *newline]):
            assert hasher.verify(password, odd), f"passlib itself doesn't verify {odd!r}"
            name = f"passlib-repairs-{number}-{variant}"
            insert = "INSERT INTO users (username, email, password) VALUES (:name, :email, :hash)"
            connection.run(insert, name=name, email=f"{name}@example.com", hash=odd)
            for sent, expected in ((password[:-1], 401), (password, 200)):
                status = post("/api/auth/signin", username=name, password=sent)
                assert status == expected, f"sign-in by {odd!r}: {status}"


def with_odd_end(text, index, bits):
    """The text with the lowest bits of one base64 character of bcrypt set."""
    alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    odd = alphabet[alphabet.index(text[index]) | ((1 << bits) - 1)]
    assert odd != text[index], "the bits were set already"
    return text[:index] + odd + text[index + 1 :]


if __name__ == "__main__":
    warnings.simplefilter("ignore", PasslibHashWarning)
    with database() as connection:
        passlib_reads_ours(connection)
        we_read_passlibs(connection)
        we_read_what_passlib_repairs(connection)
    print("passlib verifies our hashes, and we verify passlib's")
    sys.exit(0)
