"""A service that accepts Latchkey's tokens: `GET /` answers the caller's user id. Run it with `uvicorn main:app`."""

from typing import Annotated

import latchkey
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer


def user_id(sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> int:
    """The caller's `users.id`."""
    try:
        found = latchkey.user_id(sent.credentials)
    except latchkey.InvalidToken:
        found = None
    except Exception as error:
        raise HTTPException(503) from error
    if found is None:
        raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return found


app = FastAPI()


@app.get("/")
def who_is_it(user_id: Annotated[int, Depends(user_id)]) -> dict[str, int]:
    return {"user_id": user_id}
