"""The alarms, and the count of what the authorizer can't do."""

import json
import re

from fault import holds, same
from matrix import MAIL, SMTP
from routes import ANSWERS
from stack import STACK, deployed
from stage import FIELDS

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
STAGE = [{"Name": "ApiName", "Value": STACK}, {"Name": "Stage", "Value": "Prod"}]
# Name: namespace, metric, dimensions, statistic, seconds, more than, in how many of how many periods.
ALARMS = {
    "FailureAlarm": ("AWS/ApiGateway", "5XXError", STAGE, "Average", 60, "0.05", (2, 3)),
    "AuthorizerAlarm": (f"Latchkey/{STACK}", "AuthorizerFailures", None, "Sum", 60, "0", (2, 3)),
    "LatencyAlarm": ("AWS/ApiGateway", "Latency", STAGE, "p99", 300, "3000", (2, 3)),
    "ThrottleAlarm": (f"Latchkey/{STACK}", "ThrottledRequests", None, "Sum", 60, "0", (2, 3)),
    "UserIdAlarm": (f"Latchkey/{STACK}", "UserIds", None, "Maximum", 86400, "1600000000", (1, 1)),
    "RefusedSigninsAlarm": (f"Latchkey/{STACK}", "RefusedSignins", None, "Sum", 300, "100", (1, 1)),
    "GuessingAlarm": (f"Latchkey/{STACK}", "RefusedAttempts", None, "Sum", 300, "100", (1, 1)),
}
# With mail on.
OF_MAIL = {
    "WaitingMailsAlarm": (f"Latchkey/{STACK}", "WaitingMails", None, "Sum", 300, "0", (2, 3)),
    "MailerAlarm": ("AWS/Lambda", "Errors", [{"Name": "FunctionName", "Value": "<MailerFunction>"}], "Sum", 300, "0", (2, 3)),
    "GivenUpMailsAlarm": (f"Latchkey/{STACK}", "GivenUpMails", None, "Sum", 3600, "4", (1, 1)),
}
SET = [{"Name": "ses:configuration-set", "Value": "<MailConfigurationSet>"}]
OF_SES = {
    "BounceAlarm": ("AWS/SES", "Reputation.BounceRate", SET, "Average", 3600, "0.05", (1, 1)),
    "ComplaintAlarm": ("AWS/SES", "Reputation.ComplaintRate", SET, "Average", 3600, "0.001", (1, 1)),
}
# Metric filter: the log group that it reads, what it counts, the metric.
COUNTED = {
    "AuthorizerFailures": (
        "<AccessLogGroup>",
        '{ ($.error = "AUTHORIZER_FAILURE") || ($.error = "AUTHORIZER_CONFIGURATION_ERROR") }',
        "AuthorizerFailures",
    ),
    # Not by the status: the functions' limits answer 429 too.
    "ThrottledRequests": ("<AccessLogGroup>", '{ $.error = "THROTTLED" }', "ThrottledRequests"),
    "RefusedSignins": ("<FunctionsLogGroup>", '{ ($.event = "authn_login_fail") || ($.event = "authn_password_change_fail") }', "RefusedSignins"),
    "RefusedAttempts": ("<FunctionsLogGroup>", '{ $.event = "authn_login_fail_max" }', "RefusedAttempts"),
    "UserIds": ("<FunctionsLogGroup>", '{ $.event = "user_created" }', "UserIds"),
}
COUNTED_OF_MAIL = {
    "WaitingMails": ("<FunctionsLogGroup>", '{ ($.event = "mail_waits") || ($.event = "mail_throttled") || ($.event = "mail_failed") }', "WaitingMails"),
    "GivenUpMails": ("<FunctionsLogGroup>", '{ ($.event = "mail_given_up") || ($.event = "mail_refused") }', "GivenUpMails"),
}
# What the functions' lines hold (shared/src/log.rs), and Lambda's own of them.
LINE = {"user_id", "function", "request_id", "event", "status", "error", "cause", "hash_scheme", "level"}


def check(source):
    stack = deployed(source)
    check_alarms(stack, ALARMS, None)
    check_alarms(deployed(source, AlarmTopicArn=TOPIC), ALARMS, [TOPIC])
    by_email = deployed(source, AlarmEmail="ops@example.com")
    check_alarms(by_email, ALARMS, ["<AlarmTopic>"])
    subscription = {"TopicArn": "<AlarmTopic>", "Protocol": "email", "Endpoint": "ops@example.com"}
    same("subscriptions", by_email.of_type("AWS::SNS::Subscription"), {"AlarmSubscription": subscription})
    same("topics, unasked", {**stack.of_type("AWS::SNS::Topic"), **stack.of_type("AWS::SNS::Subscription")}, {})
    check_thresholds(source)
    same("the API's name, by which alarms find it", stack.of_type("AWS::ApiGateway::RestApi")["Api"]["Name"], STACK)
    check_filters(stack, COUNTED)
    by_ses, by_smtp = deployed(source, **MAIL), deployed(source, **MAIL, MailTransport="smtp", SmtpSecretArn=SMTP)
    check_alarms(by_ses, ALARMS | OF_MAIL | OF_SES, None)
    check_alarms(by_smtp, ALARMS | OF_MAIL, None)
    check_filters(by_ses, COUNTED | COUNTED_OF_MAIL)
    check_dashboard(source)


def check_thresholds(source):
    changed = {
        "LatencyAlarm": (*ALARMS["LatencyAlarm"][:5], "900", (2, 3)),
        "RefusedSigninsAlarm": (*ALARMS["RefusedSigninsAlarm"][:5], "7", (1, 1)),
        "GuessingAlarm": (*ALARMS["GuessingAlarm"][:5], "8", (1, 1)),
    }
    for parameter, dimension in (("DatabaseClusterId", "DBClusterIdentifier"), ("DatabaseInstanceId", "DBInstanceIdentifier")):
        of = [{"Name": dimension, "Value": "accounts"}]
        connections = {"ConnectionsAlarm": ("AWS/RDS", "DatabaseConnections", of, "Maximum", 60, "55", (2, 3))}
        numbers = {"LatencyAlarmMilliseconds": 900, "RefusedSigninsAlarmCount": 7, "RefusedAttemptsAlarmCount": 8, "DatabaseConnectionsAlarmCount": 55}
        stack = deployed(source, **{parameter: "accounts"}, **numbers)
        check_alarms(stack, ALARMS | changed | connections, None)


def check_alarms(stack, wanted, actions):
    found = {}
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        of = (alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions"))
        often = (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"])
        found[name] = (*of, statistic, alarm["Period"], str(alarm["Threshold"]), often)
        same(f"comparison of {name}", alarm["ComparisonOperator"], "GreaterThanThreshold")
        quiet = "ignore" if name == "UserIdAlarm" else "notBreaching"
        same(f"{name} where nobody calls", alarm["TreatMissingData"], quiet)
        same(f"the actions of {name}", (alarm.get("AlarmActions"), alarm.get("OKActions")), (actions, actions))
    same("alarms", found, wanted)


def check_filters(stack, counted):
    found = {}
    for name, it in stack.of_type("AWS::Logs::MetricFilter").items():
        [metric] = it["MetricTransformations"]
        found[name] = (it["LogGroupName"], it["FilterPattern"], metric["MetricName"])
        same(f"namespace of {name}", metric["MetricNamespace"], f"Latchkey/{STACK}")
        counts = ("$.user_id", None) if name == "UserIds" else ("1", 0)
        same(f"what {name} counts each as", (metric["MetricValue"], metric.get("DefaultValue")), counts)
        for field, value in re.findall(r'\$\.(\w+) = "([^"]+)"', it["FilterPattern"]):
            holds(f"{name} reads {field}, which no line has", field in (FIELDS if it["LogGroupName"] == "<AccessLogGroup>" else LINE))
            holds(f"{name} counts what API Gateway doesn't answer", field != "error" or value in ANSWERS)
    same("what is counted", found, counted)
    same("the field of the access log that is counted by", FIELDS["error"], "$context.error.responseType")


def check_dashboard(source):
    for kind in ("AWS::CloudWatch::Dashboard", "AWS::Logs::QueryDefinition"):
        same(f"{kind}, unasked", deployed(source).of_type(kind), {})
    stack = deployed(source, Dashboard="on")
    [board] = stack.of_type("AWS::CloudWatch::Dashboard").values()
    same("the dashboard's name", board["DashboardName"], STACK)
    widgets = json.loads(board["DashboardBody"])["widgets"]
    [alarms] = [it["properties"]["alarms"] for it in widgets if it["type"] == "alarm"]
    same("the dashboard's alarms", set(alarms), {f"<{name}.Arn>" for name in ALARMS})
    measured = {metric[1] for it in widgets for metric in it["properties"].get("metrics", []) if metric[0] != "..."}
    counts = {"Count", "4XXError", "5XXError", "Latency", "RefusedSignins", "RefusedAttempts", "ThrottledRequests", "AuthorizerFailures", "ConcurrentExecutions"}
    same("the dashboard's metrics", measured, counts)
    for name, query in stack.of_type("AWS::Logs::QueryDefinition").items():
        holds(f"{name} is in another folder", query["Name"].startswith(f"{STACK}/"))
        groups = set(query["LogGroupNames"])
        known = set(FIELDS) if groups == {"<AccessLogGroup>"} else LINE
        holds(f"{name} reads two kinds of log", groups == {"<AccessLogGroup>"} or "<AccessLogGroup>" not in groups)
        named = re.sub(r'"[^"]*"|@\w+|\w+\(|\bas \w+', "", query["QueryString"])
        made = {*re.findall(r"\bas (\w+)", query["QueryString"]), *WORDS}
        for field in set(re.findall(r"[A-Za-z_]\w*", named)) - made:
            holds(f"{name} reads {field}, which no line has", field in known)
    refused = stack.of_type("AWS::Logs::QueryDefinition")["RefusalsQuery"]["QueryString"].split("|")[0]
    counted = re.findall('"([^"]+)"', COUNTED["RefusedSignins"][1] + COUNTED["RefusedAttempts"][1])
    same("the refusals that the query has", re.findall('"([^"]+)"', refused), counted)


# Of the language of Logs Insights.
WORDS = {"fields", "filter", "sort", "stats", "limit", "by", "desc", "count", "bin", "latest", "m", "in"}
