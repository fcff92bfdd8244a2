"""The web ACL: an operator's own, or one that limits what an address sends to the routes of accounts."""

import json

from declared import functions
from fault import holds, same
from stack import STACK, deployed

ARN = "arn:aws:apigateway:us-east-1::/restapis/<Api>/stages/<ApiProdStage>"
ORIGIN = "https://app.example.com"
CORS = {"Access-Control-Allow-Origin": ORIGIN, "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "Retry-After"}
# Called by other services, each for all of its users.
NOT_COUNTED = {"/api/auth/introspect"}


def check(source):
    same("a web ACL, unasked", of(deployed(source)), ({}, {}))
    theirs = {"WebAcl": {"WebACLArn": "arn:acl", "ResourceArn": ARN}}
    same("an operator's web ACL", of(deployed(source, WebAclArn="arn:acl")), ({}, theirs))
    for format in ("text", "json"):
        limited = deployed(source, WafRequestsPerAddress=70, ErrorFormat=format, AllowedOrigins=ORIGIN)
        acls, associations = of(limited)
        same("our web ACL", associations, {"WebAcl": {"WebACLArn": "<AddressLimit.Arn>", "ResourceArn": ARN}})
        same("what our web ACL is named", list(acls), ["AddressLimit"])
        check_acl(acls["AddressLimit"], format, CORS)
        check_paths(source, acls["AddressLimit"])
    several = deployed(source, WafRequestsPerAddress=70, AllowedOrigins=f"{ORIGIN},https://b.example")
    check_acl(of(several)[0]["AddressLimit"], "text", {})


def of(stack):
    return stack.of_type("AWS::WAFv2::WebACL"), stack.of_type("AWS::WAFv2::WebACLAssociation")


def check_acl(acl, format, cors):
    same("where it is", (acl["Scope"], acl["DefaultAction"]), ("REGIONAL", {"Allow": {}}))
    [rule] = acl["Rules"]
    for name, seen in ((STACK, acl), (f"{STACK}-RequestsOfAnAddress", rule)):
        wanted = {"CloudWatchMetricsEnabled": True, "SampledRequestsEnabled": False, "MetricName": name}
        same("whether AWS keeps samples, which have tokens in them", seen["VisibilityConfig"], wanted)
    rate = dict(rule["Statement"]["RateBasedStatement"])
    rate.pop("ScopeDownStatement")
    same("the rate", rate, {"AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": "70"})
    answer = rule["Action"]["Block"]["CustomResponse"]
    same("the status", answer["ResponseCode"], 429)
    headers = {it["Name"]: it["Value"] for it in answer["ResponseHeaders"]}
    always = {"Retry-After": "300", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=63072000", "X-Content-Type-Options": "nosniff", "Vary": "Origin"}
    same("the headers", headers, always | cors)
    holds("it has more headers than WAF takes", len(headers) <= 10)
    body = acl["CustomResponseBodies"][answer["CustomResponseBodyKey"]]
    if format == "text":
        same("the body", body, {"ContentType": "TEXT_PLAIN", "Content": "Too Many Requests"})
    else:
        said = json.loads(body["Content"])
        same("the body", (body["ContentType"], said["status"], said["code"]), ("APPLICATION_JSON", 429, "too_many_requests"))


def check_paths(source, acl):
    """Checks that it counts each POST to /api/auth/ but those of NOT_COUNTED, with and without the stage's name."""
    statement = acl["Rules"][0]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]
    for function in functions(source):
        for method, path, _ in function.routes:
            wanted = method == "post" and path.startswith("/api/auth/") and path not in NOT_COUNTED
            for sent in (path, f"/Prod{path}"):
                same(f"whether {method} {sent} is counted", counts(statement, method.upper(), sent), wanted)
            same(f"whether a preflight of {path} is counted", counts(statement, "OPTIONS", path), False)


def counts(statement, method, path):
    [(kind, it)] = statement.items()
    match kind:
        case "AndStatement":
            return all(counts(each, method, path) for each in it["Statements"])
        case "NotStatement":
            return not counts(it["Statement"], method, path)
        case "ByteMatchStatement":
            [field] = it["FieldToMatch"]
            first = {"Method": "NONE", "UriPath": "URL_DECODE"}[field]  # as API Gateway reads a path
            same(f"what is done to a {field} first", it["TextTransformations"], [{"Priority": 0, "Type": first}])
            text, searched = {"Method": method, "UriPath": path}[field], it["SearchString"]
            constraints = {"EXACTLY": text == searched, "CONTAINS": searched in text, "ENDS_WITH": text.endswith(searched)}
            return constraints[it["PositionalConstraint"]]
    raise ValueError(f"a rule with {kind}")
