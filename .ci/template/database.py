"""Checks that only the functions and the proxy reach the database of database.yaml, and that a mistake deletes no data."""

import re

from fault import holds, same
from matrix import SEPARATE
from rights import of_document
from rules import broken
from stack import Stack, deployed, parsed

# Outputs that are no parameters of template.yaml, and what they are for.
OTHER_OUTPUTS = {"ClusterArn": "the Data API"}
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret"
WAYS_OUT = {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::VPCPeeringConnection"}
OPEN = {"0.0.0.0/0", "::/0"}
# Security group: the sources that it allows, and the port.
WAYS_IN = {
    "FunctionsSecurityGroup": set(),
    "DatabaseSecurityGroup": {("<FunctionsSecurityGroup>", 5432)},
}
WAYS_IN_WITH_PROXY = WAYS_IN | {
    "DatabaseSecurityGroup": {("<FunctionsSecurityGroup>", 5432), ("<ProxySecurityGroup>", 5432)},
    "ProxySecurityGroup": {("<FunctionsSecurityGroup>", 5432)},
}


def check(path, source):
    template = parsed(path)
    # As many as the output of template.yaml has.
    logins = [f"{SECRET}:{it}" for it in deployed(source, **SEPARATE).outputs["LoginSecretArns"].split(",")]
    given = {"Proxy": "on", "Reader": "on", "DatabaseAuth": "iam", "LoginSecretArns": ",".join(logins)}
    plain, whole = Stack(template), Stack(template, **given)
    for count in range(1, len(logins) + 2):
        accepted = re.search(template["Parameters"]["LoginSecretArns"]["AllowedPattern"], ",".join([*logins, f"{SECRET}:more"][:count]))
        same(f"whether LoginSecretArns takes {count} ARNs", bool(accepted), count == len(logins))
    for stack, ways_in in ((plain, WAYS_IN), (whole, WAYS_IN_WITH_PROXY)):
        check_network(stack, ways_in)
        check_cluster(stack)
    protected = Stack(template, DeletionProtection="on").of_type("AWS::RDS::DBCluster")["Cluster"]
    same("deletion protection where it is on", protected["DeletionProtection"], True)
    same("a proxy, unasked", plain.of_type("AWS::RDS::DBProxy"), {})
    check_proxy(whole, logins)
    for capacity, wanted in (("0", {"AProxyKeepsItAwake"}), ("0.0", {"AProxyKeepsItAwake"}), ("0.5", set())):
        same(f"rules that a proxy over {capacity} ACU breaks", broken(template, {"Proxy": "on", "MinCapacity": capacity}), wanted)
    same("rules that a pause without a proxy breaks", broken(template, {"MinCapacity": "0"}), set())
    check_outputs(plain, whole, parsed(source)["Parameters"])


def check_network(stack, ways_in):
    same("ways to the internet", {it["Type"] for it in stack.resources.values()} & WAYS_OUT, set())
    for name, subnet in stack.of_type("AWS::EC2::Subnet").items():
        same(f"public addresses in {name}", subnet["MapPublicIpOnLaunch"], False)
    groups = stack.of_type("AWS::EC2::SecurityGroup")
    apart = {**stack.of_type("AWS::EC2::SecurityGroupIngress"), **stack.of_type("AWS::EC2::SecurityGroupEgress")}
    same("rules of security groups outside their group", set(apart), set())
    found = {}
    for name, group in groups.items():
        found[name] = set()
        for way in group.get("SecurityGroupIngress", []):
            same(f"protocol into {name}", (way["IpProtocol"], way["FromPort"]), ("tcp", way["ToPort"]))
            same(f"addresses that {name} lets in", {key: value for key, value in way.items() if key.startswith("Cidr")}, {})
            found[name].add((way["SourceSecurityGroupId"], way["FromPort"]))
        holds(f"{name} says nothing of the way out, so it is open", group.get("SecurityGroupEgress"))
        anywhere = [(name, it["FromPort"], it["ToPort"]) for it in group.get("SecurityGroupEgress", []) if not OPEN.isdisjoint(it.values())]
        same(f"ways of {name} to anywhere", anywhere, [(name, 443, 443)] if name == "FunctionsSecurityGroup" else [])
    same("allowed connections", found, ways_in)
    check_way_out(stack)


def check_way_out(stack):
    """The functions reach Secrets Manager: outbound only, over IPv6, on one port."""
    same("endpoints", stack.of_type("AWS::EC2::VPCEndpoint"), {})
    [gateway] = stack.of_type("AWS::EC2::EgressOnlyInternetGateway")
    [route] = stack.of_type("AWS::EC2::Route").values()
    wanted = {"RouteTableId": "<RouteTable>", "DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": f"<{gateway}>"}
    same("the one route", route, wanted)
    led = {it["SubnetId"]: it["RouteTableId"] for it in stack.of_type("AWS::EC2::SubnetRouteTableAssociation").values()}
    same("the subnets that it routes", led, {"<SubnetA>": "<RouteTable>", "<SubnetB>": "<RouteTable>"})
    for name in ("SubnetA", "SubnetB"):
        holds(f"{name} has no addresses of IPv6", "Ipv6CidrBlock" in stack.resources[name]["Properties"])
        same(f"what {name} waits for", stack.resources[name]["DependsOn"], "Ipv6Block")


def check_cluster(stack):
    cluster = stack.resources["Cluster"]
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        same(f"the cluster's {policy}", cluster[policy], "Snapshot")
    properties = cluster["Properties"]
    wanted = {
        "Engine": "aurora-postgresql",
        "EngineVersion": "17",
        "StorageEncrypted": True,
        "DeletionProtection": False,  # or a first deployment that fails could not be rolled back
        "ManageMasterUserPassword": True,
        "EnableIAMDatabaseAuthentication": True,
        "EnableHttpEndpoint": True,
        "BackupRetentionPeriod": "7",
        "VpcSecurityGroupIds": ["<DatabaseSecurityGroup>"],
        "MasterUserPassword": None,
        "PubliclyAccessible": None,
    }
    same("the cluster", {name: properties.get(name) for name in wanted}, wanted)
    group = stack.of_type("AWS::RDS::DBClusterParameterGroup")["ParameterGroup"]
    same("TLS to the database", group["Parameters"], {"rds.force_ssl": "1"})
    same("the parameters' engine", group["Family"], f"aurora-postgresql{properties['EngineVersion']}")
    for name, instance in stack.of_type("AWS::RDS::DBInstance").items():
        same(f"public access to {name}", instance["PubliclyAccessible"], False)
        same(f"class of {name}", instance["DBInstanceClass"], "db.serverless")


def check_proxy(stack, secrets):
    proxy = stack.of_type("AWS::RDS::DBProxy")["DatabaseProxy"]
    same("TLS to the proxy", proxy["RequireTLS"], True)
    same("the proxy's group", proxy["VpcSecurityGroupIds"], ["<ProxySecurityGroup>"])
    logins = ["<Cluster.MasterUserSecret.SecretArn>", *secrets]
    same("the proxy's logins", [it["SecretArn"] for it in proxy["Auth"]], logins)
    same("how the proxy takes them", {it["IAMAuth"] for it in proxy["Auth"]}, {"REQUIRED"})
    roles = stack.of_type("AWS::IAM::Role")
    same("roles", set(roles), {"ProxyRole"})
    [policy] = roles["ProxyRole"]["Policies"]
    wanted = {("Allow", "secretsmanager:GetSecretValue", login, "{}") for login in logins}
    same("what the proxy may do", set(of_document(policy["PolicyDocument"])), wanted)
    same("managed policies of the proxy", roles["ProxyRole"].get("ManagedPolicyArns"), None)


def check_outputs(plain, whole, parameters):
    same("outputs that fit no parameter", set(plain.outputs) - set(parameters), set(OTHER_OUTPUTS))
    wanted = {
        "DatabaseSecretArn": "<Cluster.MasterUserSecret.SecretArn>",
        "DatabaseHost": "<Cluster.Endpoint.Address>",
        "DatabaseName": "latchkey",
        "DatabaseResourceId": "<Cluster.DBClusterResourceId>",
        "VpcSubnetIds": "<SubnetA>,<SubnetB>",
        "VpcSecurityGroupIds": "<FunctionsSecurityGroup>",
        "VpcIpv6": "on",
        "DatabaseClusterId": "<Cluster>",
        "ClusterArn": "<Cluster.DBClusterArn>",
    }
    same("outputs", plain.outputs, wanted)
    by_proxy = {"DatabaseHost": "<DatabaseProxy.Endpoint>", "DatabaseResourceId": "<DatabaseProxy.DBProxyArn>[6]"}
    same("outputs with a proxy", whole.outputs, wanted | by_proxy)
