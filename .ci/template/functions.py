"""How the functions run: their runtime, sizes and limits, their network, and which login each gets."""

import json
import subprocess
from pathlib import Path

from declared import functions, logins
from fault import holds, same
from matrix import GROUPS, HOST, INTROSPECTION, KEY, LEGACY, OWNER, SEPARATE, SMTP, SUBNETS, UNTIL
from names import pascal
from stack import deployed, parsed

TIMEOUTS = {"admin": 900, "mailer": 60}  # of those that answer no caller
COUNTER = Path(__file__).resolve().parents[2] / "deployment/doctor/reserved.awk"

def check(source):
    for name, function in of(source).items():
        it = named(source)[name]
        same(f"runtime of {name}", (function["Runtime"], function["Handler"]), ("provided.al2023", "bootstrap"))
        same(f"memory of {name}", int(function["MemorySize"]), 1769 if it.hashes else 256)
        same(f"timeout of {name}", function["Timeout"], TIMEOUTS.get(it.work, 29 if it.hashes else 10))
        same(f"processor of {name}", function["Architectures"], ["arm64"])
        same(f"network of {name}", function.get("VpcConfig"), None)
        same(f"reserved concurrency of {name}", function.get("ReservedConcurrentExecutions"), None)
        same(f"tracing of {name}", function["TracingConfig"], {"Mode": "PassThrough"})
        group = "<AdminLogGroup>" if it.work == "admin" else "<FunctionsLogGroup>"
        same(f"log of {name}", function["LoggingConfig"], {"LogFormat": "JSON", "LogGroup": group})
    check_parameters(source)
    check_environment(source)
    check_logins(source)
    check_legacy_tokens(source)


def named(source):
    return {it.logical_id: it for it in functions(source)}


def of(source, **parameters):
    found = deployed(source, **parameters).of_type("AWS::Lambda::Function").items()
    return {name: it for name, it in found if name in named(source)}


def concurrencies(source):
    return [name for name in parsed(source)["Parameters"] if name.endswith("Concurrency")]


def check_parameters(source):
    vpc = {"SubnetIds": SUBNETS.split(","), "SecurityGroupIds": GROUPS.split(",")}
    limits = {it: str(number) for number, it in enumerate(concurrencies(source), 3)}
    limited = of(
        source,
        Architecture="x86_64",
        MemorySize=300,
        HashingMemorySize=900,
        **limits,
        Tracing="on",
        VpcSubnetIds=SUBNETS,
        VpcSecurityGroupIds=GROUPS,
    )
    for name, function in limited.items():
        it = named(source)[name]
        concurrency = limits.get("HashingConcurrency" if it.hashes else name.removesuffix("Function") + "Concurrency")
        same(f"processor of {name} where it is set", function["Architectures"], ["x86_64"])
        same(f"memory of {name} where it is set", int(function["MemorySize"]), 900 if it.hashes else 300)
        same(f"reserved concurrency of {name} where it is set", function.get("ReservedConcurrentExecutions"), concurrency)
        same(f"tracing of {name} where it is on", function["TracingConfig"], {"Mode": "Active"})
        same(f"network of {name} in a VPC", function.get("VpcConfig"), vpc if it.asks_database else None)
    reserved = sorted(it["ReservedConcurrentExecutions"] for it in limited.values() if "ReservedConcurrentExecutions" in it)
    same("limits that no function has", set(limits.values()) - set(reserved), set())
    # What deployment/doctor.sh compares with the account's quota.
    counted = subprocess.run(["awk", "-f", COUNTER, source], check=True, capture_output=True, text=True).stdout.split()
    same("limits that doctor.sh counts", sorted(limits[it] for it in counted), reserved)
    ipv6 = of(source, VpcSubnetIds=SUBNETS, VpcSecurityGroupIds=GROUPS, VpcIpv6="on")
    for name, function in ipv6.items():
        wanted = {**vpc, "Ipv6AllowedForDualStack": True} if named(source)[name].asks_database else None
        same(f"network of {name} in a VPC with IPv6", function.get("VpcConfig"), wanted)


def check_environment(source):
    """Checks that the longest DatabaseCa fits beside large values of the other settings.

    Lambda takes 4 KB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    longest = parsed(source)["Parameters"]["DatabaseCa"]["MaxLength"]
    certificate = "".join("A" if at % 65 else "\n" for at in range(longest))
    long = {
        "AllowedOrigins": ",".join(["https://" + "a" * 60] * 3),
        "AppName": "a" * 64,
        "DatabaseCa": certificate,
        "DatabaseHost": "a" * 100,
        "DatabaseName": "a" * 63,
        "DatabasePort": "54320",
        "DatabaseSecretArn": OWNER + "a" * 60,
        "DatabaseSecretsKeyArn": KEY,
        "DatabaseUser": "a" * 63,
        "LegacyTokenSecretArn": LEGACY + "a" * 60,
        "LegacyTokensUntil": UNTIL,
        "ForgeableLegacyTokenSecret": "a" * 64,
        "TokenAudience": "https://" + "a" * 60,
        "TokenIssuer": "https://" + "a" * 60,
        "PreviousTokenIssuer": "https://" + "b" * 60,
        "UnlimitedNetworks": ",".join(["2001:db8:1234:5678::/64"] * 6),
        "IntrospectionSecretArn": INTROSPECTION + "a" * 60,
        "MailLinkUrl": "https://" + "a" * 60,
        "MailSender": "a" * 60 + "@" + "a" * 60 + ".example",
        "MailSenderName": "a" * 64,
        "SmtpSecretArn": SMTP + "a" * 60,
    }
    for name, function in of(source, **long).items():
        size = len(json.dumps(function["Environment"]["Variables"]))
        holds(f"the settings of {name} have {size} bytes, and Lambda takes 4,096", size <= 4096)


def check_logins(source):
    """Checks that a function has the login of its rights, and no other login's password."""
    password = {"DatabaseSecretArn": OWNER, "DatabaseUser": "owner", "DatabasePassword": "p"}
    by_iam = {"DatabaseAuth": "iam", "DatabaseResourceId": "db-ABC", "DatabaseUser": "owner"}
    for parameters, separate in ((HOST | password, False), (HOST | password | {"DatabaseLogins": "prepared"}, False), (SEPARATE | password, True), (HOST | by_iam, False), (SEPARATE | by_iam, True)):
        iam = "DatabaseAuth" in parameters
        for name, function in of(source, **parameters).items():
            variables, it = function["Environment"]["Variables"], named(source)[name]
            wanted = ("", "owner", "") if iam else (OWNER, "owner", "p")
            if separate and it.work != "admin":
                wanted = ("" if iam else f"<{pascal(it.work)}Login>", f"latchkey_{it.work}_iam", "")
            found = tuple(variables.get(setting) for setting in ("DATABASE_SECRET_ARN", "DATABASE_USER", "DATABASE_PASSWORD"))
            same(f"login of {name} with {parameters}", found, wanted if it.asks_database else (None, None, None))
    for parameters, made in ((HOST, False), (HOST | {"DatabaseLogins": "prepared"}, True), (SEPARATE, True), (SEPARATE | by_iam, False)):
        secrets = deployed(source, **parameters).of_type("AWS::SecretsManager::Secret")
        names = {it["GenerateSecretString"].get("SecretStringTemplate") for it in secrets.values()} - {None}
        wanted = {f'{{"username":"latchkey_{it}_login"}}' for it in logins(source)} if made else set()
        same(f"secrets of logins with {parameters}", names, wanted)
    outputs = deployed(source, **SEPARATE).outputs["LoginSecretArns"].split(",")
    same("the secrets that a proxy is to know", set(outputs), {f"<{pascal(it)}Login>" for it in logins(source)})


def check_legacy_tokens(source):
    """Checks that only the function that verifies the legacy app's tokens has its secret."""
    wanted = {
        "LEGACY_TOKEN_SECRET": "s",
        "LEGACY_TOKEN_SECRET_ARN": LEGACY,
        "LEGACY_TOKENS_UNTIL": UNTIL,
        "FORGEABLE_LEGACY_TOKEN_SECRET": "s",
    }
    parameters = {"LegacyTokenSecret": "s", "LegacyTokenSecretArn": LEGACY, "LegacyTokensUntil": UNTIL, "ForgeableLegacyTokenSecret": "s"}
    for name, function in of(source, **parameters).items():
        found = {key: value for key, value in function["Environment"]["Variables"].items() if "LEGACY" in key}
        same(f"the settings of {name} for the legacy app's tokens", found, wanted if named(source)[name].work == "authorizer" else {})
