"""What each function may do beside writing its own log, under several sets of parameters.

This is its reach in AWS; what its login may do in SQL is in docs/develop/architecture.md, held by shared/src/db.rs.

A right is (effect, action, resource, condition).
"""

import json

from stack import ACCOUNT, REGION

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
OWNER = f"{SECRET}:owner-aaaaaa"
LEGACY, UNTIL = f"{SECRET}:legacy-dddddd", "2027-01-31T00:00:00Z"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123"
EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
SUBNETS, GROUPS = "subnet-0123456789abcdef0,subnet-0123456789abcdef1", "sg-0123456789abcdef0,sg-0123456789abcdef1"


def allow(action, resource, **condition):
    return ("Allow", action, resource, json.dumps(condition, sort_keys=True))


def equal(**keys):
    return {"StringEquals": {name.replace("__", ":"): value for name, value in keys.items()}}


def key(labels):
    """The signing key's versions that have these labels."""
    return {allow("secretsmanager:GetSecretValue", "<SigningKey>", **equal(secretsmanager__VersionStage=labels))}


SIGN = key("AWSCURRENT")
PUBLISH = key(["AWSCURRENT", "AWSPENDING"])


def secret(arn):
    return {allow("secretsmanager:GetSecretValue", arn)}


def decrypted(arn):
    """A secret that a key of the operator's own encrypts."""
    by = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com", "kms:EncryptionContext:SecretARN": arn}
    return secret(arn) | {allow("kms:Decrypt", KEY, StringEquals=by)}


def connect(database, user):
    return {allow("rds-db:connect", f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:{database}/{user}")}


NETWORK = {
    allow("ec2:CreateNetworkInterface", f"{EC2}:subnet/*", **equal(ec2__SubnetID=SUBNETS.split(","))),
    allow("ec2:CreateNetworkInterface", f"{EC2}:security-group/*", **equal(ec2__SecurityGroupID=GROUPS.split(","))),
    allow("ec2:CreateNetworkInterface", f"{EC2}:network-interface/*"),
    allow("ec2:DeleteNetworkInterface", f"{EC2}:network-interface/*"),
    allow("ec2:AssignPrivateIpAddresses", f"{EC2}:network-interface/*"),
    allow("ec2:UnassignPrivateIpAddresses", f"{EC2}:network-interface/*"),
    allow("ec2:DescribeNetworkInterfaces", "*"),
    allow("ec2:DescribeSubnets", "*"),
    ("Deny", "ec2:*", "*", json.dumps({"Null": {"lambda:SourceFunctionArn": "false"}})),
}
HOST = {"DatabaseHost": "h", "DatabaseName": "n"}
SEPARATE = HOST | {"DatabaseLogins": "separate"}
# Each class of work has a login; admin gives them their passwords.
LOGINS = secret("<AuthorizerLogin>") | secret("<JwksLogin>") | secret("<SigninLogin>") | secret("<SignupLogin>")
TRACE = {allow("xray:PutTraceSegments", "*"), allow("xray:PutTelemetryRecords", "*")}
NONE = set()

# Where "*" is the resource, and why.
UNBOUNDED = {
    "ec2:DescribeNetworkInterfaces": "AWS has nothing narrower: it lists",
    "ec2:DescribeSubnets": "AWS has nothing narrower: it lists",
    "ec2:*": "it denies",
    "xray:PutTraceSegments": "X-Ray has no resources to name",
    "xray:PutTelemetryRecords": "X-Ray has no resources to name",
}

# What each function may do beside writing its own log.
MATRIX = {
    "by URL": (
        {"DatabaseUrl": "postgres://u:p@h/n"},
        {
            "Signup": NONE,
            "Signin": SIGN,
            "Token": SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": NONE,
            "Docs": NONE,
            "Authorizer": NONE,
            "Admin": PUBLISH,
        },
    ),
    "one secret": (
        {"DatabaseSecretArn": OWNER},
        {
            "Signup": secret(OWNER),
            "Signin": secret(OWNER) | SIGN,
            "Token": secret(OWNER) | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": secret(OWNER),
            "Docs": NONE,
            "Authorizer": secret(OWNER),
            "Admin": secret(OWNER) | PUBLISH,
        },
    ),
    "with logins prepared": (
        HOST | {"DatabaseSecretArn": OWNER, "DatabaseLogins": "prepared"},
        {
            "Signup": secret(OWNER),
            "Signin": secret(OWNER) | SIGN,
            "Token": secret(OWNER) | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": secret(OWNER),
            "Docs": NONE,
            "Authorizer": secret(OWNER),
            "Admin": secret(OWNER) | LOGINS | PUBLISH,
        },
    ),
    "with logins of their own": (
        SEPARATE | {"DatabaseSecretArn": OWNER},
        {
            "Signup": secret("<SignupLogin>"),
            "Signin": secret("<SigninLogin>") | SIGN,
            "Token": secret("<SigninLogin>") | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": secret("<JwksLogin>"),
            "Docs": NONE,
            "Authorizer": secret("<AuthorizerLogin>"),
            "Admin": secret(OWNER) | LOGINS | PUBLISH,
        },
    ),
    "with logins of their own, the owner's under a key": (
        SEPARATE | {"DatabaseSecretArn": OWNER, "DatabaseSecretsKeyArn": KEY},
        {
            "Signup": secret("<SignupLogin>"),
            "Signin": secret("<SigninLogin>") | SIGN,
            "Token": secret("<SigninLogin>") | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": secret("<JwksLogin>"),
            "Docs": NONE,
            "Authorizer": secret("<AuthorizerLogin>"),
            "Admin": decrypted(OWNER) | LOGINS | PUBLISH,
        },
    ),
    "by IAM, one user": (
        {"DatabaseAuth": "iam", "DatabaseHost": "h", "DatabaseResourceId": "db-ABC", "DatabaseUser": "owner"},
        {
            "Signup": connect("db-ABC", "owner"),
            "Signin": connect("db-ABC", "owner") | SIGN,
            "Token": connect("db-ABC", "owner") | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": connect("db-ABC", "owner"),
            "Docs": NONE,
            "Authorizer": connect("db-ABC", "owner"),
            "Admin": connect("db-ABC", "owner") | PUBLISH,
        },
    ),
    "by IAM, with logins of their own": (
        SEPARATE | {"DatabaseAuth": "iam", "DatabaseResourceId": "cluster-ABC", "DatabaseUser": "owner"},
        {
            "Signup": connect("cluster-ABC", "latchkey_signup_iam"),
            "Signin": connect("cluster-ABC", "latchkey_signin_iam") | SIGN,
            "Token": connect("cluster-ABC", "latchkey_signin_iam") | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": connect("cluster-ABC", "latchkey_jwks_iam"),
            "Docs": NONE,
            "Authorizer": connect("cluster-ABC", "latchkey_authorizer_iam"),
            "Admin": connect("cluster-ABC", "owner") | PUBLISH,
        },
    ),
    # A user without iam is a part of a login: it opens nothing in IAM.
    "in parts": (
        HOST | {"DatabaseResourceId": "cluster-ABC", "DatabaseUser": "owner"},
        {
            "Signup": NONE,
            "Signin": SIGN,
            "Token": SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": NONE,
            "Docs": NONE,
            "Authorizer": NONE,
            "Admin": PUBLISH,
        },
    ),
    "in a VPC": (
        {"DatabaseSecretArn": OWNER, "VpcSubnetIds": SUBNETS, "VpcSecurityGroupIds": GROUPS},
        {
            "Signup": secret(OWNER) | NETWORK,
            "Signin": secret(OWNER) | SIGN | NETWORK,
            "Token": secret(OWNER) | SIGN | NETWORK,
            "Me": NONE,
            "Content": NONE,
            "Jwks": secret(OWNER) | NETWORK,
            "Docs": NONE,
            "Authorizer": secret(OWNER) | NETWORK,
            "Admin": secret(OWNER) | PUBLISH | NETWORK,
        },
    ),
    "with the app's tokens, by value": (
        {"DatabaseSecretArn": OWNER, "LegacyTokenSecret": "s", "LegacyTokensUntil": UNTIL},
        {
            "Signup": secret(OWNER),
            "Signin": secret(OWNER) | SIGN,
            "Token": secret(OWNER) | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": secret(OWNER),
            "Docs": NONE,
            "Authorizer": secret(OWNER),
            "Admin": secret(OWNER) | PUBLISH,
        },
    ),
    "with the app's tokens, by ARN": (
        {"DatabaseUrl": "postgres://u:p@h/n", "LegacyTokenSecretArn": LEGACY, "LegacyTokensUntil": UNTIL},
        {
            "Signup": NONE,
            "Signin": SIGN,
            "Token": SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": NONE,
            "Docs": NONE,
            "Authorizer": secret(LEGACY),
            "Admin": PUBLISH,
        },
    ),
    "traced": (
        {"DatabaseSecretArn": OWNER, "Tracing": "on"},
        {
            "Signup": secret(OWNER) | TRACE,
            "Signin": secret(OWNER) | SIGN | TRACE,
            "Token": secret(OWNER) | SIGN | TRACE,
            "Me": TRACE,
            "Content": TRACE,
            "Jwks": secret(OWNER) | TRACE,
            "Docs": TRACE,
            "Authorizer": secret(OWNER) | TRACE,
            "Admin": secret(OWNER) | PUBLISH | TRACE,
        },
    ),
    "all at once": (
        {
            "DatabaseSecretArn": OWNER,
            **SEPARATE,
            "DatabaseSecretsKeyArn": KEY,
            "LegacyTokenSecretArn": LEGACY,
            "LegacyTokensUntil": UNTIL,
            "DatabaseUser": "owner",
            "VpcSubnetIds": SUBNETS,
            "VpcSecurityGroupIds": GROUPS,
            "VpcId": "vpc-0123456789abcdef0",
            "Tracing": "on",
        },
        {
            "Signup": secret("<SignupLogin>") | NETWORK | TRACE,
            "Signin": secret("<SigninLogin>") | SIGN | NETWORK | TRACE,
            "Token": secret("<SigninLogin>") | SIGN | NETWORK | TRACE,
            "Me": TRACE,
            "Content": TRACE,
            "Jwks": secret("<JwksLogin>") | NETWORK | TRACE,
            "Docs": TRACE,
            "Authorizer": secret("<AuthorizerLogin>") | decrypted(LEGACY) | NETWORK | TRACE,
            "Admin": decrypted(OWNER) | LOGINS | PUBLISH | NETWORK | TRACE,
        },
    ),
    "all at once, by IAM": (
        {
            "DatabaseAuth": "iam",
            **SEPARATE,
            "DatabaseResourceId": "prx-ABC",
            "LegacyTokenSecretArn": LEGACY,
            "LegacyTokensUntil": UNTIL,
            "DatabaseUser": "owner",
            "VpcSubnetIds": SUBNETS,
            "VpcSecurityGroupIds": GROUPS,
            "Tracing": "on",
        },
        {
            "Signup": connect("prx-ABC", "latchkey_signup_iam") | NETWORK | TRACE,
            "Signin": connect("prx-ABC", "latchkey_signin_iam") | SIGN | NETWORK | TRACE,
            "Token": connect("prx-ABC", "latchkey_signin_iam") | SIGN | NETWORK | TRACE,
            "Me": TRACE,
            "Content": TRACE,
            "Jwks": connect("prx-ABC", "latchkey_jwks_iam") | NETWORK | TRACE,
            "Docs": TRACE,
            "Authorizer": connect("prx-ABC", "latchkey_authorizer_iam") | secret(LEGACY) | NETWORK | TRACE,
            "Admin": connect("prx-ABC", "owner") | PUBLISH | NETWORK | TRACE,
        },
    ),
}
