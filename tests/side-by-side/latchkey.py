"""Latchkey: the local runner on the legacy app's database, and the operator's verbs."""

import contextlib
import secrets
import subprocess
from pathlib import Path

import runner
from process import Failed


class Service:
    """A started runner."""

    name = "Latchkey"

    def __init__(self, started):
        self.address, self.log = started.address, Path(started.log)


class Latchkey:
    def __init__(self, program, folder, database, logs):
        self.program, self.folder, self.database, self.logs = program, folder, database, logs
        self.key = secrets.token_hex(32)

    def verb(self, *words):
        """Runs an operator's verb; returns its output."""
        settings = runner.environment(SIGNING_KEY=self.key, DATABASE_URL=self.database.url)
        done = subprocess.run([self.program, *words], cwd=self.folder, env=settings, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"latchkey {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    @contextlib.contextmanager
    def service(self, **parameters):
        """The service, without a cache of the authorizer's policies, and without limits, which the legacy app has none of."""
        own = {"AuthorizerCacheSeconds": 0, "GuessesPerAccount": "off", **parameters}
        with runner.start(self.program, self.folder, self.key, self.database.url, **own) as started:
            service = Service(started)
            self.logs.append(service.log)
            yield service


@contextlib.contextmanager
def latchkey(program, database, logs):
    with runner.project() as folder:
        yield Latchkey(program, folder, database, logs)
