"""joserfc, given the issuer alone."""

import os

import requests
from fastapi import FastAPI, Header, HTTPException
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ISSUER, AUDIENCE = os.environ["LATCHKEY_ISSUER"], os.environ["LATCHKEY_AUDIENCE"]
metadata = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=5).json()
keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=5).json())
claims = jwt.JWTClaimsRegistry(
    leeway=5,
    iss={"essential": True, "value": metadata["issuer"]},
    aud={"essential": True, "value": AUDIENCE},
    exp={"essential": True},
    sub={"essential": True},
)
app = FastAPI()


@app.get("/")
def who_is_it(authorization: str = Header()) -> dict[str, int]:
    try:
        token = jwt.decode(authorization.split(" ")[1], keys, algorithms=["ES256", "RS256"])
        claims.validate(token.claims)
    except (JoseError, ValueError) as error:
        raise HTTPException(401, str(error))
    return {"user_id": int(token.claims["sub"])}
