"""Latchkey's functions as template.yaml has them, without a team's own: the checks ask this, so that none of them lists functions.

A test of the local runner holds each function's settings equal to what its code reads, and the routes to the table of
routes. So a function's settings say what it needs: its class of work, and its rights.
"""

import functools
from typing import NamedTuple

import own
from names import kebab, pascal
from stack import deployed

# Logins apart and no password anywhere: here DATABASE_USER has the name of the class in it.
BY_CLASS = {"DatabaseAuth": "iam", "DatabaseHost": "h", "DatabaseName": "n", "DatabaseResourceId": "db-A", "DatabaseUser": "owner", "DatabaseLogins": "separate"}


class Function(NamedTuple):
    crate: str
    settings: set
    routes: list  # (method, path, whether anybody may call it)
    work: str  # its class of work: that of its login; "admin", or "plain" for what asks no database

    @property
    def logical_id(self):
        return f"{pascal(self.crate)}Function"

    @property
    def hashes(self):
        return "BCRYPT_COST" in self.settings

    @property
    def asks_database(self):
        return "DATABASE_HOST" in self.settings


@functools.cache
def functions(source):
    stack = deployed(source, **BY_CLASS)
    others = own.functions(source, **BY_CLASS)
    found = {name: it for name, it in stack.of_type("AWS::Lambda::Function").items() if name not in others}
    assert found, "no functions"
    routes = {name: [] for name in found}
    for path, item in stack.of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]["paths"].items():
        for method, operation in item.items():
            if method != "options":
                uri = operation["x-amazon-apigateway-integration"]["uri"]
                [name] = [name for name in (*found, *others) if f"<{name}.Arn>" in uri]
                routes.setdefault(name, []).append((method, path, operation["security"] == [{"NONE": []}]))
    return [declared(name, it["Environment"]["Variables"], routes[name]) for name, it in found.items()]


def declared(name, settings, routes):
    if "DATABASE_USER" not in settings:
        work = "plain"
    elif "DATABASE_LOGINS" in settings:
        work = "admin"
    else:
        work = settings["DATABASE_USER"].removeprefix("latchkey_").removesuffix("_iam")
    return Function(kebab(name.removesuffix("Function")), set(settings), routes, work)


def logins(source):
    """The classes of work that have a login of their own."""
    return {it.work for it in functions(source)} - {"admin", "plain"}
