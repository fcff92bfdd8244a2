"""What the functions need of a VPC: the way to Secrets Manager."""

from fault import same
from matrix import GROUPS, SUBNETS
from stack import deployed

VPC = "vpc-0123456789abcdef0"


def check(source):
    for parameters in ({}, {"VpcSubnetIds": SUBNETS, "VpcSecurityGroupIds": GROUPS}):
        same("what is made of a network, unasked", of(source, **parameters), {})
    made = of(source, VpcSubnetIds=SUBNETS, VpcSecurityGroupIds=GROUPS, VpcId=VPC)
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
    from_functions = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": GROUPS.split(",")[0]}
    for way in ways_in:
        way.pop("Description", None)
    same("who may speak to the endpoint", ways_in, [from_functions])


def of(source, **parameters):
    resources = deployed(source, **parameters).resources.items()
    return {name: dict(it["Properties"]) for name, it in resources if it["Type"].startswith("AWS::EC2::")}
