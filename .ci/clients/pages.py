"""Runs the code of the documents: each block of Python, JavaScript or TypeScript has a check here, or fails. Its arguments
are the service's address and the project's folder."""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

ADDRESS, ROOT = sys.argv[1], Path(sys.argv[2])
BLOCK = re.compile(r"^```(python|py|javascript|js|typescript|ts)\n(.*?)^```$", re.M | re.S)
ADA = {"username": "pages", "email": "pages@example.com", "password": "correct horse"}


def post(path, body):
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(ADDRESS + path, json.dumps(body).encode(), headers)) as answer:
        return json.load(answer)


def verifies_hashes(page):
    """Its own assertions say what it can; and it refuses another password."""
    assert not page.verify(b"another", "$2b$04$qwtfpuMIZ4jWbiFPrwknBu82SLmxipfYOIcuWommZb7MuB.tRs.am")


def moves_a_user(page):
    """Cognito's event of a first sign-in."""
    event = {
        "triggerSource": "UserMigration_Authentication",
        "userName": ADA["username"],
        "request": {"password": ADA["password"]},
        "response": {},
    }
    attributes = page.handler(event, None)["response"]["userAttributes"]
    assert attributes == {"email": ADA["email"]}, attributes
    try:
        page.handler(event | {"request": {"password": "another"}}, None)
    except urllib.error.HTTPError as error:
        assert error.code == 401, error
    else:
        raise AssertionError("signed in by another password")


CHECKS = {
    "out.md": [verifies_hashes, moves_a_user],
}

os.environ["LATCHKEY_URL"] = ADDRESS
post("/api/auth/signup", ADA)
pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
blocks = {page.name: BLOCK.findall(page.read_text()) for page in pages}
found = {name: len(of_page) for name, of_page in blocks.items() if of_page}
assert found == {name: len(checks) for name, checks in CHECKS.items()}, f"blocks of code: {found}"
for name, checks in CHECKS.items():
    for check, (language, text) in zip(checks, blocks[name]):
        assert language == "python", f"{name}: nothing here runs {language}"
        page = {}
        exec(compile(text, name, "exec"), page)
        check(SimpleNamespace(**page))
        print(f"{name}: {check.__name__} ok")
