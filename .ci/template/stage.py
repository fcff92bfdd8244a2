"""The stage: its throttles, and what is logged of a request."""

import json
import re

from declared import functions
from fault import holds, same
from stack import deployed

# All that the access log says of a request. None of it is text of the caller's own.
FIELDS = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "time": "$context.requestTime",
    "caller": "$context.authorizer.principalId",
    "sourceIp": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "integrationLatency": "$context.integration.latency",
    "integrationStatus": "$context.integration.integrationStatus",
    "authorizerLatency": "$context.authorizer.latency",
    "authorizerStatus": "$context.authorizer.status",
    "error": "$context.error.responseType",
}
EVERY_ROUTE, HASHING, DOCS = ("100", "200"), ("20", "40"), ("10", "20")


def throttles(source):
    """Routes that hash a password, ask for a mail or take its secret, or send large answers have lower throttles."""
    wanted = {"/* *": EVERY_ROUTE}
    for function in functions(source):
        for method, path, _ in function.routes:
            is_page = function.crate in ("docs", "mail-page")
            if is_page or function.hashes or "MAIL_SENDER" in function.settings:
                wanted[f"/{path.replace('/', '~1')} {method.upper()}"] = DOCS if is_page else HASHING
    return wanted


def check(source):
    stack = deployed(source)
    same("stages", [stage["StageName"] for stage in stack.of_type("AWS::ApiGateway::Stage").values()], ["Prod"])
    check_throttles(the_stage(stack), throttles(source))
    set_ones = {"ThrottleRate": 7, "ThrottleBurst": 8, "SigninThrottleRate": 5, "SigninThrottleBurst": 6, "DocsThrottleRate": 3, "DocsThrottleBurst": 4}
    of_default = {EVERY_ROUTE: ("7", "8"), HASHING: ("5", "6"), DOCS: ("3", "4")}
    wanted = {route: of_default[throttle] for route, throttle in throttles(source).items()}
    check_throttles(the_stage(deployed(source, **set_ones)), wanted)
    check_access_log(stack)
    same("compression", stack.of_type("AWS::ApiGateway::RestApi")["Api"]["MinimumCompressionSize"], 10240)
    same("tracing of the stage", the_stage(stack)["TracingEnabled"], False)
    same("tracing of the stage where it is on", the_stage(deployed(source, Tracing="on"))["TracingEnabled"], True)


def the_stage(stack):
    [stage] = stack.of_type("AWS::ApiGateway::Stage").values()
    return stage


def check_throttles(stage, wanted):
    found = {}
    for setting in stage["MethodSettings"]:
        route = f"{setting['ResourcePath']} {setting['HttpMethod']}"
        found[route] = (str(setting["ThrottlingRateLimit"]), str(setting["ThrottlingBurstLimit"]))
        same(f"execution log of {route}", setting["LoggingLevel"], "OFF")
        same(f"data trace of {route}", setting["DataTraceEnabled"], False)
    same("throttles", found, wanted)


def check_access_log(stack):
    log = the_stage(stack)["AccessLogSetting"]
    same("where the access log goes", log["DestinationArn"], "<AccessLogGroup.Arn>")
    holds("the access log's format has a line break", "\n" not in log["Format"])
    same("what the access log says", json.loads(log["Format"]), FIELDS)
    quoted = re.findall(r'"\$context\.[A-Za-z.]+"', log["Format"])
    same("what the access log quotes", len(quoted), log["Format"].count("$"))
    # The chain by which a stage waits for the account's setting: stage, log group, this.
    tags = stack.template["Resources"]["AccessLogGroup"]["Properties"]["Tags"]
    role = {"Fn::If": ["MakesApiGatewayLogRole", {"Ref": "ApiGatewayAccount"}, "exists"]}
    same("what the access log's group waits for", tags, [{"Key": "ApiGatewayLogRole", "Value": role}])
