"""What each function may do beside writing its own log, under several sets of parameters.

A right is (effect, action, resource, condition).
"""

import json

from stack import ACCOUNT, REGION

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
OWNER, READER, WRITER = f"{SECRET}:owner-aaaaaa", f"{SECRET}:reader-bbbbbb", f"{SECRET}:writer-cccccc"
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
    "a secret for those that read, one for the others": (
        {"DatabaseSecretArn": OWNER, "DatabaseReadSecretArn": READER},
        {
            "Signup": secret(OWNER),
            "Signin": secret(OWNER) | SIGN,
            "Token": secret(OWNER) | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": secret(READER),
            "Docs": NONE,
            "Authorizer": secret(READER),
            "Admin": secret(OWNER) | PUBLISH,
        },
    ),
    "three secrets": (
        {"DatabaseSecretArn": OWNER, "DatabaseReadSecretArn": READER, "DatabaseWriteSecretArn": WRITER},
        {
            "Signup": secret(WRITER),
            "Signin": secret(WRITER) | SIGN,
            "Token": secret(WRITER) | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": secret(READER),
            "Docs": NONE,
            "Authorizer": secret(READER),
            "Admin": secret(OWNER) | PUBLISH,
        },
    ),
    "three secrets under a key": (
        {
            "DatabaseSecretArn": OWNER,
            "DatabaseReadSecretArn": READER,
            "DatabaseWriteSecretArn": WRITER,
            "DatabaseSecretsKeyArn": KEY,
        },
        {
            "Signup": decrypted(WRITER),
            "Signin": decrypted(WRITER) | SIGN,
            "Token": decrypted(WRITER) | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": decrypted(READER),
            "Docs": NONE,
            "Authorizer": decrypted(READER),
            "Admin": decrypted(OWNER) | PUBLISH,
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
    "by IAM, three users": (
        {
            "DatabaseAuth": "iam",
            "DatabaseHost": "h",
            "DatabaseResourceId": "cluster-ABC",
            "DatabaseUser": "owner",
            "DatabaseReadUser": "reader",
            "DatabaseWriteUser": "writer",
        },
        {
            "Signup": connect("cluster-ABC", "writer"),
            "Signin": connect("cluster-ABC", "writer") | SIGN,
            "Token": connect("cluster-ABC", "writer") | SIGN,
            "Me": NONE,
            "Content": NONE,
            "Jwks": connect("cluster-ABC", "reader"),
            "Docs": NONE,
            "Authorizer": connect("cluster-ABC", "reader"),
            "Admin": connect("cluster-ABC", "owner") | PUBLISH,
        },
    ),
    # Users without iam are the parts of a login: they open nothing in IAM.
    "by password, with three users": (
        {
            "DatabaseHost": "h",
            "DatabaseResourceId": "cluster-ABC",
            "DatabaseUser": "owner",
            "DatabaseReadUser": "reader",
            "DatabaseWriteUser": "writer",
        },
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
            "DatabaseReadSecretArn": READER,
            "DatabaseWriteSecretArn": WRITER,
            "DatabaseSecretsKeyArn": KEY,
            "LegacyTokenSecretArn": LEGACY,
            "LegacyTokensUntil": UNTIL,
            "DatabaseUser": "owner",
            "DatabaseReadUser": "reader",
            "DatabaseWriteUser": "writer",
            "VpcSubnetIds": SUBNETS,
            "VpcSecurityGroupIds": GROUPS,
            "VpcId": "vpc-0123456789abcdef0",
            "Tracing": "on",
        },
        {
            "Signup": decrypted(WRITER) | NETWORK | TRACE,
            "Signin": decrypted(WRITER) | SIGN | NETWORK | TRACE,
            "Token": decrypted(WRITER) | SIGN | NETWORK | TRACE,
            "Me": TRACE,
            "Content": TRACE,
            "Jwks": decrypted(READER) | NETWORK | TRACE,
            "Docs": TRACE,
            "Authorizer": decrypted(READER) | decrypted(LEGACY) | NETWORK | TRACE,
            "Admin": decrypted(OWNER) | PUBLISH | NETWORK | TRACE,
        },
    ),
    "all at once, by IAM": (
        {
            "DatabaseAuth": "iam",
            "DatabaseHost": "h",
            "DatabaseResourceId": "prx-ABC",
            "LegacyTokenSecretArn": LEGACY,
            "LegacyTokensUntil": UNTIL,
            "DatabaseUser": "owner",
            "DatabaseReadUser": "reader",
            "DatabaseWriteUser": "writer",
            "VpcSubnetIds": SUBNETS,
            "VpcSecurityGroupIds": GROUPS,
            "Tracing": "on",
        },
        {
            "Signup": connect("prx-ABC", "writer") | NETWORK | TRACE,
            "Signin": connect("prx-ABC", "writer") | SIGN | NETWORK | TRACE,
            "Token": connect("prx-ABC", "writer") | SIGN | NETWORK | TRACE,
            "Me": TRACE,
            "Content": TRACE,
            "Jwks": connect("prx-ABC", "reader") | NETWORK | TRACE,
            "Docs": TRACE,
            "Authorizer": connect("prx-ABC", "reader") | secret(LEGACY) | NETWORK | TRACE,
            "Admin": connect("prx-ABC", "owner") | PUBLISH | NETWORK | TRACE,
        },
    ),
}
