"""A request of a route, from the examples of its description."""

import json
import re
import urllib.parse

import events
from process import Failed
from runner import ROOT

DESCRIPTION = ROOT / "functions/docs/openapi.json"


def event(route, token, context):
    """The event of a request with the described parameters and body. It names what may not exist, so the function may
    refuse it."""
    operation = json.loads(DESCRIPTION.read_text())["paths"].get(route.path, {}).get(route.method.lower())
    if operation is None:
        raise Failed(f"{DESCRIPTION} has no {route.method} {route.path}")
    parameters = {kind: {} for kind in ("path", "query")}
    for each in operation.get("parameters", []):
        if each["in"] == "path" or each["in"] == "query" and each.get("required"):
            parameters[each["in"]][each["name"]] = value(each)
    media_type, body = "application/json", None
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        example = content.get("example", {})
        body = urllib.parse.urlencode(example) if "urlencoded" in media_type else json.dumps(example)
    path = re.sub(r"{(\w+)}", lambda it: parameters["path"][it[1]], route.path)
    sent = json.loads(events.proxy(route.method, path, body, media_type, token, context))
    sent["resource"] = sent["requestContext"]["resourcePath"] = route.path
    sent["pathParameters"] = parameters["path"] or None
    sent["queryStringParameters"] = parameters["query"] or None
    sent["multiValueQueryStringParameters"] = {name: [it] for name, it in parameters["query"].items()} or None
    return json.dumps(sent).encode()


def value(parameter):
    """A parameter's example, or a value of its type.

    >>> value({"example": "ada"}), value({"schema": {"type": "integer"}}), value({"schema": {"example": 7}})
    ('ada', '1', '7')
    """
    return str(parameter.get("example", parameter.get("schema", {}).get("example", 1)))
