"""The recorded requests: what each file of requests/ says, checked. README.md lists the members of one."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from client import PAGE
from process import Failed
from summary import Summary

FOLDER = Path(__file__).with_name("requests")
PEOPLE = "people.toml"
# The reasons why Latchkey's answer may differ from the legacy app's.
MARKS = {
    "better": "better",
    "gateway": "as API Gateway answers",
    "decided": "decided in docs/use/behaviour.md",
}
BODIES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
BOUNDARY = "side-by-side"
MEMBERS = {
    "name": str, "send": (str, list), "json": str, "form": str, "multipart": dict, "body": str, "type": str,
    "encoding": str, "token": (str, dict), "authorization": (str, list), "accept": str, "origin": (str, list),
    "headers": dict, "preflight": str, "asks": str, "at_once": int, "only": str, "answer": str, "app": str,
    **dict.fromkeys(MARKS, str),
}  # fmt: skip


@dataclass
class Request:
    """A request and both sides' answers."""

    name: str
    method: str
    path: str
    app: list | None
    latchkey: list | None
    mark: str | None
    body: str | None = None
    type: str | None = None
    encoding: str = "utf-8"
    token: str | dict | None = None
    authorization: list = field(default_factory=list)
    accept: str | None = None
    origin: str = PAGE
    headers: dict = field(default_factory=dict)
    preflight: str | None = None
    asks: str = ""
    at_once: int = 1
    only: str = "body"


def repeated(text):
    """
    >>> repeated("{ab*3}c {new}")
    'abababc {new}'
    """
    return re.sub(r"\{([^{}*]+)\*(\d+)\}", lambda found: found[1] * int(found[2]), text)


def answers(line):
    """How often each is expected, by what it is.

    >>> [(times, str(answer)) for times, answer in answers('1 × 200 {"a":1}, 7 × 500 Internal Server Error')]
    [(1, '200 {"a":1}'), (7, '500 Internal Server Error')]
    """
    parts = re.split(r"(?:^|, )(\d+) × ", repeated(line))
    counted = zip(map(int, parts[1::2]), parts[2::2], strict=True) if len(parts) > 1 else [(1, parts[0])]
    return [(times, Summary.parse(part)) for times, part in counted]


def load(usernames):
    """All requests by group, which is the file's name. They may send these people's tokens."""
    groups = {path.stem: list(group(path, usernames)) for path in sorted(FOLDER.glob("*.toml"))}
    for requests in groups.values():
        names = [request.name for request in requests]
        if twice := {name for name in names if names.count(name) > 1}:
            raise Failed(f"two requests of a group have the same name: {', '.join(sorted(twice))}")
    return groups


def group(path, usernames):
    try:
        entries = tomllib.loads(path.read_text())["request"]
    except tomllib.TOMLDecodeError as error:
        raise Failed(f"{path}: {error}") from None
    for number, entry in enumerate(entries, 1):
        try:
            check(entry, usernames)
            yield from each(entry)
        except ValueError as error:
            raise Failed(f"{path.name}, {entry.get('name', f'request {number}')!r}: {error}") from None


def check(entry, usernames):
    for member, value in entry.items():
        if member not in MEMBERS:
            raise ValueError(f"{member} is unknown; known are: {', '.join(MEMBERS)}")
        if not isinstance(value, MEMBERS[member]):
            raise ValueError(f"{member} has the wrong type")
    for member in ("name", "send"):
        if member not in entry:
            raise ValueError(f"it has no {member}")
    token = entry.get("token")
    if token is not None and (token.get("of") if isinstance(token, dict) else token) not in usernames:
        raise ValueError(f"no user in {PEOPLE} has this token")


def each(entry):
    """The requests of an entry: one for each `send` and each `origin`."""
    mark, app, latchkey = expected(entry)
    kept = {
        name: entry[name]
        for name in ("encoding", "token", "accept", "headers", "preflight", "asks", "at_once", "only")
        if name in entry
    }
    kept["body"], kept["type"] = body(entry)
    if (authorization := entry.get("authorization")) is not None:
        kept["authorization"] = as_list(authorization)
    elif "token" in entry:
        kept["authorization"] = ["Bearer {token}"]
    sends, origins = as_list(entry["send"]), as_list(entry.get("origin", PAGE))
    for send in sends:
        method, _, path = send.partition(" ")
        for origin in origins:
            name = entry["name"]
            name += f": {send}" if len(sends) > 1 else ""
            name += f", of {origin or 'none'}" if len(origins) > 1 else ""
            yield Request(name, method, path, app, latchkey, mark, origin=origin, **kept)


def expected(entry):
    """The mark, and the legacy app's and Latchkey's outcomes; both None if nothing is recorded yet."""
    marks = [mark for mark in MARKS if mark in entry]
    if not marks and not {"answer", "app"} & entry.keys():
        return None, None, None
    if "answer" in entry and not marks and "app" not in entry:
        same = answers(entry["answer"])
        return None, same, same
    if "answer" not in entry and len(marks) == 1 and "app" in entry:
        return marks[0], answers(entry["app"]), answers(entry[marks[0]])
    raise ValueError(f"it needs `answer`, or `app` and one of {', '.join(MARKS)}")


def body(entry):
    """The body to send, and its media type."""
    given = [name for name in ("json", "form", "multipart", "body") if name in entry]
    if len(given) > 1 or ("type" in entry and given != ["body"]):
        raise ValueError("it has one body: json, form, multipart, or body with its type")
    if not given:
        return None, None
    if given == ["multipart"]:
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in entry["multipart"].items()
        ]
        return "".join(parts) + f"--{BOUNDARY}--\r\n", f"multipart/form-data; boundary={BOUNDARY}"
    return repeated(entry[given[0]]), BODIES.get(given[0], entry.get("type"))


def as_list(value):
    return value if isinstance(value, list) else [value]
