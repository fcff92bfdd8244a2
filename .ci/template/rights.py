"""That each function may do what the matrix says, and nothing else."""

import json

from fault import holds, same
from matrix import MATRIX, UNBOUNDED, allow
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
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::Route53::RecordSet",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::WAFv2::WebACLAssociation",
}


def check(source):
    same("kinds of resources", {it["Type"] for it in deployed(source).template["Resources"].values()}, KINDS)
    for name, (parameters, wanted) in MATRIX.items():
        check_functions(name, deployed(source, **parameters), wanted)
    check_other_roles(source)


def check_functions(name, stack, wanted):
    functions = stack.of_type("AWS::Lambda::Function")
    roles = stack.of_type("AWS::IAM::Role")
    same("functions", set(functions), {f"{function}Function" for function in wanted})
    same("roles", set(roles), {f"{function}Role" for function in wanted} | {"ApiGatewayRole"})
    for function, rights in wanted.items():
        role = roles[f"{function}Role"]
        same(f"role of {function}", functions[f"{function}Function"]["Role"], f"<{function}Role.Arn>")
        same(f"who takes the role of {function}", role["AssumeRolePolicyDocument"]["Statement"], trust("lambda.amazonaws.com"))
        same(f"policies from elsewhere of {function}", role.get("ManagedPolicyArns"), None)
        found = [right for policy in role["Policies"] for right in of_document(policy["PolicyDocument"])]
        log = {allow(f"logs:{action}", f"<{function}LogGroup.Arn>") for action in ("CreateLogStream", "PutLogEvents")}
        same(f"{name}: rights of {function}", set(found), rights | log)
        holds(f"{name}: {function} has a policy twice", len(found) == len(set(found)))
        holds(f"{name}: {function} has an empty policy", all(it["PolicyDocument"]["Statement"] for it in role["Policies"]))
        for effect, action, resource, _ in found:
            holds(f'{name}: {function} may {action} on "*", for no reason that is named', resource != "*" or action in UNBOUNDED)
            holds(f"{name}: {function} may {action}, which is more than one thing", "*" not in action or effect == "Deny")


def check_other_roles(source):
    gateway = deployed(source).of_type("AWS::IAM::Role")["ApiGatewayRole"]
    same("who takes the role of API Gateway", gateway["AssumeRolePolicyDocument"]["Statement"], trust("apigateway.amazonaws.com"))
    aws_own = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    same("policies of API Gateway", gateway["ManagedPolicyArns"], [aws_own])
    same("other policies of API Gateway", gateway.get("Policies"), None)
    same("roles where the region has one for API Gateway", "ApiGatewayRole" in deployed(source, ApiGatewayLogRole="exists").resources, False)
    for name, permission in deployed(source).of_type("AWS::Lambda::Permission").items():
        same(f"who calls by {name}", permission["Principal"], "apigateway.amazonaws.com")
        same(f"what {name} allows", permission["Action"], "lambda:InvokeFunction")
        holds(f"{name} is for any API", permission["SourceArn"].startswith(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:<Api>/"))


def summary():
    return f"the rights of {len(MATRIX['by URL'][1])} functions under {len(MATRIX)} sets of parameters"
