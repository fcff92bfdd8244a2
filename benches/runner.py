"""Builds, starts and inspects the local runner."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from process import Failed, output, running

ROOT = Path(__file__).resolve().parent.parent
STARTING_SECONDS = 60
# A developer's own settings would falsify the figures.
PASSED_ON = re.compile(r"PATH|HOME|LANG|TMPDIR|PG_BIN|npm_config_\w+", re.IGNORECASE)


def environment(**settings):
    """A runner's environment."""
    return {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)} | settings


def build(profile):
    """Builds the runner; returns its path."""
    command = f"cargo build --profile {profile} --locked -p local --bin latchkey".split()
    command.append("--message-format=json-render-diagnostics")
    messages = [json.loads(line) for line in output(command, cwd=ROOT).splitlines()]
    return next(it["executable"] for it in messages if it.get("executable"))


def commit():
    """The commit that is measured."""
    try:
        return output(["git", "describe", "--always", "--dirty=, with changes"], cwd=ROOT).strip()
    except Failed:
        return "of unknown commit"


# Removes our folder once our end of the pipe closes, however we end. A PostgreSQL may still be stopping there, or have
# its data in the directory that a file names, if its user can't enter our temporary directory.
REMOVER = """trap '' HUP INT TERM
read -r _
cd / && for _ in $(seq 100); do
  rm -rf -- "$1" "$(cat "$1/.local/postgres-directory")" && exit
  sleep 0.1
done 2>/dev/null"""


@contextlib.contextmanager
def project():
    """An empty project folder: the runner keeps its database beside the template."""
    folder = Path(tempfile.mkdtemp(prefix="latchkey-bench-"))
    remover = subprocess.Popen(["sh", "-c", REMOVER, "remover", folder], stdin=subprocess.PIPE, start_new_session=True)
    try:
        folder.chmod(0o755)  # PostgreSQL's user must be able to enter
        (folder / "template.yaml").symlink_to(ROOT / "template.yaml")
        yield folder
    finally:
        remover.stdin.close()
        remover.wait()


class Runner:
    """A running runner."""

    def __init__(self, folder, log, printed):
        self.folder, self.log = folder, log
        self.address = re.search(r"answers at (\S+)", printed)[1]
        database = re.search(r"Its database is (\S+)\.\n", printed)
        self.database = database and database[1]

    def postmaster(self):
        """PostgreSQL's main process."""
        return int((self.folder / ".local/postgres/data/postmaster.pid").read_text().split("\n")[0])

    def forget_log(self):
        """Empties the log, which grows by gigabytes in a long run."""
        os.truncate(self.log, 0)

    def postgres_version(self):
        """Its PostgreSQL's version."""
        return output([os.readlink(f"/proc/{self.postmaster()}/exe"), "--version"], cwd="/").strip()

    def described(self):
        """The versions of Latchkey, Rust and PostgreSQL."""
        return f"Latchkey {commit()}, {output(['rustc', '--version']).strip()}; {self.postgres_version()}"


@contextlib.contextmanager
def start(program, folder, key, database=None, **parameters):
    """Starts a runner with these parameters of the template, on its own database or a given one. Its issuer is a name,
    since each start has an address of its own, and tokens outlive a start."""
    overrides = [f"{name}={value}" for name, value in ({"TokenIssuer": "latchkey"} | parameters).items()]
    given = ["--database-url", database] if database else []
    name = tempfile.mktemp(prefix="runner-", dir=folder)
    with open(f"{name}.out", "wb") as out, open(f"{name}.log", "ab") as log:
        command = [program, "--port", "0", *given, "--parameter-overrides", *overrides]
        settings = environment(SIGNING_KEY=key)
        started = running(command, cwd=folder, env=settings, stdin=subprocess.DEVNULL, stdout=out, stderr=log)
        with started as process:
            yield Runner(folder, log.name, printed(process, out.name, log.name))


def printed(process, out, log):
    """The runner's output once it answers."""
    for _ in range(STARTING_SECONDS * 20):
        text = Path(out).read_text()
        if "\n\n" in text:
            return text
        if process.poll() is not None:
            raise Failed(f"the runner ended: {Path(log).read_text().strip()}")
        time.sleep(0.05)
    raise Failed(f"the runner doesn't answer within {STARTING_SECONDS} s")
