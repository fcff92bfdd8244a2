"""Load, by wrk."""

import contextlib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from process import Failed, running

SCRIPT = Path(__file__).with_suffix(".lua")
ANSWER_SECONDS = 30


class Load(NamedTuple):
    """What wrk found. Its percentiles are of its own making: a slow answer counts for those that waited behind it."""

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
    """Which wrk this is."""
    with running(["wrk", "--version"], stdout=subprocess.PIPE, text=True) as process:  # it always ends with 1
        return " ".join(process.communicate()[0].split()[:2]).replace("debian/", "")


class Requests(NamedTuple):
    """What is sent over and over: each line's body or token in turn, by so many connections."""

    method: str
    path: str
    lines: list[str]
    connections: int


def load(address, method, path, lines, connections, seconds, folder):
    """Sends the requests over and over. A wrong answer is a failure and no figure."""
    return together(address, [Requests(method, path, lines, connections)], seconds, folder)[0]


def together(address, kinds, seconds, folder):
    """Sends several kinds of requests at the same time, and says what came of each."""
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(sending(address, requests, seconds, folder)) for requests in kinds]
        return [found(address, requests, process) for requests, process in zip(kinds, started)]


@contextlib.contextmanager
def sending(address, requests, seconds, folder):
    with tempfile.NamedTemporaryFile("w", dir=folder) as lines:
        lines.writelines(f"{line}\n" for line in requests.lines)
        lines.flush()
        command = ["wrk", "--threads", "1", "--connections", str(requests.connections), "--duration", f"{seconds}s"]
        command += ["--timeout", f"{ANSWER_SECONDS}s", "--script", SCRIPT, address, "--"]
        command += [requests.method, requests.path, lines.name]
        with running(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
            yield process


def found(address, requests, process):
    told, _ = process.communicate()
    if process.returncode != 0:
        raise Failed(f"wrk ended with {process.returncode}")
    load = Load(**json.loads(told.splitlines()[-1]))
    wrong = {status: count for status, count in load.statuses.items() if status != "200"}
    wrong |= {fault: count for fault, count in load.faults.items() if count}
    if wrong or not load.requests:
        counts = ", ".join(f"{count} × {what}" for what, count in wrong.items()) or "nothing"
        asked = f"{requests.method} {requests.path} at {address}"
        raise Failed(f"{asked} answered {counts}, beside {load.statuses.get('200', 0)} × 200")
    return load
