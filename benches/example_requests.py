"""A good request of each function that has no plain route, to repeat."""

import base64
import json
from dataclasses import dataclass

import accounts
import events
from rates import ME, SIGNIN, SIGNUP
from subject import INTROSPECTION_SECRET

FORM = "application/x-www-form-urlencoded"


@dataclass
class User:
    """A signed-in user, and the users of the functions that change theirs."""

    account: accounts.Account
    token: str = ""
    context: dict | None = None
    refresh_token: str = ""
    changing: "User | None" = None
    renewing: "User | None" = None

    def learn(self, answer):
        body = json.loads(answer["body"])
        self.token, self.refresh_token = body["token"], body.get("refresh_token")


def of(user):
    """The event of each of these functions, another for each invocation."""

    def form():
        name, password = user.account.username, accounts.PASSWORD.replace(" ", "+")
        return f"grant_type=password&username={name}&password={password}"

    def change():
        same = {"old_password": accounts.PASSWORD, "new_password": accounts.PASSWORD}
        its = user.changing
        return events.proxy("POST", f"{ME}/password", json.dumps(same), token=its.token, context=its.context)

    def refreshed():
        return events.proxy("POST", "/api/auth/refresh", json.dumps({"refresh_token": user.renewing.refresh_token}))

    def introspected():
        basic = base64.b64encode(f"introspect:{INTROSPECTION_SECRET}".encode()).decode()
        return events.proxy("POST", "/api/auth/introspect", f"token={user.token}", FORM, authorization=f"Basic {basic}")

    return {
        "account": change,
        "admin": lambda: json.dumps({"verb": "list", "limit": 1}).encode(),
        "authorizer": lambda: events.authorizer("GET", ME, user.token),
        "introspect": introspected,
        "refresh": refreshed,
        "sessions": lambda: events.proxy("GET", "/api/auth/sessions", token=user.token, context=user.context),
        "signin": lambda: events.proxy("POST", SIGNIN, user.account.signin()),
        "signup": lambda: events.proxy("POST", SIGNUP, accounts.new(1)[0].signup()),
        "token": lambda: events.proxy("POST", "/api/auth/token", form(), FORM),
    }
