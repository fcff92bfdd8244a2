"""Part 6: move out and in again. First the legacy app alone uses the adopted tables, then Latchkey again."""

import client
import people
from app import copy_that_reads_long_passwords
from scene import Newcomer

HEAD = "ece871602084 (head)"


def out(scene):
    """Latchkey is stopped, and the legacy app restarted."""
    hold, app, database = scene.hold, scene.app, scene.database
    app.stop()
    app.start()
    schema = database.schema()
    hold("alembic current", HEAD, app.alembic("current"))
    app.alembic("upgrade", "head")
    hold("alembic current after upgrade head", HEAD, app.alembic("current"))
    hold("the schema after upgrade head", "unchanged", "changed", database.schema() == schema)

    for person in scene.staying:
        if token := scene.old_tokens.get(person.username):
            hold(f"{person} is still signed in", 200, client.get(app, "/api/auth/users/me", token).status)
    people.sign_in(scene.staying, app, hold, lambda person: person.app)
    signed_in(scene.newcomers, app, hold, lambda newcomer: 500 if newcomer.is_long else 200)
    back = Newcomer("back", "correct horse", app.name)
    hold(f"{back} signs up", 200, client.sign_up(app, back.username, back.password).status)
    scene.newcomers.append(back)
    with copy_that_reads_long_passwords(app) as copy:
        people.sign_in(scene.staying, copy, hold, on_the_copy)
        signed_in(scene.newcomers, copy, hold, lambda _: 200)
    hold.none("rows of before", scene.differences())
    alone = len(scene.staying) + len(scene.newcomers)
    return (
        f"{alone} people sign in to the legacy app, those with long hashes after its schemes name them; no row is lost"
    )


def back_in(scene):
    """Latchkey is started again on the legacy app's tables."""
    hold, database = scene.hold, scene.database
    schema = database.schema()
    hold(
        "migrate --check",
        "The database is Latchkey's.\nThere is nothing to do.\n",
        scene.latchkey.verb("migrate", "--check"),
    )
    identity = database.run("SELECT id FROM database_identity").strip()
    up_to_date = f"The database is up to date.\nIts id is {identity}.\n"
    hold("migrate", up_to_date, scene.latchkey.verb("migrate"))
    hold("the schema after migrate", "unchanged", "changed", database.schema() == schema)
    with scene.latchkey.service() as latchkey:
        people.sign_in(scene.staying, latchkey, hold, lambda person: person.latchkey)
        signed_in(scene.newcomers, latchkey, hold, lambda _: 200)
    hold.none("rows of before", scene.differences())
    return f"nothing to migrate; {len(scene.staying) + len(scene.newcomers)} people sign in to Latchkey"


def on_the_copy(person):
    """The status of a sign-in on the legacy app with bcrypt_sha256 in its `schemes`."""
    reads = person.hash and person.hash["scheme"] == "bcrypt_sha256"
    return 200 if reads else person.app


def signed_in(newcomers, side, hold, expected):
    came = people.each(newcomers, lambda it: client.sign_in(side, it.username, it.password)[0])
    for newcomer, status in zip(newcomers, came):
        hold(f"{newcomer} signs in to {side.name}", expected(newcomer), status)
