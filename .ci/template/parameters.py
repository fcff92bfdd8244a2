"""Checks that each parameter refuses bad values, explains the rule, and is in a group of the console."""

import re

from fault import holds, same
from stack import parsed

# Any text may be one of these.
FREE = {
    "DatabasePassword": "a password is any text",
    "LegacyTokenSecret": "the legacy app accepted any text",
    "ForgeableLegacyTokenSecret": "the legacy app accepted any text",
}
SECRET = {"DatabaseUrl", "DatabasePassword", "LegacyTokenSecret", "ForgeableLegacyTokenSecret", "IntrospectionSecret"}
# For each parameter with a pattern, what it has to take and to refuse. None takes white space.
PATTERNS = {
    "AllowedOrigins": (
        ["https://app.example.com", "http://[::1]:3000", "https://a.example:8443,http://localhost", "capacitor://localhost,ionic://localhost,tauri://localhost", "http://a:443", "https://a:80", "https://a:44,https://a:4430"],
        ["", "*", "null", "app.example.com", "https://a/", "https://a/b", "https://A.example", "HTTPS://a", "https://a:443", "http://a:80", "http://a:080", "http://a:", "https://u@a", "https://*.a", "https://a,", ",https://a", "https://a, https://b", "https://a,https://B", "https://a,http://b:80", 'https://a"', "https://$a"],
    ),
    "AllowedHeaders": (["content-type", "X-Mine,x_other"], ["", "*", "a,", "a, b", "a'b", "a:b"]),
    "TokenIssuer": (issuers := (
        ["", "latchkey", "https://a1.execute-api.eu-west-1.amazonaws.com/Prod", "https://a.example:8443/a/b.c", "http://127.0.0.1:8000", "http://localhost:4599/_aws/a", "http://[::1]:8000"],
        ["a/b", "urn:a", "https://", "https://a/", "https://a//b", "https://a/.", "https://a/../b", "https://a/%41", "https://a?b", "https://a#", "https://u@a", "https://a:443", "https://a:", "https://A", "HTTPS://a", "http://a", "http://localhost:80", "http://127.0.0.1.a", "ftp://a"],
    )),
    "PreviousTokenIssuer": issuers,
    "TokenAudience": (["", "latchkey-api"], ["x" * 256]),
    "DatabaseUrl": (["", "postgres://u:p@h/n", "postgresql://h"], ["mysql://h", "h"]),
    "DatabaseSecretArn": (secret_arns := (["", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-0a-b1c2d3"], ["x", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*", "arn:aws:ssm:eu-west-1:123456789012:parameter/x"])),
    "LegacyTokenSecretArn": secret_arns,
    "IntrospectionSecretArn": secret_arns,
    "IntrospectionSecret": (["", "a-Secret:of+32/characters=and%more", "s" * 200], ["s" * 31, "s" * 40 + "\n", "s" * 40 + "\u00e9"]),
    "LegacyTokensUntil": (["", "2027-01-31T00:00:00Z", "2027-01-31t00:00:00.5+02:00"], ["2027-01-31", "2027-01-31 00:00:00Z", "2027-01-31T00:00:00", "soon"]),
    "DatabaseSecretsKeyArn": (["", "arn:aws:kms:eu-west-1:123456789012:key/0a-1b"], ["arn:aws:kms:eu-west-1:123456789012:key/*", "arn:aws:kms:eu-west-1:123456789012:alias/x"]),
    "DatabaseResourceId": (["", "db-ABC1", "cluster-ABC1", "prx-0a1b"], ["*", "db-*", "cluster-", "x-A"]),
    "DatabaseHost": (["", "db.example.com", "::1"], ["x" * 256]),
    "DatabasePort": (["", "5432"], ["x", "123456"]),
    "DatabaseUser": (["", "latchkey_owner_iam", "Ada-1"], ["*", "a?", "${aws:username}", "x" * 64]),
    "DatabaseRolePrefix": (["latchkey", "_a1", "p", "pg", "pga_b", "p_g"], ["", "Latchkey", "1a", "a-b", "pg_", "pg_a"]),
    "VpcSubnetIds": (["", "subnet-0a1b", "subnet-0a1b,subnet-2c"], ["subnet-0a1b,", "sg-0a1b", "subnet-0a1b;subnet-2c"]),
    "VpcSecurityGroupIds": (["", "sg-0a1b", "sg-1,sg-2,sg-3,sg-4,sg-5"], ["sg-1,sg-2,sg-3,sg-4,sg-5,sg-6", "subnet-1"]),
    "ApiGatewayLogRole": (["", "make", "exists"], ["Make", "none"]),
    "VpcId": (["", "vpc-0a1b"], ["vpc-", "x"]),
    "AuthorizerConcurrency": (counts := (["", "1", "1000"], ["0", "-1", "x", "1.5"])),
    "JwksConcurrency": counts,
    "MailerConcurrency": counts,
    "HashingConcurrency": counts,
    "GuessesPerAccount": (["off", "10", "99", "9999", "10000"], ["", "0", "9", "010", "10001", "1000000", "Off", "1e3"]),
    "GuessesPerNetwork": (["off", "100", "999999", "1000000"], ["", "99", "0100", "1000001", "on"]),
    "MailsPerNetwork": (["off", "25", "99", "100", "1000000"], ["", "24", "9", "025", "1000001", "on"]),
    "SignupsPerNetwork": (["off", "20", "99", "100", "1000000"], ["", "19", "9", "020", "1000001", "on"]),
    "UnlimitedNetworks": (
        ["", "203.0.113.7", "203.0.113.0/24", "0.0.0.0/0", "2001:db8::/48,::1,::ffff:203.0.113.0/120", "::/0", "2001:DB8::1/128"],
        [",", "203.0.113.0/", "203.0.113.0/024", "203.0.113.0/+8", "::/129", "::/1000", "::1,", ",::1", "::1, ::2", "[::1]", "fe80::1%1", "localhost", "203.0.113.0-9", "*", "off"],
    ),
    "MailSender": (["", "accounts@example.com", "a.b+c_d-e@mail.xn--p1ai.example"], ["a", "@b.example", "a@b", "a@B.example", "A <a@b.example>", "a@b.example\n", "a@b@c.example", "*@b.example", "a@-b.example", "a@b..example"]),
    "MailLanguage": (["en", "de", "pt-BR", "es-419"], ["", "EN", "../en", "en/", "e"]),
    "MailLinkUrl": (["", "https://app.example.com", "https://a.example:8443/mail?x=1", "http://localhost:3000/account"], ["http://a.example", "http://localhost.a.example", "https://", "https://A.example", "https://a.example/#x", "https://u@a.example", "a.example/mail", "https://a.example/\"x", "javascript:x"]),
    "SmtpSecretArn": secret_arns,
    "MailSchedule": (["rate(1 minute)", "rate(15 minutes)", "rate(1 hour)", "rate(2 hours)", "rate(19 hours)", "rate(24 hours)", "rate(999 minutes)"], ["", "rate(25 hours)", "rate(30 hours)", "rate(999 hours)", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "1 minute", "cron(* * * * ? *)"]),
    "PermissionsBoundaryArn": (["", "arn:aws:iam::123456789012:policy/latchkey-pipeline-Boundary-1"], ["x", "arn:aws:iam::123456789012:role/x"]),
    "AlarmTopicArn": (["", "arn:aws:sns:eu-west-1:123456789012:alarms"], ["alarms", "arn:aws:sqs:eu-west-1:123456789012:q"]),
    "AlarmEmail": (["", "ops@example.com"], ["ops", "ops@example", "a@b@c.d"]),
    "DatabaseClusterId": (database_ids := (["", "latchkey-database-cluster-0a1b"], ["1a", "a_b", "arn:aws:rds:eu-west-1:123456789012:cluster:a", "x" * 64])),
    "DatabaseInstanceId": database_ids,
    "WebAclArn": (["", "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/accounts/0a1b2c3d-0a1b"], ["accounts", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/accounts/0a1b"]),
    "WafRequestsPerAddress": (["", "10", "100", "999999999"], ["0", "9", "010", "x", "off", "1000000000"]),
    "DomainName": (["", "api.example.com", "a.xn--p1ai"], ["localhost", "a.123", "https://api.example.com", "API.example.com", "a..com"]),
    "CertificateArn": (["", "arn:aws:acm:eu-west-1:123456789012:certificate/0a-1b"], ["x", "arn:aws:iam::123456789012:server-certificate/x"]),
    "HostedZoneId": (["", "Z0123ABC"], ["/hostedzone/Z0123ABC", "z"]),
}


def check(source):
    template = parsed(source)
    parameters = template["Parameters"]
    for name, parameter in parameters.items():
        check_one(name, parameter)
    same("parameters with a pattern", {name for name, it in parameters.items() if "AllowedPattern" in it}, set(PATTERNS))
    same("parameters that aren't shown", {name for name, it in parameters.items() if it.get("NoEcho")}, SECRET)
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    placed = [name for group in groups for name in group["Parameters"]]
    same("parameters in the console", sorted(placed), sorted(parameters))


def check_one(name, parameter):
    holds(f"parameter {name} says nothing of itself", parameter.get("Description"))
    holds(f"parameter {name} has no default", "Default" in parameter)
    rules = {"AllowedPattern", "AllowedValues", "MinLength", "MaxLength", "MinValue", "MaxValue"} & set(parameter)
    holds(f"parameter {name} takes anything", rules or name in FREE)
    if {"AllowedPattern", "AllowedValues"} & rules:
        holds(f"parameter {name} has no words for its rule", parameter.get("ConstraintDescription"))
    if "AllowedValues" in rules:
        holds(f"parameter {name} has a default that it refuses", parameter["Default"] in parameter["AllowedValues"])
    if "AllowedPattern" in rules:
        # CloudFormation's patterns are Java's, of which these are the part that Python shares.
        pattern = re.compile(parameter["AllowedPattern"])
        good, bad = PATTERNS.get(name, ([], []))
        for value in [str(parameter["Default"]), *good]:
            holds(f"parameter {name} refuses {value!r}", pattern.fullmatch(value))
        for value in [" ", "a b", *bad]:
            holds(f"parameter {name} takes {value!r}", not pattern.fullmatch(value))
