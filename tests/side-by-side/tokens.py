"""Makes changed tokens for either side."""

import base64
import hashlib
import hmac
import json
import secrets
import time

TIMES = {"exp", "nbf", "iat"}  # in seconds from now
DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Hs256:
    """The legacy app's signer, with a secret in bytes."""

    def __init__(self, secret):
        self.secret = secret

    def sign(self, text, algorithm):
        digest = DIGESTS.get(algorithm, hashlib.sha256)
        return encoded(hmac.new(self.secret, text.encode(), digest).digest())

    def other(self):
        return Hs256(secrets.token_bytes(32))


class Es256:
    """Latchkey's signer, with a key of 64 hexadecimal digits, by the legacy app's libraries."""

    def __init__(self, key, libraries):
        self.key, self.libraries = key, libraries

    def sign(self, text, _algorithm):
        return self.libraries(sign=text, key=self.key)

    def other(self):
        return Es256(secrets.token_hex(32), self.libraries)


def forged(genuine, signer, *, claims=(), header=(), without=(), sign="as a sign-in does"):
    """A changed and signed token. `genuine` are a user's tokens of this side and of the other side."""
    own, others = genuine
    if sign == "the other side":
        return others
    head, body, signature = own.split(".")
    head, body = json.loads(decoded(head)) | dict(header), json.loads(decoded(body)) | dict(claims)
    for name in TIMES & dict(claims).keys():
        if isinstance(body[name], int):
            body[name] += now(at_its_start=body[name] == 0)
    parts = ({name: value for name, value in part.items() if name not in without} for part in (head, body))
    text = ".".join(encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    match sign:
        case "as a sign-in does":
            signature = signer.sign(text, head["alg"])
        case "with another key":
            signature = signer.other().sign(text, head["alg"])
        case "not":
            signature = ""
        case "as before":
            pass
        case _:
            raise ValueError(f"sign = {sign!r} is unknown")
    return f"{text}.{signature}"


def now(at_its_start):
    """The current second; with `at_its_start` waits for its beginning."""
    if at_its_start:
        time.sleep(-time.time() % 1)
    return int(time.time())
