"""What an answer is, in a line: its status, its media type where that doesn't follow from its body, and its body.

200 "Hello World"                                  JSON
401 Incorrect username or password                 text
409 (application/problem+json) {"status":409,...}  of another type than those two
200 (text/html)                                    of that type, whatever its body
405                                                without a body
"""

import json
import re
from dataclasses import dataclass

from client import ADDED, TOKEN

SHOWN = 400  # characters of a body


@dataclass
class Summary:
    """One answer, or what is expected of it."""

    status: int
    media_type: str | None
    body: object = None
    what: str = "body"  # what of it counts

    @classmethod
    def parse(cls, line):
        """
        >>> Summary.parse('200 "Hello World"') == Summary(200, "application/json", "Hello World")
        True
        >>> Summary.parse('404 Not Found') == Summary(404, "text/plain", "Not Found")
        True
        >>> str(Summary.parse('200 (text/html)')), str(Summary.parse('405'))
        ('200 (text/html)', '405')
        """
        parts = re.fullmatch(r"(\d{3})(?: \(([\w/+.-]+)\))?(?: (.+))?", line, re.DOTALL)
        if not parts:
            raise ValueError(f"{line!r} is no answer: it is a status, perhaps a media type in brackets, and a body")
        status, media_type, text = parts.groups()
        if text is None:
            return cls(int(status), media_type, what="media type" if media_type else "body")
        try:
            return cls(int(status), media_type or "application/json", json.loads(text))
        except ValueError:
            return cls(int(status), media_type or "text/plain", text)

    @classmethod
    def of(cls, answer, new, only):
        """What came, with {new} instead of the generated name, and {token} instead of a token."""
        if only == "media type":
            return cls(answer.status, answer.media_type(), what=only)
        if not answer.body:
            return cls(answer.status, None)
        return cls(answer.status, answer.media_type(), plain(answer.value(), new))

    def __str__(self):
        if self.body is None:
            return f"{self.status} ({self.media_type})" if self.media_type else f"{self.status}"
        is_text = isinstance(self.body, str) and self.media_type != "application/json"
        text = self.body if is_text else json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        usual = "text/plain" if is_text else "application/json"
        media_type = "" if self.media_type == usual else f" ({self.media_type})"
        return f"{self.status}{media_type} {text if len(text) <= SHOWN else text[:SHOWN] + '…'}"


def plain(value, new):
    """A body without what is another one each time, and without what is only the legacy app's."""
    if isinstance(value, dict):
        value = {name: plain(member, new) for name, member in value.items()}
        for name in ("token", "access_token"):
            if isinstance(value.get(name), str) and TOKEN.fullmatch(value[name]):
                value[name] = "{token}"
        if {"type", "loc", "msg"} <= value.keys():
            value = {name: member for name, member in value.items() if name not in ADDED | {"ctx"}}
        return value
    if isinstance(value, list):
        return [plain(member, new) for member in value]
    return value.replace(new, "{new}") if isinstance(value, str) else value


def echoes(value):
    """Whether a detail of a 422 has what pydantic adds."""
    details = value.get("detail", value.get("errors")) if isinstance(value, dict) else None
    return isinstance(details, list) and any(ADDED & detail.keys() for detail in details if isinstance(detail, dict))
