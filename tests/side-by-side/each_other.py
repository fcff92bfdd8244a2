"""Part 4: a user made in one signs in to the other; both see roles and deletions."""

import client
from app import copy_that_reads_long_passwords
from scene import Newcomer

# By their length in bytes.
PASSWORDS = {
    "13": "correct horse",
    "72": "a1" * 36,
    "73": "a1" * 36 + "b",
    "200": "a1" * 100,
    "71-and-2": "x" * 71 + "é",
}
CALLER = "/api/auth/users/me"


def part(scene, latchkey):
    hold, app = scene.hold, scene.app
    sides = {side.name: side for side in (app, latchkey)}
    with copy_that_reads_long_passwords(app) as copy:
        for side in sides.values():
            for length, password in PASSWORDS.items():
                newcomer = Newcomer(f"{side.name.replace(' ', '-')}-{length}", password, side.name)
                hold(f"{newcomer} signs up", 200, client.sign_up(side, newcomer.username, password).status)
                scene.newcomers.append(newcomer)
        roles = scene.database.rows(
            "SELECT users.id, array_agg(name) AS roles FROM users JOIN users_to_roles ON user_id = users.id "
            "JOIN roles ON roles.id = role_id WHERE username = ANY (string_to_array(:'names', '|')) GROUP BY users.id",
            names="|".join(it.username for it in scene.newcomers),
        )
        alone = sum(it["roles"] == ["ROLE_USER"] for it in roles)
        hold("newcomers with ROLE_USER alone", len(scene.newcomers), alone)
        hold(
            "each newcomer's id is above the adoption's highest",
            True,
            min(it["id"] for it in roles) > scene.last_user_id(),
        )
        for newcomer in scene.newcomers:
            both_take(newcomer, app, latchkey, copy, hold)
    dropped(scene, latchkey)
    granted(scene, latchkey)
    deleted(scene, latchkey)
    return f"{len(scene.newcomers)} newcomers signed in to both; both saw a grant, a revocation and a deletion"


def both_take(newcomer, app, latchkey, copy, hold):
    username, password = newcomer.username, newcomer.password
    by_app = newcomer.made_by == app.name
    for side in (app, latchkey, *([copy] if newcomer.is_long else [])):
        if side is app and newcomer.is_long:
            # The unchanged legacy app can't read that hash and answers 500.
            hold(f"{newcomer} signs in to {side.name}", 500, client.sign_in(side, username, password)[0])
            continue
        status, token = client.sign_in(side, username, password)
        hold(f"{newcomer} signs in to {side.name}", 200, status)
        if token:
            who = {"username": username, "email": f"{username}@example.com"}
            hold(f"{newcomer} is known to {side.name}", who, client.get(side, CALLER, token).value())
            hold(f"{newcomer} has a role on {side.name}", 200, client.get(side, "/api/test/user", token).status)
        # bcrypt ignores bytes past 72. Latchkey counts them, except in the legacy app's own hashes.
        ignores = by_app or (side is app and not newcomer.is_long)
        for what, other in (("without the last character", password[:-1]), ("with a character more", password + "c")):
            same = other.encode()[:72] == password.encode()[:72]
            status, _ = client.sign_in(side, username, other)
            hold(f"{newcomer} signs in to {side.name} {what}", 200 if same and ignores else 401, status)


def dropped(scene, latchkey):
    """The database ends all connections, as in a restart."""
    tokens = {scene.app: scene.old_tokens["ada"], latchkey: client.sign_in(latchkey, "ada", "correct horse")[1]}
    scene.database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    app, ours = ([client.get(side, CALLER, token).status for _ in range(8)] for side, token in tokens.items())
    scene.hold("the legacy app, after its connections were dropped", "a 500 among its answers", app, 500 in app)
    scene.hold("Latchkey, after its connections were dropped", [200] * 8, ours)


def granted(scene, latchkey):
    """The operator grants and revokes a role."""
    hold = scene.hold
    newcomer = scene.newcomers[0]
    tokens = {side: client.sign_in(side, newcomer.username, newcomer.password)[1] for side in (scene.app, latchkey)}
    for verb, status in (("grant", 200), ("revoke", 403)):
        scene.latchkey.verb(verb, newcomer.username, "ROLE_ADMIN")
        for side, token in tokens.items():
            came = client.get(side, "/api/test/admin", token).status
            hold(f"content for administrators on {side.name}, after {verb}", status, came)


def deleted(scene, latchkey):
    """A user is deleted, which the legacy app's constraints prevented."""
    hold = scene.hold
    client.sign_up(scene.app, "short-lived", "correct horse")
    tokens = {side: client.sign_in(side, "short-lived", "correct horse")[1] for side in (scene.app, latchkey)}
    for side, token in tokens.items():
        hold(f"{side.name} accepts the user before the deletion", 200, client.get(side, CALLER, token).status)
    scene.database.run("DELETE FROM users WHERE username = 'short-lived'")
    for side, token in tokens.items():
        hold(f"{side.name} refuses the deleted user's token", 401, client.get(side, CALLER, token).status)
        hold(f"{side.name} refuses the deleted user's sign-in", 401, client.sign_in(side, "short-lived", "correct horse")[0])
