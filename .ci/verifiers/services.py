"""Starts the verifiers: the examples, and one service for each other library."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples/verifiers"
UVICORN = [sys.executable, "-B", "-m", "uvicorn", "--port", "0", "--no-access-log"]
JAVA = ["java", "-XX:TieredStopAtLevel=1"]  # to start soon
LIBRARIES = ["aws-jwt-verify", "express-oauth2-jwt-bearer", "oauth4webapi", "openid-client"]


class Services:
    """The verifiers' processes; `addresses` has each verifier's by its name."""

    def __init__(self, folder, modules, axum, spring, issuer, authority):
        trusted = dict.fromkeys(["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"], str(authority))
        settings = {"LATCHKEY_ISSUER": issuer, "LATCHKEY_AUDIENCE": "latchkey-api", "PORT": "0"}
        self.environment, self.processes = os.environ | trusted | settings, []
        trust = f"-Djavax.net.ssl.trustStore={authority.with_suffix('.p12')}"
        # Node.js looks for packages beside the script.
        for source in EXAMPLES / "express/server.js", EXAMPLES / "express/package.json", HERE / "libraries.js":
            shutil.copy(source, folder)
        if not (folder / "node_modules").exists():
            (folder / "node_modules").symlink_to(modules)
            # The versions there are among those that the example asks for.
            subprocess.run(["npm", "ls", "express", "jose"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        commands = {
            "express": (["node", "server.js"], folder),
            "libraries": (["node", "libraries.js"], folder),
            "fastapi-pyjwt": ([*UVICORN, "main:app"], EXAMPLES / "fastapi-pyjwt"),
            "fastapi-authlib": ([*UVICORN, "main:app"], EXAMPLES / "fastapi-authlib"),
            "joserfc": ([*UVICORN, "joserfc_service:app"], HERE),
            "axum": ([axum], EXAMPLES / "axum"),
            "spring": ([*JAVA, trust, "-cp", spring, "example.Application"], folder),
        }
        for name, (command, directory) in commands.items():
            with open(folder / f"{name}.log", "w") as log:
                self.processes.append(
                    subprocess.Popen(
                        command, cwd=directory, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                        stderr=subprocess.STDOUT,
                    )  # fmt: skip
                )
        self.addresses = {
            name: listening(process, folder / f"{name}.log") for name, process in zip(commands, self.processes)
        }
        libraries = self.addresses.pop("libraries")
        self.addresses |= {name: f"{libraries}/{name}" for name in LIBRARIES}
        self.grant = f"{libraries}/grant"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


def listening(process, log):
    """The address that it says it listens on."""
    for _ in range(600):
        if port := re.search(r"http://127\.0\.0\.1:(\d+)|Tomcat started on port (\d+)", log.read_text()):
            return f"http://127.0.0.1:{port[1] or port[2]}"
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"{log.stem} doesn't start:\n{log.read_text()}")


def ask(address, token=None):
    """The status for that token, and the user's id, or what was said instead."""
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
            said = json.load(answer)
            return answer.status, said["user_id"] if isinstance(said, dict) else said
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
