"""The outputs, and the domain that the addresses among them follow."""

from declared import functions
from fault import same
from stack import deployed

OWN = "https://<Api>.execute-api.us-east-1.amazonaws.com/Prod"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0123"
DOMAIN = {"DomainName": "api.example.com", "CertificateArn": CERTIFICATE}


def check(source):
    others = {f"{it.logical_id}Name": f"<{it.logical_id}>" for it in functions(source)}
    others |= {"AuthorizerCacheSeconds": "17", "AuthorizerArn": "<AuthorizerFunction.Arn>"}
    found = deployed(source, AuthorizerCacheSeconds=17)
    issuer = found.of_type("AWS::Lambda::Function")["SigninFunction"]["Environment"]["Variables"]["TOKEN_ISSUER"]
    same("outputs", found.outputs, addresses(OWN) | others | {"TokenIssuer": issuer})
    same("a domain, unasked", of_domain(found), {})

    found = deployed(source, AuthorizerCacheSeconds=17, **DOMAIN)
    target = {"DomainTarget": "<Domain.RegionalDomainName>"}
    issuer = {"TokenIssuer": "https://api.example.com"}
    same("outputs with a domain", found.outputs, addresses("https://api.example.com") | others | issuer | target)
    domain = {
        "Domain": {
            "DomainName": "api.example.com",
            "RegionalCertificateArn": CERTIFICATE,
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
            "SecurityPolicy": "TLS_1_2",
        },
        "DomainMapping": {"DomainName": "<Domain>", "RestApiId": "<Api>", "Stage": "<ApiProdStage>"},
    }
    same("a domain", of_domain(found), domain)
    record = {
        "HostedZoneId": "Z0123",
        "Name": "api.example.com",
        "Type": "A",
        "AliasTarget": {"DNSName": "<Domain.RegionalDomainName>", "HostedZoneId": "<Domain.RegionalHostedZoneId>"},
    }
    found = deployed(source, HostedZoneId="Z0123", **DOMAIN)
    same("a domain with its record", of_domain(found), domain | {"DomainRecord": record})
    check_doors(source)


def check_doors(source):
    """Checks the API's own address beside a domain, and the minimum TLS version."""
    for alone in ("on", "off"):
        api = deployed(source, DisableExecuteApiEndpoint=alone, **DOMAIN).of_type("AWS::ApiGateway::RestApi")["Api"]
        setting = {"x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": alone == "on"}}
        same(f"the API's own address, DisableExecuteApiEndpoint={alone}", api["Body"]["servers"], [setting])
        same("the least TLS of that address", api["SecurityPolicy"], "TLS_1_2")


def addresses(api):
    return {"ApiUrl": api, "DocsUrl": f"{api}/docs", "JwksUrl": f"{api}/.well-known/jwks.json"}


def of_domain(stack):
    kinds = ("AWS::ApiGateway::DomainName", "AWS::ApiGateway::BasePathMapping", "AWS::Route53::RecordSet")
    return {name: it["Properties"] for name, it in stack.resources.items() if it["Type"] in kinds}
