"""A service that accepts Latchkey's tokens: `GET /` answers the caller's user id. Run it with `uvicorn main:app`."""

import os
import time
from typing import Annotated

import requests
from authlib.oauth2.rfc6750 import InvalidTokenError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc.errors import JoseError


def get_json(url: str) -> dict:
    answer = requests.get(url, timeout=5)
    answer.raise_for_status()
    return answer.json()


class Latchkey(JWTBearerTokenValidator):
    """Access tokens by RFC 9068, with the keys that the issuer's discovery document names."""

    jwks, fetched_at = None, 0.0

    def get_jwks(self) -> dict:
        # Kept for five minutes, as the issuer allows.
        if self.jwks is None or time.monotonic() > self.fetched_at + 300:
            metadata = get_json(f"{self.issuer}/.well-known/openid-configuration")
            if metadata["issuer"] != self.issuer:
                raise ValueError(f"{self.issuer} names another issuer: {metadata['issuer']}")
            self.jwks, self.fetched_at = get_json(metadata["jwks_uri"]), time.monotonic()
        return self.jwks


latchkey = Latchkey(issuer=os.environ["LATCHKEY_ISSUER"], resource_server=os.environ["LATCHKEY_AUDIENCE"])


def user_id(sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> int:
    """The caller's `users.id`."""
    try:
        claims = latchkey.authenticate_token(sent.credentials)
        claims.validate(leeway=5)  # seconds of clock skew
    except (InvalidTokenError, JoseError) as error:
        raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}) from error
    except requests.RequestException as error:
        raise HTTPException(503) from error
    return int(claims["sub"])


app = FastAPI()


@app.get("/")
def who_is_it(user_id: Annotated[int, Depends(user_id)]) -> dict[str, int]:
    return {"user_id": user_id}
