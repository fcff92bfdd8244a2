"""The service on this machine, whose keys can be replaced and withdrawn."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

USER = {"username": "verified", "password": "correct horse", "email": "verified@example.com"}


def new_key(algorithm):
    """A private key, and the text that SIGNING_KEY has for it."""
    if algorithm == "RS256":
        key = rsa.generate_private_key(65537, 3072)
        return key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = ec.generate_private_key(ec.SECP256R1())
    return key, f"{key.private_numbers().private_value:064x}"


class Runner:
    def __init__(self, root, folder):
        self.program, self.folder = root / "target/debug/latchkey", folder
        self.process = self.address = self.key = None
        shutil.copy(root / "template.yaml", folder)

    def start(self, issuer, algorithm, claims):
        """Starts it with a new key of that algorithm, over the same database; returns its host and port."""
        self.key, text = new_key(algorithm)
        overrides = [f"TokenIssuer={issuer}", f"SigningAlgorithm={algorithm}", f"TokenClaims={claims}", "BcryptCost=4"]
        command = [self.program, "--port", "0", "--parameter-overrides", *overrides]
        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | {"SIGNING_KEY": text}, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        for line in self.process.stdout:
            if address := re.search(r"http://([\w.:]+)", line):
                self.address = address[1]
                return self.address
        raise SystemExit((self.folder / "log").read_text())

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate(timeout=30)
            self.process = None

    def token(self):
        """A user's token."""
        try:
            post(self.address, "/api/auth/signup", USER)
        except urllib.error.HTTPError as error:
            assert error.code == 409, error
        return post(self.address, "/api/auth/signin", USER)["token"]

    def withdraw(self, kid):
        """Withdraws that key, as the admin function does; returns once it isn't published."""
        (pid,) = (self.folder / ".local").glob("**/postmaster.pid")
        port = pid.read_text().splitlines()[3]
        found = [shutil.which("psql"), *map(str, Path("/usr/lib/postgresql").glob("*/bin/psql"))]
        statement = f"UPDATE signing_keys SET accepted_until = now() WHERE kid = '{kid}'"
        arguments = ["--dbname", f"postgresql://postgres@127.0.0.1:{port}/postgres", "--command", statement]
        done = subprocess.run([next(filter(None, found)), *arguments], check=True, capture_output=True, text=True)
        assert done.stdout.strip() == "UPDATE 1", done.stdout
        for _ in range(100):
            if kid not in [key["kid"] for key in published(self.address)]:
                return
            time.sleep(0.1)
        raise AssertionError(f"{kid} is still published")


def published(address):
    with urllib.request.urlopen(f"http://{address}/.well-known/jwks.json", timeout=10) as answer:
        return json.load(answer)["keys"]


def post(address, path, body):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{address}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
