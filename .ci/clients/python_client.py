"""A client by openapi-python-client. Its one argument is the service's address."""

import sys

from latchkey_client import AuthenticatedClient, Client
from latchkey_client.api.accounts import get_me, sign_in, sign_up
from latchkey_client.models import Credentials, NewUser, Problem, SignInResponse, User

(address,) = sys.argv[1:]
client = Client(base_url=address)


def refused(answer: object) -> Problem:
    assert isinstance(answer, Problem), answer
    return answer


name, password = "python-client", "correct horse"
user = sign_up.sync(client=client, body=NewUser(username=name, email=f"{name}@example.com", password=password))
assert isinstance(user, User) and user.email == f"{name}@example.com", user
signed_in = sign_in.sync(client=client, body=Credentials(username=name, password=password))
assert isinstance(signed_in, SignInResponse), signed_in
me = get_me.sync(client=AuthenticatedClient(base_url=address, token=signed_in.token))
assert isinstance(me, User) and me.username == name, me

wrong = sign_in.sync(client=client, body=Credentials(username=name, password="another"))
assert refused(wrong).code == "wrong_credentials", wrong
nobody = get_me.sync(client=AuthenticatedClient(base_url=address, token="none"))
assert refused(nobody).code == "invalid_token", nobody
bad = refused(sign_up.sync(client=client, body=NewUser(username="x", email="x@example.com", password="password1")))
assert bad.errors and bad.errors[0].loc[1] == "password", bad
