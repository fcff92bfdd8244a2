"""Checks the functions' route from a VPC to Secrets Manager."""

from fault import same
from matrix import GROUPS, SUBNETS
from stack import deployed

VPC = "vpc-0123456789abcdef0"


def check(source):
    placed = {"VpcSubnetIds": SUBNETS, "VpcSecurityGroupIds": GROUPS}
    for parameters in ({}, placed, {**placed, "VpcIpv6": "on"}):
        same("what is made of a network, unasked", of(source, **parameters), {})
    made = of(source, VpcId=VPC, **placed)
    wanted = {
        "SecretsEndpoint": {
            "VpcEndpointType": "Interface",
            "ServiceName": "com.amazonaws.us-east-1.secretsmanager",
            "VpcId": VPC,
            "SubnetIds": SUBNETS.split(","),
            "SecurityGroupIds": ["<SecretsEndpointSecurityGroup>"],
            "PrivateDnsEnabled": True,
        },
        "SecretsEndpointSecurityGroup": {"VpcId": VPC},
    }
    group = made.get("SecretsEndpointSecurityGroup", {})
    group.pop("GroupDescription", None)
    ways_in = group.pop("SecurityGroupIngress", [])
    same("the endpoint", made, wanted)
    # All that asks for Secrets Manager by its usual name there is led here.
    from_anybody = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
    same("who may speak to the endpoint", ways_in, [from_anybody])


def of(source, **parameters):
    resources = deployed(source, **parameters).resources.items()
    return {name: dict(it["Properties"]) for name, it in resources if it["Type"].startswith("AWS::EC2::")}
