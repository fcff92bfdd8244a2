"""Checks that each function has the rights that the matrix lists for its class of work, and no others."""

import json

import own
from declared import functions, logins
from fault import holds, same
from matrix import MATRIX, UNBOUNDED, allow, rights
from names import pascal
from stack import ACCOUNT, REGION, deployed


def many(value):
    return value if isinstance(value, list) else [value]


def of_document(document):
    """All rights of a policy, one for each action and resource."""
    for statement in many(document["Statement"]):
        condition = json.dumps(statement.get("Condition", {}), sort_keys=True)
        unknown = set(statement) - {"Effect", "Action", "Resource", "Condition"}
        same("a statement's other words", unknown, set())  # NotAction, NotResource, Principal
        for action in many(statement["Action"]):
            for resource in many(statement["Resource"]):
                yield (statement["Effect"], action, resource, condition)


def trust(service):
    return [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]


# All kinds of things that the template may make: another could give rights of its own, as a function's URL does.
KINDS = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::VPCEndpoint",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::Route53::RecordSet",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::EmailIdentity",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
}


def check(source):
    same("kinds of resources", {it["Type"] for it in deployed(source).template["Resources"].values()}, KINDS)
    works = {it.work for it in functions(source)}
    for name, (parameters, given) in MATRIX.items():
        stack = deployed(source, **parameters)
        same("roles", set(stack.of_type("AWS::IAM::Role")), {role(work) for work in works} | {"ApiGatewayRole"} | own.roles(source))
        for work in works:
            check_role(name, stack, work, rights(work, given, logins(source)))
    for function in functions(source):
        properties = deployed(source).of_type("AWS::Lambda::Function")[function.logical_id]
        same(f"role of {function.crate}", properties["Role"], f"<{role(function.work)}.Arn>")
    check_settings(source)
    check_other_roles(source)


def role(work):
    return f"{pascal(work)}Role"


def check_role(name, stack, work, wanted):
    it = stack.of_type("AWS::IAM::Role")[role(work)]
    same(f"who takes the role of {work}", it["AssumeRolePolicyDocument"]["Statement"], trust("lambda.amazonaws.com"))
    same(f"policies from elsewhere of {work}", it.get("ManagedPolicyArns"), None)
    found = [right for policy in it["Policies"] for right in of_document(policy["PolicyDocument"])]
    group = "AdminLogGroup" if work == "admin" else "FunctionsLogGroup"
    log = {allow(f"logs:{action}", f"<{group}.Arn>") for action in ("CreateLogStream", "PutLogEvents")}
    same(f"{name}: rights of {work}", set(found), wanted | log)
    holds(f"{name}: {work} has a right twice", len(found) == len(set(found)))
    holds(f"{name}: {work} has an empty policy", all(policy["PolicyDocument"]["Statement"] for policy in it["Policies"]))
    for effect, action, resource, _ in found:
        holds(f'{name}: {work} may {action} on "*", for no reason that is named', resource != "*" or action in UNBOUNDED)
        holds(f"{name}: {work} may {action}, which is more than one thing", "*" not in action or effect == "Deny")


# A setting, and the classes of work whose rights it asks for: a function of another class couldn't use it, and one of
# these without it would have rights for nothing.
OF_CLASSES = {
    "SIGNING_KEY_ARN": {"admin", "refresh", "signin", "token"},
    "LEGACY_TOKEN_SECRET_ARN": {"authorizer"},
    "INTROSPECTION_SECRET": {"introspect"},
    "INTROSPECTION_SECRET_ARN": {"introspect"},
    "DATABASE_LOGIN_SECRET_ARNS": {"admin"},
    "ONE_TIME_KEY_ARN": {"mailer", "reset_password", "verify"},
    "SMTP_SECRET_ARN": {"mailer"},
    "MAILER_FUNCTION": {"change_email", "mail_request", "signup"},
    "MAIL_CONFIGURATION_SET": {"mailer"},
}


def check_settings(source):
    for setting, works in OF_CLASSES.items():
        for function in functions(source):
            same(f"whether {function.crate} has {setting}", setting in function.settings, function.work in works)


def check_other_roles(source):
    gateway = deployed(source).of_type("AWS::IAM::Role")["ApiGatewayRole"]
    same("who takes the role of API Gateway", gateway["AssumeRolePolicyDocument"]["Statement"], trust("apigateway.amazonaws.com"))
    aws_own = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    same("policies of API Gateway", gateway["ManagedPolicyArns"], [aws_own])
    same("other policies of API Gateway", gateway.get("Policies"), None)
    same("roles where the region has one for API Gateway", "ApiGatewayRole" in deployed(source, ApiGatewayLogRole="exists").resources, False)
    for name, permission in deployed(source, MailSender="accounts@example.com").of_type("AWS::Lambda::Permission").items():
        same(f"what {name} allows", permission["Action"], "lambda:InvokeFunction")
        if name == "MailClockPermission":
            by_clock = ("events.amazonaws.com", "<MailClock.Arn>", "<MailerFunction>")
            same("who calls the mailer", (permission["Principal"], permission["SourceArn"], permission["FunctionName"]), by_clock)
            continue
        same(f"who calls by {name}", permission["Principal"], "apigateway.amazonaws.com")
        holds(f"{name} is for any API", permission.get("SourceArn", "").startswith(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:<Api>/"))
        holds(f"{name} opens the mailer", permission["FunctionName"] != "<MailerFunction>")


def summary(source):
    return f"the rights of {len(functions(source))} functions under {len(MATRIX)} sets of parameters"
