"""Starts and stops the legacy app by its own script, or a copy of it, with all state in a temporary folder."""

import contextlib
import json
import re
import socket
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

from database import Database, environment
from process import Failed, running

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT.parent / "shared/fastapi-app"
SCRIPT = SOURCE / "start.sh"
PATIENCE_SECONDS = 60
TAIL = 2000  # characters of a log
SCHEMES, MORE_SCHEMES = 'schemes=["bcrypt"]', 'schemes=["bcrypt", "bcrypt_sha256"]'

# Ends what the script started and removes the folder when our end of the pipe closes, however this process ends. The
# last line that it read is the process group of a script that still runs, if any.
KEEPER = """trap '' HUP INT TERM
while read -r line; do group=$line; done
[ -z "$group" ] || kill -KILL -- "-$group"
"$1" stop "$2"
cd / && for _ in $(seq 100); do
  rm -rf -- "$2" "$(cat "$2/pg.dir")" && exit
  sleep 0.1
done"""


class App:
    """The legacy app as it is in the source, on a database of its own, which outlives it."""

    name = "the legacy app"

    def __init__(self, folder, keeper, logs):
        self.folder, self.keeper, self.logs = folder, keeper, logs
        self.log = folder / "app.log"
        logs.append(self.log)

    def start(self):
        """Starts it, and first its PostgreSQL with all migrations done where they aren't there yet."""
        self._record()
        with open(self.folder / "start.log", "wb") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": log}
            with running([SCRIPT, self.folder], env=environment(), text=True, **streams) as process:
                self._record(process.pid)
                printed, _ = process.communicate()
                self._record("" if process.returncode == 0 else process.pid)
        if process.returncode != 0:
            raise Failed(f"{SCRIPT} ended with {process.returncode}: {Path(log.name).read_text().strip()[-TAIL:]}")
        self.address, url = printed.split()
        self.database = Database(url)

    def stop(self):
        """Stops it and its PostgreSQL, and waits until its port is free."""
        subprocess.run([SCRIPT, "stop", self.folder], env=environment(), check=True)
        parts = urllib.parse.urlsplit(self.address)
        for _ in range(PATIENCE_SECONDS * 20):
            try:
                socket.create_connection((parts.hostname, parts.port)).close()
            except ConnectionRefusedError:
                return
            time.sleep(0.05)
        raise Failed("the legacy app doesn't stop")

    def secret(self):
        """Its signing secret, from its source."""
        text = (SOURCE / "dependencies/auth.py").read_text()
        return re.search(r'^SECRET_KEY = "([^"]+)"', text, re.MULTILINE)[1].encode()

    def alembic(self, *words):
        """The output of Alembic over its database."""
        command = [self.folder / "venv/bin/alembic", *words]
        done = subprocess.run(command, cwd=SOURCE, env=self.environment(), capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"alembic {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-TAIL:]}")
        return done.stdout.strip()

    def environment(self):
        """The environment of its programs, as its own script sets it."""
        port = str(urllib.parse.urlsplit(self.database.url).port)
        return environment(PGPORT=port, PYTHONDONTWRITEBYTECODE="1")

    @contextlib.contextmanager
    def libraries(self):
        """A function that asks its libraries, as apps_python.py describes."""
        command = [self.folder / "venv/bin/python", "-B", Path(__file__).with_name("apps_python.py")]
        with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

            def ask(**asked):
                process.stdin.write(json.dumps(asked) + "\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline() or "null")

            yield ask
            process.stdin.close()
            process.wait()

    def _record(self, line=""):
        self.keeper.stdin.write(f"{line}\n")
        self.keeper.stdin.flush()


@contextlib.contextmanager
def app(logs):
    """The legacy app, not started yet. Its processes and its folder end with this context."""
    folder = Path(tempfile.mkdtemp(prefix="latchkey-side-by-side-"))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True, "text": True}
    keeper = subprocess.Popen(["bash", "-c", KEEPER, "keeper", SCRIPT, folder], stdin=subprocess.PIPE, **quiet)
    try:
        folder.chmod(0o755)  # so that PostgreSQL's user can reach its files
        yield App(folder, keeper, logs)
    finally:
        keeper.stdin.close()
        keeper.wait()


class Copy:
    """A running copy of the legacy app on the same database, with one changed line."""

    name = "the legacy app with bcrypt_sha256 in its schemes"

    def __init__(self, address):
        self.address = address


@contextlib.contextmanager
def copy_that_reads_long_passwords(app):
    """A copy whose only change is bcrypt_sha256 in `schemes`."""
    folder, log = app.folder / "copy", app.folder / "copy.log"
    if not folder.exists():
        subprocess.run(["cp", "-r", "--no-preserve=mode", SOURCE, folder], check=True)
        auth = folder / "dependencies/auth.py"
        text = auth.read_text()
        if text.count(SCHEMES) != 1:
            raise Failed(f"{SOURCE}/dependencies/auth.py doesn't have exactly one {SCHEMES}")
        auth.write_text(text.replace(SCHEMES, MORE_SCHEMES))
    command = [app.folder / "venv/bin/uvicorn", "main:app", "--host", "127.0.0.1", "--port", "0"]
    with open(log, "wb") as output:
        app.logs.append(log)
        streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
        with running(command, cwd=folder, env=app.environment(), **streams) as process:
            yield Copy(listening(process, log))


def listening(process, log):
    """The address that it logs."""
    for _ in range(PATIENCE_SECONDS * 20):
        if found := re.search(r"running on (http://[\d.:]+)", log.read_text()):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise Failed(f"the legacy app's copy doesn't start: {log.read_text().strip()[-TAIL:]}")
