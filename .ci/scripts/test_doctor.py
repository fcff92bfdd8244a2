"""Each check of deployment/doctor.sh, passed and failed."""

import email.utils
import json
import re
import time
import unittest
from datetime import UTC, datetime

from stub import FUNCTIONS, NO_STACK, ROOT, Stub, stack

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
OWNER = f"{ARN}owner-aaaaaa"
TEMPLATE = (ROOT / "template.yaml").read_text()
LOGINS = [f"latchkey_{work.lower()}_login" for work in re.findall(r"^  (\w+)Login:$", TEMPLATE, re.M)]
HASHING = re.findall(r"[&*]hashing\b", TEMPLATE)  # once for each function that hashes
SIGNIN = "latchkey_signin_login"
LOGS = "arn:aws:iam::123456789012:role/logs"
LOGIN = {"username": "owner", "password": "hidden", "host": "db", "port": 5432, "dbname": "app"}
FINE = {"is": True, "iam": False, "owner": False}
OUTPUTS = {f"{name.capitalize()}FunctionName": f"latchkey-{name}" for name in FUNCTIONS} | {"ApiUrl": "https://api", "TokenIssuer": "https://api"}
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

    def test_all_is_green(self):
        done = self.doctor()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual([line for line in done.stdout.splitlines() if not line.startswith("ok ")], [])
        self.assertNotIn("hidden", done.stdout)
        changing = ("create", "put", "update", "delete", "deploy", "modify")
        self.assertEqual([call for call in self.on.calls if any(f" {word}-" in call for word in changing)], [])

    def test_before_the_first_deployment(self):
        self.on.answers("describe-stacks", refusal=NO_STACK)
        self.one("--", "the stack latchkey", "isn't deployed yet", *(f"{name}={value}" for name, value in PARAMETERS.items()))
        self.assertEqual([call for call in self.on.calls if "OPTIONS" in call or "jwks.json" in call], [])

    def test_old_tools(self):
        for program, said in {
            "aws": "aws-cli/1.18.69 Python/3.8\n",
            "sam": "SAM CLI, version 1.53.0\n",
            "cargo lambda": "cargo-lambda 0.9.0\n",
        }.items():
            with self.subTest(program):
                self.on.answers(f"{program} --version", said, times=2)
                self.one("RED", program.replace(" ", "-"), "Install a newer one")
                self.on.rules.pop(0)
        self.on.answers("aws --version", "aws-cli/2.2.5 Python/3.8\n")
        self.one("RED", "aws", "2.7 or later")

    def test_a_tool_that_is_missing(self):
        self.on.answers("sam --version", refusal="sam: command not found\n")
        self.one("RED", "sam", "isn't on the PATH")

    def test_the_clock(self):
        self.on.answers("curl sts", date(400))
        self.one("RED", "the clock", "Set it by NTP")
        self.on.answers("curl sts", date(-400))
        self.one("RED", "the clock", "Set it by NTP")

    def test_no_credentials(self):
        self.on.answers("get-caller-identity", refusal="\nUnable to locate credentials. You can configure them.\n")
        self.one("RED", "the credentials", "Unable to locate")

    def test_no_region(self):
        self.on.answers("aws configure get region", refusal=" ")
        self.one("RED", "the region", "export AWS_REGION", AWS_REGION="")

    def test_a_stack_that_cannot_be_updated(self):
        self.stack(status="ROLLBACK_COMPLETE", outputs={})
        self.one("RED", "latchkey is ROLLBACK_COMPLETE", "A first deployment that failed")

    def test_the_quota(self):
        self.on.answers("get-account-settings", {"AccountLimit": {"ConcurrentExecutions": 10}})
        self.one("RED", "Lambda's quota", "L-B99A9384")

    def test_the_quota_for_what_is_reserved(self):
        most = 800 // len(HASHING)
        self.one("RED", "Lambda's quota", "can't be reserved", "AuthorizerConcurrency=100", f"HashingConcurrency={most + 1}")
        self.one("RED", "Lambda's quota", "can't be reserved", "JwksConcurrency=901")
        self.assertEqual(self.doctor("AuthorizerConcurrency=50", "JwksConcurrency=50", f"HashingConcurrency={most}").returncode, 0)

    def test_the_log_role(self):
        self.one("RED", "API Gateway's log role", "set ApiGatewayLogRole=exists", 'ApiGatewayLogRole=""')
        self.one("RED", "API Gateway's log role", "would replace", "ApiGatewayLogRole=make")
        self.on.answers("iam get-role", refusal="An error occurred (NoSuchEntity)\n")
        self.one("RED", "API Gateway's log role", "was deleted")
        self.on.answers("apigateway get-account", {})
        self.one("RED", "API Gateway's log role", "the region has none")
        self.one("RED", "API Gateway's log role", "set ApiGatewayLogRole=make", "ApiGatewayLogRole=")

    def test_the_log_role_of_the_stack(self):
        self.stack(ApiGatewayLogRole="make")
        self.assertEqual(self.doctor().returncode, 0)
        self.on.answers("iam get-role", refusal="An error occurred (NoSuchEntity)\n")
        self.one("RED", "API Gateway's log role", "nothing is logged")

    def test_binaries_for_another_processor(self):
        self.on.build("signin", 0x3E)
        self.one("RED", "the binaries", "not for arm64: signin")
        self.one("RED", "the binaries", "deployment/build.sh --x86-64", "Architecture=x86_64")

    def test_binaries_that_are_missing(self):
        (self.on.folder / "target/lambda/signin/bootstrap").unlink()
        self.one("--", "the binaries", "not built: signin")

    def test_a_certificate_that_is_too_long(self):
        self.one("RED", "DatabaseCa", "2,300", "DatabaseCa=" + "a" * 2301)

    def test_a_secret_that_lacks_a_field(self):
        for field in ("username", "password", "host", "dbname"):
            with self.subTest(field):
                self.on.answers("get-secret-value owner", secret(without(field)))
                self.one("RED", "DatabaseSecretArn: the secret lacks", field)
        self.on.answers("get-secret-value owner", secret(without("host")))
        self.assertEqual(self.doctor("DatabaseHost=db").returncode, 0)
        self.on.answers("get-secret-value owner", secret("postgres://owner:hidden@db/app"))
        self.assertNotIn("hidden", self.one("RED", "DatabaseSecretArn: the secret lacks", "no JSON object").stdout)

    def test_a_secret_that_is_elsewhere(self):
        self.one("RED", "DatabaseSecretArn", "in eu-west-1", f"DatabaseSecretArn={OWNER.replace('us-east-1', 'eu-west-1')}")
        self.on.answers("get-secret-value owner", refusal="An error occurred (ResourceNotFoundException)\n")
        self.one("RED", "DatabaseSecretArn", "no such secret")
        self.on.answers("get-secret-value owner", refusal="An error occurred (AccessDeniedException)\n")
        self.one("--", "DatabaseSecretArn", "AccessDenied")

    def test_a_secret_under_your_own_key(self):
        self.on.answers("describe-secret owner", {"KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1"})
        self.one("RED", "DatabaseSecretArn", "Set DatabaseSecretsKeyArn to it")
        self.assertEqual(self.doctor("DatabaseSecretsKeyArn=arn:aws:kms:us-east-1:123456789012:key/1").returncode, 0)

    def test_the_owners_login_for_all(self):
        for logins in ("", "owner", "prepared"):
            self.one("YELLOW", "the functions' logins", "as the owner", f"DatabaseLogins={logins}")

    def test_memberships(self):
        what = "the logins' memberships"
        self.memberships(owner=FINE | {"owner": True, "iam": True})
        self.one("RED", what, "owner is a member of rds_iam")
        self.memberships(**{SIGNIN: FINE | {"iam": True}})
        self.one("RED", what, f"{SIGNIN} is a member of rds_iam")
        self.memberships(**{SIGNIN: FINE | {"owner": True}})
        self.one("RED", what, f"{SIGNIN} may do all that the owner")
        self.memberships(**{SIGNIN: FINE | {"is": False}})
        self.one("RED", what, f"no login {SIGNIN}. deployment/admin.sh logins")
        self.memberships(owner=FINE | {"is": False})
        self.one("RED", what, "DatabaseSecretArn: the database has no login owner")

    def test_memberships_with_iam(self):
        iam = ("DatabaseAuth=iam", "DatabaseSecretArn=", "DatabaseUser=owner")
        by_iam = FINE | {"iam": True}
        logins = dict.fromkeys((login.replace("_login", "_iam") for login in LOGINS), by_iam)
        self.memberships(owner=by_iam | {"owner": True}, **logins)
        self.assertEqual(self.doctor(*iam).returncode, 0)
        self.memberships(owner=by_iam | {"owner": True}, **(logins | {"latchkey_jwks_iam": FINE}))
        self.one("RED", "the logins' memberships", "GRANT rds_iam TO latchkey_jwks_iam", *iam)

    def test_memberships_by_the_data_api(self):
        self.on.answers("rds describe-db-clusters", {"DBClusters": [{"HttpEndpointEnabled": True, "Endpoint": "db", "DBClusterArn": "cluster-1"}]})
        answer = {"owner": FINE | {"owner": True, "iam": True}} | dict.fromkeys(LOGINS, FINE)
        self.on.answers("rds-data execute-statement cluster-1", {"records": [[{"stringValue": json.dumps(answer)}]]})
        self.one("RED", "the logins' memberships", "owner is a member of rds_iam", "DatabaseHost=db", "DatabaseName=app", DATABASE_URL="")
        self.on.answers("rds describe-db-clusters", {"DBClusters": []})
        self.one("--", "the logins' memberships", "DATABASE_URL", "DatabaseHost=db", DATABASE_URL="")

    def test_the_vpc(self):
        self.on.answers("ec2 describe-subnets", subnets("vpc-1", "vpc-2"))
        self.one("RED", "the VPC", "one VPC")
        self.on.answers("ec2 describe-subnets", subnets("vpc-1", "vpc-1", ipv6=False))
        self.one("RED", "the VPC", "block of IPv6", "VpcIpv6=on", "VpcId=vpc-1")
        self.one("RED", "the VPC", "VpcId is vpc-2", "VpcId=vpc-2")

    def test_a_route_to_secrets_manager(self):
        what = "the route to Secrets Manager"
        self.on.answers("ec2 describe-route-tables", routes(NAT, of_b=INTERNET))
        self.one("RED", what, "subnet-b has none by IPv4")
        self.on.answers("ec2 describe-route-tables", routes(NAT | {"State": "blackhole"}))
        self.one("RED", what, "subnet-a, subnet-b has none")
        self.on.answers("ec2 describe-route-tables", routes(EGRESS))
        self.one("RED", what, "none by IPv4")
        self.assertEqual(self.doctor("VpcIpv6=on").returncode, 0)
        self.on.answers("ec2 describe-route-tables", routes(NAT))
        self.one("RED", what, "none by IPv6", "VpcIpv6=on")
        self.on.answers("ec2 describe-route-tables", routes(INTERNET))
        self.assertEqual(self.doctor("VpcId=vpc-1").returncode, 0)
        self.endpoint()
        self.assertEqual(self.doctor().returncode, 0)
        self.one("RED", what, "beside vpce-1", "VpcId=vpc-1")
        self.stack(VpcId="vpc-1")
        self.assertEqual(self.doctor().returncode, 0)

    def test_the_vpcs_dns(self):
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            with self.subTest(attribute):
                self.on.answers(f"ec2 describe-vpc-attribute e{attribute[1:]}", {attribute: {"Value": False}})
                self.assertEqual(self.doctor().returncode, 0)
                self.one("RED", "the route to Secrets Manager", "--enable-dns-hostnames", "VpcId=vpc-1")
                self.endpoint()
                self.one("RED", "the route to Secrets Manager", "--enable-dns-support")
                del self.on.rules[:2]

    def test_the_security_groups(self):
        what, https = "the security groups", {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        self.on.answers("ec2 describe-security-groups", outbound())
        self.one("RED", what, "443 (Secrets Manager) and 5432 (the database)")
        self.on.answers("ec2 describe-security-groups", outbound(https, {"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535}))
        self.one("RED", what, "rule for port 5432 (the database).")
        self.on.answers("ec2 describe-security-groups", outbound(https, {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}))
        self.assertEqual(self.doctor().returncode, 0)
        self.one("RED", what, "rule for port 6432 (the database).", "DatabasePort=6432")

    def test_functions(self):
        self.on.answers("get-function-configuration latchkey-signin json", {"State": "Failed", "StateReason": "No such subnet."})
        self.one("RED", "the functions: signin is Failed", "No such subnet.")
        self.on.answers("get-function-configuration latchkey-signin json", {"State": "Inactive"})
        self.one("YELLOW", "the functions", "fails: signin")

    def test_published_keys(self):
        self.on.answers("curl jwks.json", '{"keys": []}\n200')
        self.one("RED", "the published signing keys", "migrate")
        self.on.answers("curl jwks.json", "Service Unavailable\n503")
        self.one("RED", "the published signing keys: 503", "migrate")

    def test_the_key_that_signs(self):
        self.one("YELLOW", "the published signing keys", "is for ES256, and SigningAlgorithm is RS256", "SigningAlgorithm=RS256")
        both = {"keys": [{"kid": "k2", "alg": "RS256"}, {"kid": "k1", "alg": "ES256"}]}
        self.on.answers("curl jwks.json", json.dumps(both) + "\n200")
        self.one("YELLOW", "the published signing keys", "is for RS256, and SigningAlgorithm is ES256")
        self.assertIn("ok      the published signing keys: k2, k1", self.doctor("SigningAlgorithm=RS256").stdout)

    def test_the_issuer(self):
        self.on.answers("curl openid-configuration", discovery("https://other"))
        self.one("RED", "the issuer: the document at https://api names another issuer, https://other", "issuer.sh")
        self.on.answers("curl openid-configuration", "Not Found\n404")
        self.one("RED", "the issuer: https://api/.well-known/openid-configuration answers 404", "the API's address")
        self.on.answers("curl openid-configuration", refusal="curl: (6) Could not resolve host: api\n")
        self.one("RED", "the issuer: https://api can't be reached", "resolve host")
        self.on.answers("get-function-configuration latchkey-signin TOKEN_ISSUER", "https://old\n")
        self.one("RED", "the issuer: it is https://api, but not of signin: https://old", "sam deploy")

    def test_an_issuer_by_which_nothing_is_found(self):
        self.stack(outputs=OUTPUTS | {"TokenIssuer": "latchkey"}, TokenIssuer="")
        self.on.answers("get-function-configuration TOKEN_ISSUER", "latchkey\n")
        self.one("YELLOW", "the issuer: latchkey is a name", "deployment/issuer.sh")

    def test_a_deployment_that_would_sign_everybody_out(self):
        self.one("RED", "the issuer: tokens of https://api would be refused", "PreviousTokenIssuer=https://api", "TokenIssuer=https://new")
        self.assertEqual(self.doctor("TokenIssuer=https://new", "PreviousTokenIssuer=https://api").returncode, 0)

    def test_the_previous_issuer(self):
        what = "the previous issuer"
        self.stack(PreviousTokenIssuer="latchkey")
        self.assertEqual(self.doctor().returncode, 0)
        self.one("RED", what, "the authorizer doesn't start", "PreviousTokenIssuer=https://api")
        self.stack(PreviousTokenIssuer="latchkey", updated=time.time() - 3700)
        self.one("YELLOW", what, "sam deploy --parameter-overrides PreviousTokenIssuer=")
        self.assertEqual(self.doctor("AccessTokenSeconds=4000").returncode, 0)

    def test_a_preflight(self):
        self.on.answers("curl OPTIONS", preflight(status=500))
        self.one("RED", "a preflight: 500", "No browser")
        self.on.answers("curl OPTIONS", preflight(origin="http://localhost:3000"))
        self.one("RED", "a preflight: 200", "http://localhost:3000; expected 200 for https://app.example.com")

    def test_what_production_needs(self):
        self.one("YELLOW", "alarms", "AlarmTopicArn", "AlarmTopicArn=")
        self.on.answers("curl OPTIONS", preflight(origin="http://localhost:3000"))
        self.one("YELLOW", "the web page", "AllowedOrigins", "AllowedOrigins=http://localhost:3000")
        self.stack(protected=False)
        self.on.answers("curl OPTIONS", preflight())
        self.one("YELLOW", "termination protection", "--enable-termination-protection")
