"""Verifies Latchkey's access tokens by PyJWT."""

import json
import os
from functools import cache
from urllib.request import urlopen

import jwt

ISSUER, AUDIENCE = os.environ["LATCHKEY_ISSUER"], os.environ["LATCHKEY_AUDIENCE"]


class InvalidToken(Exception):
    """The token isn't valid: answer 401. Any other exception means that the keys are out of reach: answer 503."""


@cache
def keys() -> jwt.PyJWKClient:
    """The issuer's keys, kept for five minutes, as it allows. An unknown key id fetches them again, at most every 30 s."""
    with urlopen(f"{ISSUER}/.well-known/openid-configuration", timeout=5) as answer:
        metadata = json.load(answer)
    if metadata["issuer"] != ISSUER:
        raise ValueError(f"{ISSUER} names another issuer: {metadata['issuer']}")
    return jwt.PyJWKClient(metadata["jwks_uri"], timeout=5)


def user_id(token: str) -> int | None:
    """The `users.id` in an access token. None if the token is of another type (RFC 9068 §4)."""
    try:
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            return None
        claims = jwt.decode(
            token,
            keys().get_signing_key_from_jwt(token),
            algorithms=["ES256", "RS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["iss", "aud", "sub", "exp"]},
            leeway=5,  # seconds of clock skew
        )
    except jwt.PyJWKClientConnectionError:
        raise
    except jwt.PyJWTError as error:
        raise InvalidToken from error
    return int(claims["sub"])
