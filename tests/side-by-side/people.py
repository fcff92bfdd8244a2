"""The users before the adoption, from people.toml."""

import json
import os
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import client
from database import scheme_and_cost
from recorded import PEOPLE, repeated

FILE = Path(__file__).with_name(PEOPLE)
CORES = len(os.sched_getaffinity(0))
COST = 12  # the default cost of a hash
HASH = {"scheme": "bcrypt", "rounds": COST}
BY_HAND = """
    CREATE TEMPORARY TABLE person AS
        SELECT * FROM json_to_recordset(:'people')
        AS person (id int, username text, email text, stored text, roles json);
    CREATE TEMPORARY VIEW membership AS
        SELECT username, role FROM person, json_array_elements_text(roles) AS role;
    INSERT INTO roles (name) SELECT DISTINCT role FROM membership ON CONFLICT DO NOTHING;
    INSERT INTO users (id, username, email, password)
        SELECT coalesce(id, nextval('users_id_seq')), username, email, stored FROM person;
    INSERT INTO users_to_roles (user_id, role_id)
        SELECT users.id, roles.id FROM membership JOIN users USING (username) JOIN roles ON roles.name = role;"""


@dataclass
class Person:
    username: str
    email: str | None = None
    password: str | None = None
    by: str = "sign-up"
    id: int | None = None
    hash: dict | None = None
    stored: str | None = None
    roles: tuple = ("ROLE_USER",)
    app: int = 200
    latchkey: int = 200
    then: str | None = None

    def __post_init__(self):
        self.username = repeated(self.username)
        self.email = repeated(self.email) if self.email else f"{self.username}@example.com"
        self.password = self.password and repeated(self.password)

    def __str__(self):
        return repr(self.username if len(self.username) < 60 else self.username[:60] + "…")

    @property
    def is_replaced(self):
        """Whether a sign-in on Latchkey replaces their hash by a costlier one."""
        scheme, cost = scheme_and_cost(self.stored)
        return scheme is not None and cost < COST and self.latchkey == 200

    @property
    def stays(self):
        return self.then is None


def load():
    return [Person(**entry) for entry in tomllib.loads(FILE.read_text())["person"]]


def make(people, app, libraries, hold):
    """Signs them up with the legacy app, or inserts them into its tables by hand."""
    by_hand = [person for person in people if person.by == "hand"]
    for person in by_hand:
        if person.stored is None and person.password is not None:
            person.stored = libraries(hash=person.password, **(person.hash or HASH))
    signing_up = [person for person in people if person.by == "sign-up"]
    came = each(signing_up, lambda it: client.sign_up(app, it.username, it.password, it.email).status)
    for person, status in zip(signing_up, came):
        hold(f"{person} signs up with the legacy app", 200, status)
    app.database.run(BY_HAND, people=json.dumps([asdict(person) for person in by_hand]))


def each(people, act):
    """The results of `act` for each, with a thread per core."""
    with ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(act, people))


def sign_in(people, side, hold, expected):
    """Signs all of them in; returns the tokens by username."""
    came = each(people, lambda person: client.sign_in(side, person.username, person.password or ""))
    for person, (status, _) in zip(people, came):
        hold(f"{person} signs in to {side.name}", expected(person), status)
    return {person.username: token for person, (_, token) in zip(people, came) if token}
