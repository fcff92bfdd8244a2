"""The shared database: queried by psql; its tables are recorded and compared."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from process import Failed

# The legacy app's tables, with their sort order.
TABLES = {"users": "id", "roles": "id", "users_to_roles": "user_id, role_id", "alembic_version": "version_num"}
COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text AS table_name, conname, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"""


def programs():
    """The folder of PostgreSQL's programs, found as in the legacy app's own script."""
    if named := os.environ.get("PG_BIN"):
        return Path(named)
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda it: [int(n) for n in re.findall(r"\d+", str(it))]
    )
    if found:
        return found[-1]
    if on_path := shutil.which("postgres"):
        return Path(on_path).parent
    raise Failed(
        "PostgreSQL's programs are missing: set PG_BIN to their directory, or install them (Debian: postgresql)"
    )


# Variables not to pass on: they name a database, or are settings of the legacy app and would override its .env.
NOT_PASSED_ON = re.compile(r"(PG(?!_BIN$)|DATABASE_|ALEMBIC_|FASTAPI_APP_)\w*|APP_NAME")


def environment(**settings):
    """The environment of the legacy app and of PostgreSQL's programs."""
    return {name: value for name, value in os.environ.items() if not NOT_PASSED_ON.fullmatch(name)} | settings


class Database:
    def __init__(self, url):
        self.url, self.psql = url, programs() / "psql"

    def run(self, sql, **values):
        """Runs statements, in which :'name' is a text value; returns their output."""
        given = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
        command = [self.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", *given, "-f", "-", self.url]
        done = subprocess.run(command, input=sql, env=environment(), capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"psql: {done.stderr.strip()}")
        return done.stdout

    def rows(self, query, **values):
        """The rows of a query, as dicts."""
        return json.loads(self.run(f"SELECT coalesce(json_agg(found), '[]') FROM ({query}) AS found", **values))

    def written(self):
        """All rows of the legacy app's tables, in its own columns."""
        columns = {"users": "id, username, email, password"}
        tables = TABLES.items()
        return {name: self.rows(f"SELECT {columns.get(name, '*')} FROM {name} ORDER BY {by}") for name, by in tables}

    def schema(self):
        """All columns and constraints, of Latchkey and of the legacy app."""
        return self.rows(COLUMNS), self.rows(CONSTRAINTS)

    def columns(self):
        """All columns and their types, of Latchkey and of the legacy app."""
        return {(it["table_name"], it["column_name"]): it["data_type"] for it in self.rows(COLUMNS)}


def differences(before, after, *, deleted=(), replaced=()):
    """The unexpected differences, by row id. Expected are `deleted` users, and a higher cost of the `replaced` hashes."""
    users = {row["id"]: row for row in after["users"]}
    for row in before["users"]:
        number, now = row["id"], users.get(row["id"])
        if (now is None) != (number in deleted):
            yield f"users {number} {'should be deleted' if now else 'is lost'}"
        elif now:
            for column in ("username", "email"):
                if now[column] != row[column]:
                    yield f"users {number} has another {column}"
            if number in replaced:
                if not costs_more(row["password"], now["password"]):
                    yield f"users {number} has no costlier hash of the same scheme"
            elif now["password"] != row["password"]:
                yield f"users {number} has another hash"
    for row in before["roles"]:
        if row not in after["roles"]:
            yield f"roles {row['id']} is lost or has changed"
    had, has = ({(row["user_id"], row["role_id"]) for row in written["users_to_roles"]} for written in (before, after))
    for user, role in sorted(had - has):
        if user not in deleted:
            yield f"users_to_roles {user}, {role} is lost"
    known = {row["id"] for row in before["users"]}
    for user, role in sorted(has - had):
        if user in known:
            yield f"users_to_roles {user}, {role} is new"
    if after["alembic_version"] != before["alembic_version"]:
        yield "alembic_version has changed"


def costs_more(before, after):
    """Whether a hash is of the same scheme as before, and of a higher cost."""
    (old, low), (new, high) = scheme_and_cost(before), scheme_and_cost(after)
    return old == new and low < high


def scheme_and_cost(stored):
    """
    >>> scheme_and_cost("$2y$10$abcdefghijklmnopqrstuuH4EJYjKYBQWE9m1sGPSa0rjrZEnYgUq")
    ('bcrypt', 10)
    >>> scheme_and_cost("$bcrypt-sha256$v=2,t=2b,r=12$abcdefghijklmnopqrstuu$H4EJYjKYBQWE9m1sGPSa0rjrZEnYgUq")
    ('bcrypt-sha256', 12)
    >>> scheme_and_cost("$bcrypt-sha256$2a,10$abcdefghijklmnopqrstuu$H4EJYjKYBQWE9m1sGPSa0rjrZEnYgUq")
    ('bcrypt-sha256', 10)
    >>> scheme_and_cost("correct horse")
    (None, 0)
    """
    if found := re.match(r"\$2[aby]\$(\d+)\$", stored or ""):
        return "bcrypt", int(found[1])
    if found := re.match(r"\$bcrypt-sha256\$(?:v=2,t=2[ab],r=|2[ab],)(\d+)\$", stored or ""):
        return "bcrypt-sha256", int(found[1])
    return None, 0
