"""A client by openapi-generator, at the address that the document has."""

from typing import Any, Callable

from latchkey_api import AccountsApi, ApiClient, Configuration, Credentials, NewUser, Problem
from latchkey_api.exceptions import ApiException

accounts = AccountsApi(ApiClient(Configuration()))


def refused(status: int, call: Callable[[], Any]) -> Problem:
    try:
        answer = call()
    except ApiException as error:
        assert error.status == status and isinstance(error.data, Problem), error
        return error.data
    raise AssertionError(answer)


name, password = "generator", "correct horse"
user = accounts.sign_up(NewUser(username=name, email=f"{name}@example.com", password=password))
assert user.email == f"{name}@example.com", user
token = accounts.sign_in(Credentials(username=name, password=password)).token
me = AccountsApi(ApiClient(Configuration(access_token=token))).get_me()
assert me.username == name, me

wrong = refused(401, lambda: accounts.sign_in(Credentials(username=name, password="another")))
assert wrong.code == "wrong_credentials", wrong
assert refused(401, accounts.get_me).code == "invalid_token"
bad = refused(422, lambda: accounts.sign_up(NewUser(username="x", email="x@example.com", password="password1")))
assert bad.errors and bad.errors[0].loc[1].actual_instance == "password", bad
