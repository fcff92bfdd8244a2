"""The functions of a team's own, by own-routes.json beside the template: none is reachable past the authorizer."""

import json
from pathlib import Path

from fault import holds, same
from stack import deployed

# The role for a function that needs nothing of AWS but its log.
PLAIN = "PlainRole"


def crates(source):
    """The names of the functions, as the document has them."""
    return set(json.loads(Path(source).with_name("own-routes.json").read_text())["functions"])


def functions(source, **parameters):
    """The properties of each function by its name in the template."""
    found = deployed(source, **parameters).of_type("AWS::Lambda::Function").items()
    return {name: it for name, it in found if name.removesuffix("Function").lower() in crates(source)}


def roles(source):
    """The roles that these functions have of their own."""
    return {f"{name.removesuffix('Function')}Role" for name in functions(source)} & set(deployed(source).of_type("AWS::IAM::Role"))


def check(source):
    same("functions of own-routes.json", {it.removesuffix("Function").lower() for it in functions(source)}, crates(source))
    stack = deployed(source)
    resources = stack.template["Resources"]
    for name, function in functions(source).items():
        own = f"{name.removesuffix('Function')}Role"
        holds(f"{name} has the role {function['Role']}: take {PLAIN} or a {own}", function["Role"] in (f"<{PLAIN}.Arn>", f"<{own}.Arn>"))
        found = [(path, method, it["security"]) for path, method, it in operations(stack) if f"<{name}.Arn>" in json.dumps(it)]
        holds(f"{name} has no route", found)
        for path, method, security in found:
            same(f"security of {method} {path}", security, [{"Token": []}])
        # What may call it: rights.py holds each permission to this API. An alias, a URL or a queue would be another way.
        naming = {it["Type"] for it in resources.values() if it["Type"].startswith("AWS::Lambda::") and name in json.dumps(it["Properties"])}
        same(f"what is made for {name}", naming, {"AWS::Lambda::Permission"})


def operations(stack):
    for path, item in stack.of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]["paths"].items():
        for method, operation in item.items():
            if method != "options":
                yield path, method, operation
