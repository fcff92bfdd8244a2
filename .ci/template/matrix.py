"""What each class of work may do beside writing its log, under several sets of parameters.

This is its reach in AWS; what its login may do in SQL is in docs/operate/functions.md.

A right is (effect, action, resource, condition).
"""

import json

from names import pascal
from stack import ACCOUNT, REGION, STACK

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
OWNER = f"{SECRET}:owner-aaaaaa"
INTROSPECTION = f"{SECRET}:introspection-eeeeee"
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


# Mail: the domain and the address, since an address may be an identity of its own.
SENDER, SMTP = "accounts@example.com", f"{SECRET}:smtp-ffffff"
MAIL = {"MailSender": SENDER, "MailLinkUrl": "https://app.example.com"}
SES = {
    allow("ses:SendEmail", f"arn:aws:ses:{REGION}:{ACCOUNT}:{it}", **equal(ses__FromAddress=SENDER))
    for it in ("identity/example.com", f"identity/{SENDER}", f"configuration-set/{STACK}")
}
ONE_TIME_KEY = {allow("secretsmanager:GetSecretValue", "<OneTimeKey>", **equal(secretsmanager__VersionStage="AWSCURRENT"))}
NUDGE = {allow("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-mailer")}


# What mail by SES gives.
SENDING = {
    "mailer": SES | ONE_TIME_KEY,
    **dict.fromkeys(("reset_password", "verify"), ONE_TIME_KEY),
    **dict.fromkeys(("change_email", "mail_request", "signup"), NUDGE),
}


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

# What some classes may do whatever the parameters are.
ALWAYS = {"admin": PUBLISH, "refresh": SIGN, "signin": SIGN, "token": SIGN}


def own(work):
    """The secret of the class's own login."""
    return secret(f"<{pascal(work)}Login>")


def connect_as_itself(database):
    return lambda work: connect(database, f"latchkey_{work}_iam")


# Parameters, and what they give: a class by its name; "login", each class with a login of its own; "database", those
# and admin; "every", all. What depends on the class's name is a function of it. `reads_logins`: whether admin reads
# the secrets of all logins, to give them their passwords.
MATRIX = {
    "by URL": ({"DatabaseUrl": "postgres://u:p@h/n"}, {}),
    "one secret": ({"DatabaseSecretArn": OWNER}, {"database": secret(OWNER)}),
    "one secret, under a key": ({"DatabaseSecretArn": OWNER, "DatabaseSecretsKeyArn": KEY}, {"database": decrypted(OWNER)}),
    "with logins prepared": (
        HOST | {"DatabaseSecretArn": OWNER, "DatabaseLogins": "prepared"},
        {"database": secret(OWNER), "reads_logins": True},
    ),
    "with logins of their own": (
        SEPARATE | {"DatabaseSecretArn": OWNER},
        {"login": own, "admin": secret(OWNER), "reads_logins": True},
    ),
    "with logins of their own, the owner's under a key": (
        SEPARATE | {"DatabaseSecretArn": OWNER, "DatabaseSecretsKeyArn": KEY},
        {"login": own, "admin": decrypted(OWNER), "reads_logins": True},
    ),
    "by IAM, one user": (
        {"DatabaseAuth": "iam", "DatabaseHost": "h", "DatabaseResourceId": "db-ABC", "DatabaseUser": "owner"},
        {"database": connect("db-ABC", "owner")},
    ),
    "by IAM, with logins of their own": (
        SEPARATE | {"DatabaseAuth": "iam", "DatabaseResourceId": "cluster-ABC", "DatabaseUser": "owner"},
        {"login": connect_as_itself("cluster-ABC"), "admin": connect("cluster-ABC", "owner")},
    ),
    # A user without iam is a part of a login: it opens nothing in IAM.
    "in parts": (HOST | {"DatabaseResourceId": "cluster-ABC", "DatabaseUser": "owner"}, {}),
    "in a VPC": (
        {"DatabaseSecretArn": OWNER, "VpcSubnetIds": SUBNETS, "VpcSecurityGroupIds": GROUPS},
        {"database": secret(OWNER) | NETWORK},
    ),
    "with the legacy app's tokens, by value": (
        {"DatabaseSecretArn": OWNER, "LegacyTokenSecret": "s", "LegacyTokensUntil": UNTIL},
        {"database": secret(OWNER)},
    ),
    "with the legacy app's tokens, by ARN": (
        {"DatabaseUrl": "postgres://u:p@h/n", "LegacyTokenSecretArn": LEGACY, "LegacyTokensUntil": UNTIL},
        {"authorizer": secret(LEGACY)},
    ),
    "with introspection, by value": (
        {"DatabaseSecretArn": OWNER, "IntrospectionSecret": "s" * 32},
        {"database": secret(OWNER)},
    ),
    "with introspection, by ARN": (
        {"DatabaseUrl": "postgres://u:p@h/n", "IntrospectionSecretArn": INTROSPECTION},
        {"introspect": secret(INTROSPECTION)},
    ),
    "with mail, by SES": (
        {"DatabaseSecretArn": OWNER, **MAIL},
        {"database": secret(OWNER), **SENDING},
    ),
    "with mail, by SMTP, without a nudge": (
        {"DatabaseSecretArn": OWNER, **MAIL, "MailTransport": "smtp", "SmtpSecretArn": SMTP, "MailNudge": "off"},
        {
            "database": secret(OWNER),
            "mailer": secret(SMTP) | ONE_TIME_KEY,
            **dict.fromkeys(("reset_password", "verify"), ONE_TIME_KEY),
        },
    ),
    "with mail, by SMTP, under a key": (
        {"DatabaseUrl": "postgres://u:p@h/n", **MAIL, "MailTransport": "smtp", "SmtpSecretArn": SMTP, "DatabaseSecretsKeyArn": KEY},
        {**SENDING, "mailer": decrypted(SMTP) | ONE_TIME_KEY},
    ),
    # By SES, the secret of a server isn't read.
    "with mail, by SES, beside a server's secret": (
        {"DatabaseUrl": "postgres://u:p@h/n", **MAIL, "SmtpSecretArn": SMTP, "DatabaseSecretsKeyArn": KEY},
        SENDING,
    ),
    # Without a sender, mail is off.
    "with a way out for no mails": (
        {"DatabaseSecretArn": OWNER, "MailTransport": "smtp", "SmtpSecretArn": SMTP, "DatabaseSecretsKeyArn": KEY},
        {"database": decrypted(OWNER)},
    ),
    "traced": ({"DatabaseSecretArn": OWNER, "Tracing": "on"}, {"database": secret(OWNER), "every": TRACE}),
    "all at once": (
        {
            "DatabaseSecretArn": OWNER,
            **SEPARATE,
            "DatabaseSecretsKeyArn": KEY,
            "LegacyTokenSecretArn": LEGACY,
            "LegacyTokensUntil": UNTIL,
            "IntrospectionSecretArn": INTROSPECTION,
            "DatabaseUser": "owner",
            "VpcSubnetIds": SUBNETS,
            "VpcSecurityGroupIds": GROUPS,
            "VpcId": "vpc-0123456789abcdef0",
            "Tracing": "on",
            # The network leads to no service of AWS but by an endpoint, and to an SMTP server.
            **MAIL,
            "MailTransport": "smtp",
            "SmtpSecretArn": SMTP,
            "MailNudge": "off",
        },
        {
            "login": own,
            "mailer": decrypted(SMTP) | ONE_TIME_KEY,
            **dict.fromkeys(("reset_password", "verify"), ONE_TIME_KEY),
            "authorizer": decrypted(LEGACY),
            "introspect": decrypted(INTROSPECTION),
            "admin": decrypted(OWNER),
            "reads_logins": True,
            "database": NETWORK,
            "every": TRACE,
        },
    ),
    "all at once, by IAM": (
        {
            "DatabaseAuth": "iam",
            **SEPARATE,
            "DatabaseResourceId": "prx-ABC",
            "LegacyTokenSecretArn": LEGACY,
            "LegacyTokensUntil": UNTIL,
            "IntrospectionSecretArn": INTROSPECTION,
            "DatabaseUser": "owner",
            "VpcSubnetIds": SUBNETS,
            "VpcSecurityGroupIds": GROUPS,
            "Tracing": "on",
            **MAIL,
        },
        {
            "login": connect_as_itself("prx-ABC"),
            **SENDING,
            "authorizer": secret(LEGACY),
            "introspect": secret(INTROSPECTION),
            "admin": connect("prx-ABC", "owner"),
            "database": NETWORK,
            "every": TRACE,
        },
    ),
}


def rights(work, given, logins):
    """The rights of a class under these parameters; `logins` are the classes with their own login."""
    groups = [work, "every"] + ["login"] * (work in logins) + ["database"] * (work != "plain")
    found = set(ALWAYS.get(work, NONE))
    for group in groups:
        right = given.get(group, NONE)
        found |= right(work) if callable(right) else right
    if work == "admin" and given.get("reads_logins"):
        found |= set().union(*map(own, logins))
    return found


def all_rights(logins):
    """Every right of any class under any parameters."""
    rows = [given for _, given in MATRIX.values()]
    return set().union(*(rights(work, given, logins) for given in rows for work in (*logins, "admin", "plain")))
