"""A deployment in which each check of deployment/doctor.sh passes, and what a test changes of it."""

import email.utils
import json
import re
import time
import unittest
from datetime import UTC, datetime

from stub import FUNCTIONS, NO_STACK, ROOT, Stub, pascal, snake, stack

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
OWNER = f"{ARN}owner-aaaaaa"
TEMPLATE = (ROOT / "template.yaml").read_text()
LOGINS = [f"latchkey_{snake(work)}_login" for work in re.findall(r"^  (\w+)Login:$", TEMPLATE, re.M)]
HASHING = re.findall(r"[&*]hashing\b", TEMPLATE)  # once for each function that hashes
SIGNIN = "latchkey_signin_login"
LOGS = "arn:aws:iam::123456789012:role/logs"
LOGIN = {"username": "owner", "password": "hidden", "host": "db", "port": 5432, "dbname": "app"}
FINE = {"is": True, "iam": False, "owner": False}
OUTPUTS = {f"{pascal(name)}FunctionName": f"latchkey-{name}" for name in FUNCTIONS} | {"ApiUrl": "https://api", "TokenIssuer": "https://api"}
PARAMETERS = {
    "ApiGatewayLogRole": "exists",
    "AllowedOrigins": "https://app.example.com,https://www.example.com",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
    "DatabaseSecretArn": OWNER,
    "DatabaseLogins": "separate",
    "VpcSubnetIds": "subnet-a,subnet-b",
    "VpcSecurityGroupIds": "sg-1",
}
NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}
INTERNET = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
EGRESS = {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"}


def secret(value):
    return {"SecretString": value if isinstance(value, str) else json.dumps(value)}


def without(name):
    return {key: value for key, value in LOGIN.items() if key != name}


def subnets(*vpcs, ipv6=True):
    block = [{"Ipv6CidrBlock": "2001:db8::/64"}] if ipv6 else []
    names = zip("ab", vpcs, strict=True)
    return {"Subnets": [{"SubnetId": f"subnet-{it}", "VpcId": vpc, "AvailabilityZone": it, "Ipv6CidrBlockAssociationSet": block} for it, vpc in names]}


def routes(main, of_b=None):
    tables = [{"Associations": [{"Main": True}], "Routes": [main]}]
    return {"RouteTables": tables + ([{"Associations": [{"SubnetId": "subnet-b"}], "Routes": [of_b]}] if of_b else [])}


def date(seconds=0):
    return f"HTTP/1.1 302 Found\r\nDate: {email.utils.formatdate(time.time() + seconds, usegmt=True)}\r\n\r\n"


def preflight(status=200, origin="https://app.example.com"):
    return f"HTTP/2 {status} \r\nAccess-Control-Allow-Origin: {origin}\r\n\r\n"


def discovery(issuer, status=200):
    return json.dumps({"issuer": issuer}) + f"\n{status}"


def outbound(*rules):
    return {"SecurityGroups": [{"IpPermissionsEgress": list(rules)}]}


class Doctor(unittest.TestCase):
    def setUp(self):
        on = self.on = Stub()
        self.addCleanup(on.close)
        on.answers("aws --version", "aws-cli/2.31.0 Python/3.13\n")
        on.answers("sam --version", "SAM CLI, version 1.170.0\n")
        on.answers("cargo lambda --version", "cargo-lambda 1.9.2 (2026-01-01Z)\n")
        on.answers("curl https://sts.us-east-1.amazonaws.com/", date())
        on.answers("sts get-caller-identity", {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ada"})
        self.stack()
        on.answers("lambda get-account-settings", {"AccountLimit": {"ConcurrentExecutions": 1000}})
        on.answers("apigateway get-account", {"cloudwatchRoleArn": LOGS})
        on.answers("iam get-role --role-name logs", {})
        on.answers("get-secret-value", secret(LOGIN))
        on.answers("describe-secret", {"KmsKeyId": "alias/aws/secretsmanager"})
        self.memberships()
        on.answers("ec2 describe-subnets subnet-a subnet-b", subnets("vpc-1", "vpc-1"))
        on.answers("ec2 describe-vpc-endpoints", {"VpcEndpoints": []})
        on.answers("ec2 describe-route-tables", routes(NAT))
        on.answers("ec2 describe-vpc-attribute enableDnsSupport", {"VpcId": "vpc-1", "EnableDnsSupport": {"Value": True}})
        on.answers("ec2 describe-vpc-attribute enableDnsHostnames", {"VpcId": "vpc-1", "EnableDnsHostnames": {"Value": True}})
        on.answers("ec2 describe-security-groups sg-", outbound({"IpProtocol": "-1"}))
        on.answers("get-function-configuration", {"State": "Active"})
        on.answers("curl jwks.json", json.dumps({"keys": [{"kid": "k1", "alg": "ES256"}]}) + "\n200")
        on.answers("curl OPTIONS", preflight())
        on.answers("get-function-configuration TOKEN_ISSUER", "https://api\n")
        on.answers("curl https://api/.well-known/openid-configuration", discovery("https://api"))

    def stack(self, protected=True, status="UPDATE_COMPLETE", outputs=OUTPUTS, updated=None, **parameters):
        described = stack(status, outputs, **(PARAMETERS | {"TokenIssuer": "https://api"} | parameters))
        at = datetime.fromtimestamp(updated or time.time(), UTC).isoformat()
        self.on.answers("describe-stacks", described | {"EnableTerminationProtection": protected, "LastUpdatedTime": at})

    def endpoint(self):
        self.on.answers("ec2 describe-vpc-endpoints", {"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "PrivateDnsEnabled": True}]})

    def memberships(self, **logins):
        of_all = {"owner": FINE | {"owner": True}} | dict.fromkeys(LOGINS, FINE) | logins
        self.on.answers("psql", json.dumps(of_all) + "\n")

    def doctor(self, *arguments, **environment):
        return self.on.run("doctor.sh", *arguments, **({"DATABASE_URL": "postgres://owner@db/app"} | environment))

    def one(self, colour, begin, words, *arguments, **environment):
        """Asserts that this is the only line that isn't `ok`."""
        done = self.doctor(*arguments, **environment)
        lines = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
        self.assertEqual(len(lines), 1, done.stdout + done.stderr)
        self.assertTrue(lines[0].startswith(f"{colour:<6}  {begin}"), lines)
        self.assertIn(words, lines[0])
        self.assertEqual(done.returncode, 1 if colour == "RED" else 0)
        self.assertEqual(done.stderr.strip(), "")
        return done
