"""Checks the routes, their authorizer, and API Gateway's own answers."""

import json
from http import HTTPStatus

from fault import same
from stack import deployed, parsed

# All that API Gateway can answer by itself: status, words, code, and the header that the answer has beside the usual.
# A status of None is API Gateway's own.
RETRY = {"Retry-After": "'1'"}
REFUSED, LACKING = ({"WWW-Authenticate": f"'Bearer error=\"{error}\"'"} for error in ("invalid_token", "insufficient_scope"))
ANSWERS = {
    "ACCESS_DENIED": (403, "Unauthorized.", "forbidden", LACKING),
    "API_CONFIGURATION_ERROR": (503, "Service Unavailable", "unavailable", RETRY),
    "AUTHORIZER_CONFIGURATION_ERROR": (503, "Service Unavailable", "unavailable", RETRY),
    "AUTHORIZER_FAILURE": (503, "Service Unavailable", "unavailable", RETRY),
    "BAD_REQUEST_BODY": (400, "Bad Request", "bad_request", {}),
    "BAD_REQUEST_PARAMETERS": (400, "Bad Request", "bad_request", {}),
    "DEFAULT_4XX": (None, "Bad Request", "bad_request", {}),
    "DEFAULT_5XX": (503, "Service Unavailable", "unavailable", RETRY),
    "EXPIRED_TOKEN": (404, "Not Found", "not_found", {}),
    "INTEGRATION_FAILURE": (503, "Service Unavailable", "unavailable", RETRY),
    "INTEGRATION_TIMEOUT": (503, "Service Unavailable", "unavailable", RETRY),
    "INVALID_API_KEY": (403, "Forbidden", "blocked", {}),
    "INVALID_SIGNATURE": (404, "Not Found", "not_found", {}),
    "MISSING_AUTHENTICATION_TOKEN": (404, "Not Found", "not_found", {}),
    "QUOTA_EXCEEDED": (429, "Too Many Requests", "too_many_requests", RETRY),
    "REQUEST_TOO_LARGE": (413, "Payload Too Large", "payload_too_large", {}),
    "RESOURCE_NOT_FOUND": (404, "Not Found", "not_found", {}),
    "THROTTLED": (429, "Too Many Requests", "too_many_requests", RETRY),
    "UNAUTHORIZED": (401, "Could not validate credentials", "invalid_token", REFUSED),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type", "unsupported_media_type", {}),
    "WAF_FILTERED": (403, "Forbidden", "blocked", {}),
}
ORIGINS = ["https://app.example.com", "capacitor://localhost"]
HEADERS = {
    "Access-Control-Allow-Credentials": "'true'",
    "Access-Control-Expose-Headers": "'Retry-After, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, x-amzn-RequestId'",
    "Cache-Control": "'no-store'",
    "Strict-Transport-Security": "'max-age=63072000'",
    "Vary": "'Origin'",
    "X-Content-Type-Options": "'nosniff'",
}
PREFLIGHT = {
    "Access-Control-Allow-Origin": f"'{ORIGINS[0]}'",
    "Access-Control-Allow-Credentials": "'true'",
    "Access-Control-Allow-Methods": "'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'",
    "Access-Control-Allow-Headers": "'content-type,x-mine'",
    "Access-Control-Max-Age": "'600'",
    "Strict-Transport-Security": "'max-age=63072000'",
    "Vary": "'Origin'",
}
# Of what is below /.well-known/, which pages of any origin may read.
PUBLIC_PREFLIGHT = {name: value for name, value in PREFLIGHT.items() if name not in ("Access-Control-Allow-Credentials", "Vary")}
PUBLIC_PREFLIGHT["Access-Control-Allow-Origin"] = "'*'"
# The override occurs once: API Gateway answers 500 to a second one of the same header.
OVERRIDE = """#set($origin = $input.params("Origin"))
#if($origin == "")#set($origin = $input.params("origin"))#end
#if($origin == "https://app.example.com" || $origin == "capacitor://localhost")
#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end
{}
"""
BINARY = ["application/x-www-form-urlencoded", "multipart/form-data"]


def check(source):
    for seconds in (17, 3600, 0):
        check_authorizer(body(source, AuthorizerCacheSeconds=seconds), seconds)
    for error_format in ("text", "json"):
        answer = TEMPLATES[error_format]
        several = body(source, AllowedOrigins=",".join(ORIGINS), AllowedHeaders="content-type,x-mine", ErrorFormat=error_format)
        check_routes(several, declared(source))
        check_answers(several, answer, "method.request.header.Origin")
        check_answers(body(source, AllowedOrigins=ORIGINS[1], ErrorFormat=error_format), answer, f"'{ORIGINS[1]}'")
    waiting = body(source, DatabaseConnectSeconds="20")["x-amazon-apigateway-gateway-responses"]
    said = {name: it["responseParameters"].get("gatewayresponse.header.Retry-After") for name, it in waiting.items()}
    same("who says to wait for a database that resumes", [name for name, it in said.items() if it == "'15'"], ["AUTHORIZER_FAILURE"])
    binary = deployed(source).of_type("AWS::ApiGateway::RestApi")["Api"]["BinaryMediaTypes"]
    same("binary media types", [it.replace("~1", "/") for it in binary], BINARY)


def body(source, **parameters):
    """The description of the API that API Gateway gets."""
    return deployed(source, **parameters).of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]


def declared(source):
    """Each route, and whether anybody may call it, as the functions' events have it; a test of the local runner holds
    them equal to the table of routes."""
    resources = parsed(source)["Resources"].values()
    events = [event for it in resources for event in it.get("Properties", {}).get("Events", {}).values()]
    assert {event["Type"] for event in events} == {"Api"}, "events of other kinds"
    properties = [event["Properties"] for event in events]
    return {(it["Method"], it["Path"]): it.get("Auth", {}).get("Authorizer") == "NONE" for it in properties}


def check_routes(body, is_public):
    routes = {(method, path): operation for path, item in body["paths"].items() for method, operation in item.items()}
    preflights = {route for route in routes if route[0] == "options"}
    same("routes", set(routes) - preflights, set(is_public))
    same("preflights", {path for _, path in preflights}, set(body["paths"]))
    for route, operation in routes.items():
        if route in preflights:
            same(f"security of {route}", operation.get("security"), None)
            answer = operation["x-amazon-apigateway-integration"]["responses"]["default"]
            is_well_known = route[1].startswith("/.well-known/")
            wanted = PUBLIC_PREFLIGHT if is_well_known else PREFLIGHT
            headers = {f"method.response.header.{name}": value for name, value in wanted.items()}
            same(f"headers of {route}", answer["responseParameters"], headers)
            same(f"mapping template of {route}", answer["responseTemplates"], {"application/json": "{}\n" if is_well_known else OVERRIDE})
            declared = operation["responses"][answer["statusCode"]]["headers"]
            same(f"declared headers of {route}", set(declared), set(wanted))
        else:
            wanted = [{"NONE": []}] if is_public[route] else [{"Token": []}]
            same(f"security of {route}", operation.get("security"), wanted)


def check_authorizer(body, seconds):
    schemes = body["components"]["securitySchemes"]
    same("authorizers", set(schemes), {"Token"})
    authorizer = schemes["Token"]["x-amazon-apigateway-authorizer"]
    same("type of the authorizer", authorizer["type"], "request")
    same("what its answer is cached by", authorizer["identitySource"], "method.request.header.Authorization")
    same("how long its answer is cached", int(authorizer["authorizerResultTtlInSeconds"]), seconds)


def text(_, words, __):
    return {"text/plain": words}


def problem(status, words, code):
    """Problem details (RFC 9457), with the title of RFC 9110."""
    title = {413: "Content Too Large"}.get(status) or HTTPStatus(status).phrase
    members = {"type": "about:blank", "title": title, "status": status, "detail": words, "code": code}
    return {"application/problem+json": json.dumps(members, separators=(",", ":"))}


# The templates of an answer, by ErrorFormat.
TEMPLATES = {"text": text, "json": problem}


def check_answers(body, templates, origin):
    answers = body["x-amazon-apigateway-gateway-responses"]
    same("kinds of answers by API Gateway", set(answers), set(ANSWERS))
    for kind, (status, words, code, header) in ANSWERS.items():
        answer = answers.get(kind, {})
        headers = {"Access-Control-Allow-Origin": origin, **HEADERS, **header}
        headers = {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
        same(f"status of {kind}", answer.get("statusCode"), str(status) if status else None)
        same(f"body of {kind}", answer.get("responseTemplates"), templates(status or 400, words, code))
        same(f"headers of {kind}", answer.get("responseParameters"), headers)


def summary(source):
    return f"{len(declared(source))} routes and {len(ANSWERS)} answers are as they should be"
