"""Load, by wrk."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from process import Failed, running

SCRIPT = Path(__file__).with_suffix(".lua")
ANSWER_SECONDS = 30


class Load(NamedTuple):
    """wrk's result. Its percentiles count a slow answer also for the requests that waited behind it."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    statuses: dict
    faults: dict

    @property
    def rate(self):
        return self.requests / self.seconds


def version():
    """wrk's version."""
    with running(["wrk", "--version"], stdout=subprocess.PIPE, text=True) as process:  # its exit code is always 1
        return " ".join(process.communicate()[0].split()[:2]).replace("debian/", "")


def load(address, method, path, lines, connections, seconds, folder):
    """Sends each line's body or token, repeatedly. A wrong answer is a failure."""
    with tempfile.NamedTemporaryFile("w", dir=folder) as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
        command += ["--timeout", f"{ANSWER_SECONDS}s", "--script", SCRIPT, address, "--", method, path, file.name]
        with running(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
            text, _ = process.communicate()
    if process.returncode != 0:
        raise Failed(f"wrk ended with {process.returncode}")
    load = Load(**json.loads(text.splitlines()[-1]))
    wrong = {status: count for status, count in load.statuses.items() if status != "200"}
    wrong |= {fault: count for fault, count in load.faults.items() if count}
    if wrong or not load.requests:
        counts = ", ".join(f"{count} × {what}" for what, count in wrong.items()) or "nothing"
        raise Failed(f"{method} {path} at {address} answered {counts}, beside {load.statuses.get('200', 0)} × 200")
    return load
