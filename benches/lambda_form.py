"""The legacy app as one Lambda function, behind Mangum, with awslambdaric as its runtime."""

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

handler = Mangum(app, lifespan="off")  # as in Mangum's first example; the code has no lifespan
"""
CREATE = "import psycopg2, sys; c = psycopg2.connect(sys.argv[1]); c.autocommit = True; c.cursor().execute(sys.argv[2])"


class LambdaForm:
    """The legacy app with its packages, on its own database on our server."""

    def __init__(self, source, folder, server):
        self.folder, self.server = folder / "app", urllib.parse.urlsplit(server)
        self.python = VENV / "bin/python"
        self.command = [self.python, "-m", "awslambdaric", "handler.handler"]
        install(source / "requirements.txt")
        shutil.copytree(source, self.folder)
        (self.folder / "handler.py").write_text(HANDLER)
        # A deployment has compiled modules.
        self._run(self.python, "-m", "compileall", "-q", ".")
        self._run(self.python, "-c", CREATE, server, f"CREATE DATABASE {DATABASE}")
        self._run(VENV / "bin/alembic", "upgrade", "head")

    def environment(self, port=None):
        """Its settings, with another port of its server if given. The password is in libpq's variable, since its
        source has no setting for one."""
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
        """The versions of its parts."""
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
    """Installs the legacy app's packages and those of LIST in VENV, if needed."""
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
            raise Failed(f"the legacy app's packages can't be installed: {done.stderr.strip()[-2000:]}")
    installed.write_text(wanted)
