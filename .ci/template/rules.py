"""Checks that the rules refuse contradictory parameters before anything is created."""

from alarms import TOPIC
from fault import same
from matrix import GROUPS, INTROSPECTION, KEY, LEGACY, MATRIX, OWNER, SEPARATE, SUBNETS, UNTIL
from outputs import DOMAIN
from stack import Stack, parsed

ROLE = {"ApiGatewayLogRole": "exists"}
DATABASE = {"DatabaseUrl": "postgres://u:p@h/n"}
BY_VALUE = DATABASE | {"LegacyTokenSecret": "s", "LegacyTokensUntil": UNTIL}
BY_ARN = DATABASE | {"LegacyTokenSecretArn": LEGACY, "LegacyTokensUntil": UNTIL}
IAM = {"DatabaseHost": "h", "DatabaseAuth": "iam", "DatabaseUser": "u", "DatabaseResourceId": "db-A"}
VPC = {"VpcSubnetIds": SUBNETS, "VpcSecurityGroupIds": GROUPS}
MAIL = {"MailSender": "accounts@example.com", "MailLinkUrl": "https://app.example.com"}
# Parameters, and the rules that they break.
REFUSED = [
    ({}, {"ADatabaseIsNamed"}),
    (DATABASE | {"ApiGatewayLogRole": ""}, {"TheLogRoleIsChosen"}),
    ({"DatabaseUser": "u"}, {"ADatabaseIsNamed"}),
    (IAM | {"DatabaseUser": ""}, {"IamNeedsADatabaseAndAUser"}),
    (IAM | {"DatabaseResourceId": ""}, {"IamNeedsADatabaseAndAUser"}),
    (IAM | {"DatabaseSecretArn": OWNER}, {"IamTakesNoPassword"}),
    (IAM | {"DatabasePassword": "p"}, {"IamTakesNoPassword"}),
    (DATABASE | {"DatabaseSecretsKeyArn": KEY}, {"AKeyIsOfSecrets"}),
    (DATABASE | SEPARATE, {"LoginsNeedAHostAndAName"}),
    (SEPARATE | {"DatabaseSecretArn": OWNER, "DatabaseHost": ""}, {"LoginsNeedAHostAndAName"}),
    (SEPARATE | {"DatabaseSecretArn": OWNER, "DatabaseName": "", "DatabaseLogins": "prepared"}, {"LoginsNeedAHostAndAName"}),
    (BY_VALUE | {"LegacyTokensUntil": ""}, {"LegacyTokensNeedADay"}),
    (BY_ARN | {"LegacyTokensUntil": ""}, {"LegacyTokensNeedADay"}),
    (DATABASE | {"LegacyTokensUntil": UNTIL}, {"LegacyTokensNeedASecret"}),
    (DATABASE | {"ForgeableLegacyTokenSecret": "s"}, {"LegacyTokensNeedASecret"}),
    (BY_VALUE | {"ForgeableLegacyTokenSecret": "t"}, {"AForgeableSecretIsTheSecret"}),
    (BY_VALUE | {"DatabaseSecretsKeyArn": KEY}, {"AKeyIsOfSecrets"}),
    (DATABASE | {"IntrospectionSecret": "s" * 32, "DatabaseSecretsKeyArn": KEY}, {"AKeyIsOfSecrets"}),
    (DATABASE | {"VpcSubnetIds": SUBNETS}, {"SubnetsNeedSecurityGroups"}),
    (DATABASE | {"VpcSecurityGroupIds": GROUPS}, {"SecurityGroupsNeedSubnets"}),
    (DATABASE | {"VpcId": "vpc-1"}, {"SecurityGroupsNeedSubnets"}),
    (DATABASE | {"VpcIpv6": "on"}, {"Ipv6IsASubnets"}),
    (DATABASE | VPC | {"VpcIpv6": "on", "VpcId": "vpc-1"}, {"Ipv6IsASubnets"}),
    (DATABASE | {"DomainName": "api.example.com"}, {"ADomainNeedsACertificate"}),
    (DATABASE | {"CertificateArn": DOMAIN["CertificateArn"]}, {"ACertificateNeedsADomain"}),
    (DATABASE | {"HostedZoneId": "Z0123"}, {"ACertificateNeedsADomain"}),
    (DATABASE | {"DisableExecuteApiEndpoint": "on"}, {"ADisabledEndpointNeedsADomain"}),
    (DATABASE | {"AlarmEmail": "a@b.c", "AlarmTopicArn": TOPIC}, {"OneTopicOfAlarms"}),
    (DATABASE | {"DatabaseClusterId": "a", "DatabaseInstanceId": "b"}, {"OneDatabaseIsWatched"}),
    (DATABASE | {"WebAclArn": "arn:acl", "WafRequestsPerAddress": "100"}, {"OneWebAcl"}),
    (DATABASE | {"MailSender": "accounts@example.com"}, {"MailsNeedALink"}),
    (DATABASE | MAIL | {"MailTransport": "smtp"}, {"SmtpNeedsASecret"}),
    (DATABASE | {"MailTransport": "smtp"}, {"SmtpNeedsASecret"}),
    (DATABASE | MAIL | {"DatabaseSecretsKeyArn": KEY}, {"AKeyIsOfSecrets"}),
    (DATABASE | {"RequireVerifiedEmail": "on"}, {"AVerifiedAddressNeedsMails"}),
]
TAKEN = [
    DATABASE,
    IAM,
    {"DatabaseHost": "h"},
    {"DatabaseSecretArn": OWNER, "DatabaseSecretsKeyArn": KEY},
    BY_VALUE,
    BY_VALUE | {"ForgeableLegacyTokenSecret": "s"},
    BY_ARN,
    BY_ARN | {"ForgeableLegacyTokenSecret": "s"},
    BY_ARN | {"LegacyTokenSecret": "t"},
    BY_ARN | {"DatabaseSecretsKeyArn": KEY},
    DATABASE | {"IntrospectionSecretArn": INTROSPECTION, "DatabaseSecretsKeyArn": KEY},
    DATABASE | VPC,
    DATABASE | VPC | {"VpcId": "vpc-1"},
    DATABASE | VPC | {"VpcIpv6": "on"},
    DATABASE | DOMAIN,
    DATABASE | DOMAIN | {"HostedZoneId": "Z0123", "DisableExecuteApiEndpoint": "on"},
    DATABASE | {"AlarmEmail": "a@b.c", "DatabaseClusterId": "a"},
    DATABASE | {"WebAclArn": "arn:acl"},
    DATABASE | MAIL,
    DATABASE | DOMAIN | {"MailSender": "accounts@example.com"},
    DATABASE | {"WafRequestsPerAddress": "100"},
    DATABASE | {"AlarmTopicArn": TOPIC, "DatabaseInstanceId": "b"},
    *(parameters for parameters, _ in MATRIX.values()),
]


def check(source):
    template = parsed(source)
    for parameters, wanted in REFUSED:
        same(f"rules that {parameters} breaks", broken(template, ROLE | parameters), wanted)
    for parameters in TAKEN:
        same(f"rules that {parameters} breaks", broken(template, ROLE | parameters), set())
    named = {rule for _, rules in REFUSED for rule in rules}
    same("rules", set(template["Rules"]), named)


def broken(template, parameters):
    stack = Stack(template, **parameters)
    return {name for name, rule in stack.template["Rules"].items() if not is_kept(stack, rule)}


def is_kept(stack, rule):
    if "RuleCondition" in rule and not stack.truth(rule["RuleCondition"]):
        return True
    return all(stack.truth(assertion["Assert"]) for assertion in rule["Assertions"])
