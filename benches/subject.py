"""A measured Lambda function, and its figures."""

import secrets
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import container
import runner
import template
from process import Failed

LAMBDA_DIR = runner.ROOT / "target/lambda"
INTROSPECTION_SECRET = secrets.token_hex(32)
ISSUER = {"TOKEN_ISSUER": "latchkey", "TOKEN_AUDIENCE": "latchkey-api"}
# A bench is one address and a few users. Attempts are counted as with the defaults, but never refused.
LIMITS = {"GUESSES_PER_ACCOUNT": "10000", "GUESSES_PER_NETWORK": "1000000", "SIGNUPS_PER_NETWORK": "1000000"}


class Start(NamedTuple):
    """A cold start: seconds to the first answer and to /next, and CPU seconds to /next."""

    answer: float
    next: float
    cpu: float


@dataclass
class Subject:
    """A function: its command, its event, and its figures."""

    title: str  # its name in a table
    command: list
    environment: dict[str, str]
    event: Callable[[], bytes]
    folder: Path
    log: Path
    hashes: bool = False  # each event takes a quarter of a second
    may_refuse: bool = False  # its event is an example, which it may answer with 4xx
    learn: Callable[[dict], None] | None = None  # takes from each answer what the next event needs
    status: int = 200  # of its latest answer
    starts: list[Start] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)  # seconds of each invocation
    billed: list[float] = field(default_factory=list)
    warm_cpu: list[float] = field(default_factory=list)  # CPU seconds per invocation, of each round
    memory: list[float] = field(default_factory=list)  # MiB, of each round

    def start(self, **settings):
        return container.start(self.command, self.environment | settings, self.folder, self.log)

    def invoke(self, started, event=None):
        """Invokes the function once; fails unless it succeeds, or refuses where it may."""
        done = started.invoke(event or self.event())
        self.status = done.answer.get("statusCode", 200)
        if done.is_error or self.status not in (range(200, 500) if self.may_refuse else range(200, 300)):
            raise Failed(f"{self.title} answered {str(done.answer)[:300]}")
        if self.learn:
            self.learn(done.answer)
        return done

    def take(self, done):
        self.warm.append(done.seconds)
        self.billed.append(done.billed_seconds)


class Fixture:
    """What our functions need: a migrated database, a signing key, a folder for logs, their folder, an emulator's
    command if they are for another processor, more settings."""

    def __init__(self, database, key, folder, lambda_dir=LAMBDA_DIR, emulator=(), **settings):
        self.settings = {"DATABASE_URL": database, "SIGNING_KEY": key, "INTROSPECTION_SECRET": INTROSPECTION_SECRET, **ISSUER, **LIMITS}
        self.folder, self.lambda_dir, self.emulator, self.common = folder, lambda_dir, emulator, settings
        self.port = urllib.parse.urlsplit(database).port

    def over(self, port):
        """The database's URL with another port of this machine."""
        parts = urllib.parse.urlsplit(self.settings["DATABASE_URL"])
        netloc = parts.netloc.removesuffix(f":{self.port}")
        return parts._replace(netloc=f"{netloc}:{port}").geturl()

    def subject(self, name, event, **how):
        """One of our functions, with Lambda's own variables and all settings, of which it reads its own."""
        binary = self.lambda_dir / name / "bootstrap"
        if not binary.exists():
            raise Failed(f"{binary} isn't there: build it, or leave --no-build out")
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": f"bench-{name}",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(template.memory(name)),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/bench-{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        }
        environment |= self.settings | self.common
        log, hashes = self.folder / f"{name}.log", template.hashes(name)
        return Subject(f"`{name}`", [*self.emulator, binary], environment, event, self.folder, log, hashes, **how)
