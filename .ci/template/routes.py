"""The routes, whom each asks, and what API Gateway answers by itself."""

import json
from http import HTTPStatus

from fault import same
from stack import deployed

PUBLIC = {
    ("post", "/api/auth/signup"),
    ("post", "/api/auth/signin"),
    ("post", "/api/auth/token"),
    ("get", "/"),
    ("get", "/api/test/all"),
    ("get", "/.well-known/jwks.json"),
    ("get", "/openapi.json"),
    ("get", "/docs"),
    ("get", "/docs/page.css"),
    ("get", "/docs/start.js"),
    ("get", "/docs/swagger-ui-bundle.js"),
    ("get", "/docs/swagger-ui-bundle.js.LICENSE.txt"),
    ("get", "/docs/swagger-ui.css"),
}
AUTHORIZED = {
    ("get", "/api/auth/users/me"),
    ("get", "/api/auth/users/me/items"),
    ("get", "/api/test/user"),
    ("get", "/api/test/mod"),
    ("get", "/api/test/admin"),
    ("get", "/api/test/profile"),
}

# All that API Gateway can answer by itself: status, words, code, and the header that the answer has beside the usual.
# A status of None is API Gateway's own.
RETRY, BEARER = {"Retry-After": "'1'"}, {"WWW-Authenticate": "'Bearer'"}
ANSWERS = {
    "ACCESS_DENIED": (403, "Unauthorized.", "forbidden", {}),
    "API_CONFIGURATION_ERROR": (500, "Internal Server Error", "internal", {}),
    "AUTHORIZER_CONFIGURATION_ERROR": (503, "Service Unavailable", "unavailable", RETRY),
    "AUTHORIZER_FAILURE": (503, "Service Unavailable", "unavailable", RETRY),
    "BAD_REQUEST_BODY": (400, "Bad Request", "bad_request", {}),
    "BAD_REQUEST_PARAMETERS": (400, "Bad Request", "bad_request", {}),
    "DEFAULT_4XX": (None, "Bad Request", "bad_request", {}),
    "DEFAULT_5XX": (None, "Internal Server Error", "internal", {}),
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
    "UNAUTHORIZED": (401, "Could not validate credentials", "invalid_token", BEARER),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type", "unsupported_media_type", {}),
    "WAF_FILTERED": (403, "Forbidden", "blocked", {}),
}
ORIGIN = "'https://app.example.com'"
HEADERS = {
    "Access-Control-Allow-Origin": ORIGIN,
    "Access-Control-Allow-Credentials": "'true'",
    "Access-Control-Expose-Headers": "'Retry-After, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, x-amzn-RequestId'",
    "Cache-Control": "'no-store'",
    "X-Content-Type-Options": "'nosniff'",
}
PREFLIGHT = {
    "Access-Control-Allow-Origin": ORIGIN,
    "Access-Control-Allow-Credentials": "'true'",
    "Access-Control-Allow-Methods": "'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'",
    "Access-Control-Allow-Headers": "'authorization,content-type,accept,accept-language,x-requested-with'",
    "Access-Control-Max-Age": "'600'",
}


def check(source):
    for seconds in (17, 3600, 0):
        check_authorizer(body(source, AuthorizerCacheSeconds=seconds), seconds)
    for error_format in ("text", "json"):
        description = body(source, AllowedOrigin="https://app.example.com", ErrorFormat=error_format)
        check_routes(description)
        check_answers(description, TEMPLATES[error_format])


def body(source, **parameters):
    """The description of the API that API Gateway gets."""
    return deployed(source, **parameters).of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]


def check_routes(body):
    routes = {(method, path): operation for path, item in body["paths"].items() for method, operation in item.items()}
    preflights = {route for route in routes if route[0] == "options"}
    same("routes", set(routes) - preflights, PUBLIC | AUTHORIZED)
    same("preflights", {path for _, path in preflights}, set(body["paths"]))
    for route, operation in routes.items():
        if route in preflights:
            same(f"security of {route}", operation.get("security"), None)
            answer = operation["x-amazon-apigateway-integration"]["responses"]["default"]
            headers = {f"method.response.header.{name}": value for name, value in PREFLIGHT.items()}
            same(f"headers of {route}", answer["responseParameters"], headers)
        else:
            wanted = [{"NONE": []}] if route in PUBLIC else [{"Token": []}]
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


def check_answers(body, templates):
    answers = body["x-amazon-apigateway-gateway-responses"]
    same("kinds of answers by API Gateway", set(answers), set(ANSWERS))
    for kind, (status, words, code, header) in ANSWERS.items():
        answer = answers.get(kind, {})
        default = 500 if kind == "DEFAULT_5XX" else 400
        headers = {f"gatewayresponse.header.{name}": value for name, value in {**HEADERS, **header}.items()}
        same(f"status of {kind}", answer.get("statusCode"), str(status) if status else None)
        same(f"body of {kind}", answer.get("responseTemplates"), templates(status or default, words, code))
        same(f"headers of {kind}", answer.get("responseParameters"), headers)


def summary():
    return f"{len(PUBLIC | AUTHORIZED)} routes and {len(ANSWERS)} answers are as they should be"
