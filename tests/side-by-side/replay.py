"""Part 3: sends the recorded requests to both, and compares the answers with the recorded ones and with each other."""

import itertools
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import client
import people
from client import PAGE
from process import Failed
from recorded import MARKS
from summary import Summary, echoes
from tokens import Es256, Hs256, forged

TAKEN, TAKER = "deleted, and the name taken", "somebody-else@example.com"


class Side:
    """One of the two services: its address, the tokens that it issued, and its signer."""

    def __init__(self, server, signer):
        self.name, self.address, self.signer = server.name, server.address, signer
        self.letter = self.name.split()[-1][0].lower()  # a and l
        self.tokens = {}
        self.made = itertools.count(1)

    @property
    def is_app(self):
        return self.letter == "a"

    def new(self):
        """An unused name of 18 characters."""
        return f"{self.letter}-{next(self.made):04}-{secrets.token_hex(6)[:11]}"


def part(scene, latchkey, groups, only):
    """Sends all requests to both, and compares the answers."""
    hold = scene.hold
    sides = [Side(scene.app, Hs256(scene.app.secret())), Side(latchkey, Es256(scene.latchkey.key, scene.libraries))]
    sides[0].tokens = scene.old_tokens
    sides[1].tokens = people.sign_in(scene.people, latchkey, hold, lambda person: person.latchkey)
    change_users(scene)
    counts, rules = Counter(), Counter()
    with ThreadPoolExecutor(len(sides)) as pool:
        for group, requests in groups.items():
            for request in requests:
                name = f"{group}: {request.name}"
                if only and only not in name:
                    continue
                came = list(pool.map(lambda side: send(request, side, sides), sides))
                compare(name, request, came, hold)
                for side, (_, answers) in zip(sides, came):
                    rules.update(kept(name, request, side, answers, hold))
                counts[request.mark] += 1
    if not counts:
        raise Failed(f"no recorded request has {only!r} in its name")
    for rule in () if only else RULES:
        hold(f"answers to which this rule applies: {rule}", "some", "some" if rules[rule] else "none")
    for side in sides:
        hold.none(f"users made by {side.name} without ROLE_USER, or with more", odd_roles(scene.database, side))
    hold.none("rows of before", scene.differences())
    return summary(counts, rules)


def change_users(scene):
    """Deletes some users after both sign-ins, and signs up another user with a deleted name."""
    for person in scene.people:
        if not person.stays:
            scene.database.run("DELETE FROM users WHERE username = :'name'", name=person.username)
        if person.then == TAKEN:
            answer = client.sign_up(scene.app, person.username, person.password, TAKER)
            scene.hold(f"another user signs up as {person}", 200, answer.status)


def odd_roles(database, side):
    """The users made by the requests that have other roles than a sign-up gives."""
    query = """
        SELECT username, array_agg(roles.name) AS roles FROM users
        LEFT JOIN users_to_roles ON user_id = users.id LEFT JOIN roles ON roles.id = role_id
        WHERE username ~ :'pattern' GROUP BY users.id HAVING array_agg(roles.name) <> ARRAY['ROLE_USER']"""
    found = database.rows(query, pattern=f"{side.letter}-[0-9]{{4}}-")
    return [f"{row['username'][:40]}: {row['roles']}" for row in found]


def send(request, side, sides):
    """One side's outcomes with their counts, and its answers."""
    new = side.new()
    token = token_of(request.token, side, sides)

    def filled(text):
        return text.replace("{new}", new).replace("{token}", token or "")

    headers = [("Accept", request.accept or client.ACCEPT)]
    headers += [("Authorization", filled(value)) for value in request.authorization]
    headers += [(name, filled(value)) for name, value in request.headers.items()]
    if request.origin:
        headers.append(("Origin", request.origin))
    if request.type:
        headers.append(("Content-Type", request.type))
    if request.preflight:
        headers.append(("Access-Control-Request-Method", request.preflight))
        if request.asks:
            headers.append(("Access-Control-Request-Headers", request.asks))
    body = None if request.body is None else filled(request.body).encode(request.encoding)
    sent = (side.address, request.method, filled(request.path), headers, body)
    with ThreadPoolExecutor(request.at_once) as pool:
        answers = list(pool.map(lambda _: client.send(*sent), range(request.at_once)))
    return counted([of(answer, request, new) for answer in answers]), answers


def of(answer, request, new):
    if request.preflight:
        allowed = answer.allows(request.origin, request.preflight, request.asks)
        return Summary(answer.status, "text/plain", "allowed" if allowed else "refused")
    return Summary.of(answer, new, request.only)


def counted(answers):
    """How often each came, in the order of their statuses."""
    found = []
    for one in sorted(answers, key=str):
        if found and found[-1][1] == one:
            found[-1] = (found[-1][0] + 1, one)
        else:
            found.append((1, one))
    return found


def shown(counted_answers):
    """
    >>> shown([(1, Summary.parse("404 Not Found"))]), shown([(1, Summary.parse("200")), (7, Summary.parse("500"))])
    ('404 Not Found', '1 × 200, 7 × 500')
    """
    if [times for times, _ in counted_answers] == [1]:
        return str(counted_answers[0][1])
    return ", ".join(f"{times} × {answer}" for times, answer in counted_answers)


def token_of(wanted, side, sides):
    if wanted is None:
        return None
    if isinstance(wanted, str):
        return side.tokens[wanted]
    changes = dict(wanted)
    username = changes.pop("of")
    other = sides[side is sides[0]]
    return forged((side.tokens[username], other.tokens[username]), side.signer, **changes)


def compare(name, request, came, hold):
    """Compares both with the recorded outcomes. With a mark, the two must differ."""
    (app, _), (latchkey, _) = came
    if request.app is None:
        alike = f"answer = '{shown(app)}'"
        apart = f"app = '{shown(app)}'\n{' or '.join(MARKS)} = '{shown(latchkey)}'"
        hold(f"{name}: isn't recorded yet", "an answer", alike if app == latchkey else apart)
        return
    hold(f"{name}: the legacy app", shown(request.app), shown(app), request.app == app)
    hold(f"{name}: Latchkey", shown(request.latchkey), shown(latchkey), request.latchkey == latchkey)
    if request.mark:
        same = f"the same from both: {shown(app)}"
        hold(f"{name}: marked {request.mark}", "different answers", same, app != latchkey)


# The differences that apply to every answer.
UNREADABLE = "the legacy app's own page can't read its 500s"
CHALLENGE = "Latchkey's 401s and 403s have a `Bearer` challenge, the legacy app's don't"
ECHO = "the legacy app's 422s have `input`, Latchkey's don't"
RULES = (UNREADABLE, CHALLENGE, ECHO)


def kept(name, request, side, answers, hold):
    """Checks what applies to every answer; yields the rules by which the sides differ."""
    for answer in answers:
        if request.origin and not request.preflight:
            is_unreadable = side.is_app and answer.status == 500
            may = request.origin == PAGE and not is_unreadable
            hold(f"{name}: {side.name}, read by {request.origin}", may, answer.may_be_read_by(request.origin))
            if is_unreadable:
                yield UNREADABLE
        challenges = ["Bearer"] if answer.status in (401, 403) and not side.is_app else []
        schemes = [challenge.split()[0] for challenge in answer.challenges()]
        hold(f"{name}: {side.name}, WWW-Authenticate", challenges, schemes)
        if challenges:
            yield CHALLENGE
        if answer.status == 422:
            hold(f"{name}: {side.name}, whether `input` is echoed", side.is_app, echoes(answer.value()))
            if side.is_app:
                yield ECHO


def summary(counts, rules):
    """
    >>> summary(Counter({None: 3, "better": 1}), Counter())
    '4 requests: 3 answered alike, 1 better'
    """
    marked = [f"{counts[mark]} {words}" for mark, words in MARKS.items() if counts[mark]]
    line = f"{sum(counts.values())} requests: {', '.join([f'{counts[None]} answered alike', *marked])}"
    line += f"; headers differ by rule on {rules.total()} answers" if rules else ""
    return line
