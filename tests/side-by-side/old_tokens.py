"""Part 5: the legacy app's tokens, accepted by Latchkey until a day, for users that existed at the adoption alone."""

import datetime

import client
from process import Failed
from tokens import Hs256, forged

CALLER = "/api/auth/users/me"
CONTENT = ("/api/test/user", "/api/test/mod", "/api/test/admin")
FORGEABLE = "FORGEABLE_LEGACY_TOKEN_SECRET"
# Tokens of a user that existed then, changed, and signed with the legacy app's secret unless `sign` says another: whether they open
# the door. Both parts have to be just what the legacy app writes.
CHANGED = {
    "signed again": ({}, 200),
    "with an unused claim": ({"claims": {"jti": "x"}}, 200),
    "valid for a while": ({"claims": {"nbf": -60}}, 200),
    "expired": ({"claims": {"exp": -1}}, 401),
    "expiring this second": ({"claims": {"exp": 0}}, 401),
    "without exp": ({"without": ["exp"]}, 401),
    "not valid yet": ({"claims": {"nbf": 60}}, 401),
    "for an audience": ({"claims": {"aud": "latchkey-api"}}, 401),
    "without sub": ({"without": ["sub"]}, 401),
    "with a numeric sub": ({"claims": {"sub": 1}}, 401),
    "of an unknown user": ({"claims": {"sub": "unknown"}}, 401),
    "signed with another key": ({"sign": "with another key"}, 401),
    "signed for other claims": ({"claims": {"sub": "root"}, "sign": "as before"}, 401),
    "not signed": ({"sign": "not"}, 401),
    "of no algorithm": ({"header": {"alg": "none"}, "sign": "not"}, 401),
    "of another algorithm": ({"header": {"alg": "HS384"}}, 401),
    "of Latchkey's algorithm": ({"header": {"alg": "ES256"}}, 401),
    "of Latchkey's type": ({"header": {"typ": "at+jwt"}}, 401),
    "that names a key": ({"header": {"kid": "x"}}, 401),
    "with an extension": ({"header": {"crit": ["x"], "x": 1}}, 401),
}


def part(scene):
    hold, secret, old = scene.hold, scene.app.secret(), scene.old_tokens["ada"]
    settings = {"LegacyTokenSecret": secret.decode(), "LegacyTokensUntil": day(1)}
    refused = fault_of(scene.latchkey, settings)
    hold("the startup error for the tutorial's secret, given once", FORGEABLE, refused, FORGEABLE in refused)

    settings["ForgeableLegacyTokenSecret"] = secret.decode()
    with scene.latchkey.service(**settings) as latchkey:

        def asked(what, token, status):
            hold(what, status, client.get(latchkey, CALLER, token).status)

        known = [person for person in scene.staying if person.username in scene.old_tokens]
        for person in known:
            accepted(person, scene.old_tokens[person.username], scene.app, latchkey, hold)
        for name, token in of_others(scene).items():
            asked(f"the legacy app's token of {name!r}, of a later or deleted user", token, 401)
        signer = Hs256(secret)
        for what, (changes, status) in CHANGED.items():
            asked(f"a token of the legacy app, {what}", forged((old, None), signer, **changes), status)
        _, own = client.sign_in(latchkey, "ada", "correct horse")
        asked("Latchkey's own token", own, 200)
        asked("Latchkey's own token, signed with the legacy app's secret", forged((own, None), signer), 401)
        disguised = forged((own, None), signer, header={"alg": "HS256", "typ": "JWT"}, without=["kid"])
        asked("the same, in the legacy app's form", disguised, 401)

    with scene.latchkey.service(**settings | {"LegacyTokensUntil": day(-1)}) as latchkey:
        hold("a token of the legacy app, after the date", 401, client.get(latchkey, CALLER, old).status)
        hold("Latchkey's own token, after the date", 200, client.get(latchkey, CALLER, own).status)
    return f"tokens of {len(known)} people accepted until the date; {len(CHANGED) + 2} changed tokens decided as expected"


def fault_of(latchkey, settings):
    """Its startup error, if it fails."""
    try:
        with latchkey.service(**settings):
            return "it started"
    except Failed as failure:
        return str(failure)


def accepted(person, token, app, latchkey, hold):
    """Latchkey answers an adopted user's token as the legacy app does."""
    for path in (CALLER, *CONTENT):
        was, came = client.get(app, path, token), client.get(latchkey, path, token)
        hold(f"{person} requests {path} with the legacy app's token", (was.status, was.value()), (came.status, came.value()))
        if path == CALLER:
            hold(f"the legacy app accepts its token of {person}", 200, was.status)


def of_others(scene):
    """The legacy app's tokens of users that signed up after the adoption, and of those deleted since."""
    tokens = {person.username: scene.old_tokens[person.username] for person in scene.people if not person.stays}
    for newcomer in scene.newcomers:
        _, token = client.sign_in(scene.app, newcomer.username, newcomer.password)
        if token:  # the legacy app can't read all of Latchkey's hashes
            status = client.get(scene.app, CALLER, token).status
            scene.hold(f"the legacy app accepts its token of {newcomer}", 200, status)
            tokens[newcomer.username] = token
    return tokens


def day(days):
    """The time `days` from now, in RFC 3339."""
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
