"""The FastAPI app as one function of Lambda: Mangum between the events and it, awslambdaric as its runtime."""

import shutil
import subprocess
import urllib.parse

import runner
from process import Failed

LIST = runner.ROOT / "benches/lambda_form.txt"
VENV = runner.ROOT / "target/benches/app"  # kept: its packages take a while
DATABASE = "bench_app"
HANDLER = """from mangum import Mangum

from main import app

handler = Mangum(app, lifespan="off")  # as Mangum's own first example has it; the app has no lifespan
"""
CREATE = "import psycopg2, sys; c = psycopg2.connect(sys.argv[1]); c.autocommit = True; c.cursor().execute(sys.argv[2])"


class LambdaForm:
    """The app with its packages, on a database of its own beside ours on the same server."""

    def __init__(self, source, folder, server):
        self.folder, self.server = folder / "app", urllib.parse.urlsplit(server)
        self.python = VENV / "bin/python"
        self.command = [self.python, "-m", "awslambdaric", "handler.handler"]
        install(source / "requirements.txt")
        shutil.copytree(source, self.folder)
        (self.folder / "handler.py").write_text(HANDLER)
        # A deployment has its modules compiled, as its packages are.
        self._run(self.python, "-m", "compileall", "-q", ".")
        self._run(self.python, "-c", CREATE, server, f"CREATE DATABASE {DATABASE}")
        self._run(VENV / "bin/alembic", "upgrade", "head")

    def environment(self, port=None):
        """Its settings, with another port to its server if one is given. Its password goes by libpq's variable, since
        the app names none."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "DATABASE_USER": self.server.username,
            "DATABASE_HOST": self.server.hostname,
            "DATABASE_NAME": DATABASE,
            "PGPORT": str(port or self.server.port),
            "PGPASSWORD": urllib.parse.unquote(self.server.password or ""),
        }

    def versions(self):
        """What it runs on, in a few words."""
        listed = self._run(self.python, "-m", "pip", "freeze").splitlines()
        found = dict(line.split("==") for line in listed if "==" in line)
        python = self._run(self.python, "-V").strip()
        named = {"fastapi": "FastAPI", "mangum": "Mangum", "awslambdaric": "awslambdaric"}
        return ", ".join([*(f"{name} {found[package]}" for package, name in named.items()), python])

    def _run(self, *command):
        done = subprocess.run(command, cwd=self.folder, env=self.environment(), capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return done.stdout


def install(requirements):
    """Puts the app's packages and those of LIST in VENV, unless they are there."""
    wanted = LIST.read_text() + requirements.read_text()
    installed = VENV / "installed"
    if installed.exists() and installed.read_text() == wanted:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    for command in (
        ["python3", "-m", "venv", VENV],
        [VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", LIST, "-r", requirements],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"the app's packages can't be had: {done.stderr.strip()[-2000:]}")
    installed.write_text(wanted)
