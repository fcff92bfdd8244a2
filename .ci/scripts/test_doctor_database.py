"""The checks of deployment/doctor.sh on the database and the way to it, passed and failed."""

import json

from doctor import EGRESS, FINE, INTERNET, LOGINS, NAT, OWNER, SIGNIN, Doctor, outbound, routes, secret, subnets, without


class Database(Doctor):
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
