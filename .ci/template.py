"""Transforms template.yaml as AWS does at a deployment, and checks what API Gateway and IAM would get.

Usage: python template.py <template.yaml> <transformed.json>
with the Python of aws-sam-cli, whose translator is the one that AWS runs. Needs no account.
"""

import json
import logging
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator asks for one

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

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

# What a function may do beside writing its log.
KEY, DATABASE = "ReadSigningKey", "ReadDatabaseSecret where HasDatabaseSecret"
RIGHTS = {
    "SignupFunction": {DATABASE},
    "SigninFunction": {DATABASE, KEY},
    "TokenFunction": {DATABASE, KEY},
    "MeFunction": set(),
    "ContentFunction": set(),
    "JwksFunction": {DATABASE},
    "DocsFunction": set(),
    "AuthorizerFunction": {DATABASE},
    "AdminFunction": {DATABASE, KEY},
}
POLICIES = {"ReadSigningKey": "SigningKey", "ReadDatabaseSecret": "DatabaseSecretArn"}
HASHING = {"SignupFunction", "SigninFunction", "TokenFunction"}

# All that API Gateway can answer by itself: status, words, and the header that the answer has beside the usual.
# A status of None is API Gateway's own.
RETRY, BEARER = {"Retry-After": "'1'"}, {"WWW-Authenticate": "'Bearer'"}
ANSWERS = {
    "ACCESS_DENIED": (403, "Unauthorized.", {}),
    "API_CONFIGURATION_ERROR": (500, "Internal Server Error", {}),
    "AUTHORIZER_CONFIGURATION_ERROR": (503, "Service Unavailable", RETRY),
    "AUTHORIZER_FAILURE": (503, "Service Unavailable", RETRY),
    "BAD_REQUEST_BODY": (400, "Bad Request", {}),
    "BAD_REQUEST_PARAMETERS": (400, "Bad Request", {}),
    "DEFAULT_4XX": (None, "Bad Request", {}),
    "DEFAULT_5XX": (None, "Internal Server Error", {}),
    "EXPIRED_TOKEN": (404, "Not Found", {}),
    "INTEGRATION_FAILURE": (503, "Service Unavailable", RETRY),
    "INTEGRATION_TIMEOUT": (503, "Service Unavailable", RETRY),
    "INVALID_API_KEY": (403, "Forbidden", {}),
    "INVALID_SIGNATURE": (404, "Not Found", {}),
    "MISSING_AUTHENTICATION_TOKEN": (404, "Not Found", {}),
    "QUOTA_EXCEEDED": (429, "Too Many Requests", RETRY),
    "REQUEST_TOO_LARGE": (413, "Payload Too Large", {}),
    "RESOURCE_NOT_FOUND": (404, "Not Found", {}),
    "THROTTLED": (429, "Too Many Requests", RETRY),
    "UNAUTHORIZED": (401, "Could not validate credentials", BEARER),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type", {}),
    "WAF_FILTERED": (403, "Forbidden", {}),
}
ORIGIN = {"Fn::Sub": "'${AllowedOrigin}'"}
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

faults = []


def same(what, found, wanted):
    """Remembers a fault where the two differ."""
    if found != wanted:
        faults.append(f"{what}: found {found}, wanted {wanted}")


class NoManagedPolicies:
    """The translator asks AWS for the ARNs of policies that a template names without one; ours names none."""

    def load(self):
        return {}


def transformed(path, **parameters):
    """The CloudFormation template that AWS makes of the SAM template."""
    with open(path) as file:
        template = yaml_parse(file.read())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"  # as `sam package` leaves it
    return transform(template, parameters, NoManagedPolicies())


def of_type(template, kind):
    resources = template["Resources"].items()
    return {name: resource["Properties"] for name, resource in resources if resource["Type"] == kind}


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
    wanted = {"Fn::If": ["AuthorizerCacheIsOff", 0, seconds]}
    same("how long its answer is cached", authorizer["authorizerResultTtlInSeconds"], wanted)


def check_answers(body):
    answers = body["x-amazon-apigateway-gateway-responses"]
    same("kinds of answers by API Gateway", set(answers), set(ANSWERS))
    for kind, (status, words, header) in ANSWERS.items():
        answer = answers.get(kind, {})
        headers = {f"gatewayresponse.header.{name}": value for name, value in {**HEADERS, **header}.items()}
        same(f"status of {kind}", answer.get("statusCode"), str(status) if status else None)
        same(f"words of {kind}", answer.get("responseTemplates"), {"text/plain": words})
        same(f"headers of {kind}", answer.get("responseParameters"), headers)


def right(policy):
    """A role's policy in the words of RIGHTS."""
    if isinstance(policy, dict) and "Fn::If" in policy:
        condition, then, otherwise = policy["Fn::If"]
        return f"{right(then)} where {condition}" if otherwise == {"Ref": "AWS::NoValue"} else str(policy)
    return policy["Ref"] if isinstance(policy, dict) and "Ref" in policy else str(policy)


def check_rights(template):
    log = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    functions = of_type(template, "AWS::Lambda::Function")
    roles = of_type(template, "AWS::IAM::Role")
    same("functions", set(functions), set(RIGHTS))
    same("roles", set(roles), {f"{function}Role" for function in RIGHTS})
    for function, rights in RIGHTS.items():
        role = roles.get(f"{function}Role", {})
        same(f"role of {function}", functions[function]["Role"], {"Fn::GetAtt": [f"{function}Role", "Arn"]})
        same(f"rights of {function}", {right(policy) for policy in role.get("ManagedPolicyArns", [])}, rights | {log})
        same(f"other rights of {function}", role.get("Policies"), None)
    policies = of_type(template, "AWS::IAM::ManagedPolicy")
    same("policies", set(policies), set(POLICIES))
    for name, secret in POLICIES.items():
        wanted = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": secret}}
        same(f"what {name} allows", policies[name]["PolicyDocument"]["Statement"], [wanted])


def check_functions(template):
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        same(f"runtime of {name}", (function["Runtime"], function["Handler"]), ("provided.al2023", "bootstrap"))
        same(f"memory of {name}", function["MemorySize"], 1769 if name in HASHING else 256)
        same(f"timeout of {name}", function["Timeout"], {"AdminFunction": 900}.get(name, 29 if name in HASHING else 10))
        same(f"processor of {name}", function["Architectures"], [{"Ref": "Architecture"}])


def check_key(template):
    key = template["Resources"]["SigningKey"]
    same("the key when the stack is deleted", key["DeletionPolicy"], "Retain")
    same("the key when it is replaced", key["UpdateReplacePolicy"], "Retain")
    secret = key["Properties"]["GenerateSecretString"]
    letters = set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(secret["ExcludeCharacters"])
    same("the key's characters", letters, set("0123456789abcdef"))
    same("the key's length", secret["PasswordLength"], 64)


def main(source, target):
    logging.disable(logging.WARNING)
    for seconds in (17, 3600):
        check_authorizer(transformed(source, AuthorizerCacheSeconds=seconds)["Resources"]["Api"]["Properties"]["Body"], seconds)
    template = transformed(source)
    body = of_type(template, "AWS::ApiGateway::RestApi")["Api"]["Body"]
    stages = [stage["StageName"] for stage in of_type(template, "AWS::ApiGateway::Stage").values()]
    same("stages", stages, ["Prod"])
    check_routes(body)
    check_answers(body)
    check_rights(template)
    check_functions(template)
    check_key(template)
    with open(target, "w") as file:
        json.dump(template, file, indent=1)
    for fault in faults:
        print(f"template: {fault}", file=sys.stderr)
    if not faults:
        print(f"template: {len(PUBLIC | AUTHORIZED)} routes, {len(ANSWERS)} answers and {len(RIGHTS)} roles are as they should be")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
