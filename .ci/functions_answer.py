"""Invokes each function once as Lambda does, over a real PostgreSQL.

Usage: PYTHONPATH=benches python3 -B .ci/functions_answer.py LAMBDA_DIR [EMULATOR ARGUMENT ...]
LAMBDA_DIR is cargo-lambda's output folder; the emulator runs binaries for another processor.
"""

import contextlib
import json
import secrets
import sys
from pathlib import Path

import events
import functions
import runner
from process import Failed
from rates import ME, SIGNIN
from subject import Fixture

GOOD = {"account": 204, "change-email": 202, "mail-request": 202}
COST = "10"  # of bcrypt: OWASP's minimum, which an emulator hashes in a second


def status(subject, event):
    with subject.start() as started:
        return started.invoke(event).answer.get("statusCode")


def check(what, found, wanted):
    print(f"{what}: {found}", flush=True)
    if found != wanted:
        raise Failed(f"{what}: {found}, not {wanted}")


def main(lambda_dir, *emulator):
    with contextlib.ExitStack() as stack:
        folder, key = stack.enter_context(runner.project()), secrets.token_hex(32)
        server = stack.enter_context(runner.start(runner.build("dev"), folder, key))  # only its database is used
        fixture = Fixture(server.database, key, folder, Path(lambda_dir).resolve(), emulator, BCRYPT_COST=COST)
        # A sign-up, a sign-in, and the authorizer for its token.
        ours, user = functions.prepared(fixture, stack)
        for name, subject in ours.items():
            with subject.start() as started:
                answer = subject.invoke(started).answer
            if subject.may_refuse:
                print(f"{name}, the description's example: {subject.status}", flush=True)
            else:
                check(f"{name}, a good request", subject.status, GOOD.get(name, 200))
            if name == "me":
                check("me, the username", json.loads(answer["body"])["username"], user.account.username)

        wrong = json.dumps({"username": user.account.username, "password": "another"})
        check("signin, a wrong password", status(ours["signin"], events.proxy("POST", SIGNIN, wrong)), 401)
        head, claims, signature = user.token.split(".")
        forged = ".".join([head, claims, signature[::-1]])
        with ours["authorizer"].start() as started:
            refused = started.invoke(events.authorizer("GET", ME, forged))
        check("authorizer, a forged token", refused.answer.get("errorMessage"), "Unauthorized")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Failed as failure:
        sys.exit(str(failure))
