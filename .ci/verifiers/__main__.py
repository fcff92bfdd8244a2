"""Checks that verifiers of others accept Latchkey's tokens by the issuer's address alone, over TLS, and no forged ones:
the services of examples/verifiers, and the libraries that docs/use/verifying-tokens.md names.

Usage: python .ci/verifiers NODE_MODULES AXUM SPRING
NODE_MODULES is the folder of the packages of .ci/clients/package.json, AXUM the program of examples/verifiers/axum, and
SPRING the class path of examples/verifiers/spring.
"""

import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from http_api import HttpApi
from runner import USER, Runner, published
from services import Services, ask
from tls import Terminator
from tokens import forged, parts, sign

ROOT = Path(__file__).resolve().parent.parent.parent
# The issuer's path, TokenClaims, and the keys that sign, one after another: while one signs, the one before is withdrawn.
RUNS = [("", "none", ["ES256", "RS256"]), ("/Prod", "roles", ["ES256"])]
EXAMPLES = ["axum", "express", "fastapi-authlib", "fastapi-pyjwt", "spring"]
# They don't look at `typ`. That is harmless: Latchkey's keys sign access tokens alone.
IGNORE_TYPE = ["aws-jwt-verify", "axum", "http-api.yaml", "joserfc", "openid-client"]
# An HTTP API refuses an `iat` that is ahead of its clock.
NO_LEEWAY = ["http-api.yaml"]
# They look for the keys at the first request, and answer 503 while there are none.
FETCH_LATER = ["express", "fastapi-authlib", "fastapi-pyjwt", "spring"]
PUBLISHED = ["/.well-known/openid-configuration", "/.well-known/jwks.json"]


class Check:
    """What is asked of the verifiers, and the faults that were found."""

    def __init__(self, runner, tls, start, deploy):
        self.runner, self.tls, self.start, self.deploy, self.faults = runner, tls, start, deploy, []

    def expect(self, status, name, what, token):
        found = ask(self.services.addresses[name], token)
        if found[0] != status or (status == 200 and found[1] != int(parts(token)[1]["sub"])):
            self.faults.append(f"{name}: {what}: {found}, not {status}")

    def of_examples(self, token):
        """A service says whether the token is to blame, or the way to the keys."""
        for path in PUBLISHED:
            self.tls.broken = [path]
            for name in FETCH_LATER:
                self.expect(503, name, f"while there is no {path}", token)
        self.tls.broken = []
        for name in EXAMPLES:
            self.expect(401, name, "no token", None)
            self.expect(401, name, "no JWT", "nonsense")

    def of_each(self, token, ahead, typed, refused):
        """Each verifier accepts the token, and that of a clock ahead of its own, and refuses the others."""
        for name in self.services.addresses:
            self.expect(200, name, "a token", token)
            if name not in NO_LEEWAY:
                self.expect(200, name, "a token of a clock that is ahead", ahead)
            for what, other in refused.items():
                self.expect(401, name, what, other)
            self.expect(200 if name in IGNORE_TYPE else 401, name, "another typ", typed)
        count = f"{', '.join(self.services.addresses)}: {len(refused)} tokens to refuse"
        print(f"{self.tls.issuer}, {parts(token)[0]['alg']}: {count}")

    def of_key(self, algorithm, more_claims, retired):
        """With a new key of that algorithm, and the token of the key before, if any."""
        self.tls.upstream = self.runner.start(self.tls.issuer, algorithm, more_claims)
        token = self.runner.token()
        header, claims = parts(token)
        assert header["alg"] == algorithm and claims["iss"] == self.tls.issuer, (header, claims)
        assert (more_claims == "roles") == ("roles" in claims), claims
        if retired:
            with self.start() as self.services:
                for name in self.services.addresses:
                    self.expect(200, name, "a token of the retired key", retired)
            self.runner.withdraw(parts(retired)[0]["kid"])
        (jwk,) = [key for key in published(self.runner.address) if key["kid"] == header["kid"]]
        refused = forged(token, self.runner.key, jwk)
        if retired:
            refused["of a withdrawn key"] = retired
        with self.start() as self.services:
            granted = ask(f"{self.services.grant}?{urlencode({key: USER[key] for key in ('username', 'password')})}")
            assert granted[0] == 200 and parts(granted[1])[0] == header, granted
            self.of_examples(token)
            ahead = sign(self.runner.key, header, claims | {"iat": int(time.time()) + 4})
            made = token, ahead, sign(self.runner.key, header | {"typ": "JWT"}, claims), refused
            self.of_each(*made)
        if algorithm == "RS256":
            with self.deploy() as self.services:
                self.of_each(*made)
        self.runner.stop()
        return token


def main(modules, axum, spring):
    found = sorted(folder.name for folder in (ROOT / "examples/verifiers").iterdir())
    assert found == sorted([*EXAMPLES, "aws"]), f"an example that isn't run: {found}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # the runner's PostgreSQL may run as another user
        tls = Terminator(folder)
        runner = Runner(ROOT, folder)
        start = lambda: Services(folder, modules, axum, spring, tls.issuer, tls.authority)
        check = Check(runner, tls, start, lambda: HttpApi(folder, tls.issuer, tls.authority))
        try:
            for tls.stage, more_claims, algorithms in RUNS:
                token = None
                for algorithm in algorithms:
                    token = check.of_key(algorithm, more_claims, token)
        finally:
            runner.stop()
    print("\n".join(check.faults) or "no faults")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3]))
