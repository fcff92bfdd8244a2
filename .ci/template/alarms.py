"""The alarms, and the count of what the authorizer can't do."""

import re

from fault import holds, same
from routes import ANSWERS
from stack import STACK, deployed
from stage import FIELDS

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
STAGE = [{"Name": "ApiName", "Value": STACK}, {"Name": "Stage", "Value": "Prod"}]
# Name: namespace, metric, dimensions, statistic, seconds, more than.
ALARMS = {
    "FailureAlarm": ("AWS/ApiGateway", "5XXError", STAGE, "Average", 60, "0.05"),
    "AuthorizerAlarm": (f"Latchkey/{STACK}", "AuthorizerFailures", None, "Sum", 60, "0"),
    "LatencyAlarm": ("AWS/ApiGateway", "Latency", STAGE, "p99", 300, "3000"),
}


def check(source):
    stack = deployed(source)
    check_alarms(stack, ALARMS, None)
    slower = {**ALARMS, "LatencyAlarm": (*ALARMS["LatencyAlarm"][:-1], "900")}
    check_alarms(deployed(source, AlarmTopicArn=TOPIC, LatencyAlarmMilliseconds=900), slower, [TOPIC])
    same("the API's name, by which alarms find it", stack.of_type("AWS::ApiGateway::RestApi")["Api"]["Name"], STACK)
    check_filter(stack)


def check_alarms(stack, wanted, actions):
    found = {}
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        of = (alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions"))
        found[name] = (*of, statistic, alarm["Period"], str(alarm["Threshold"]))
        same(f"comparison of {name}", alarm["ComparisonOperator"], "GreaterThanThreshold")
        same(f"how often {name} must hold", (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]), (2, 3))
        same(f"{name} where nobody calls", alarm["TreatMissingData"], "notBreaching")
        same(f"whom {name} tells", (alarm.get("AlarmActions"), alarm.get("OKActions")), (actions, actions))
    same("alarms", found, wanted)


def check_filter(stack):
    [counts] = stack.of_type("AWS::Logs::MetricFilter").values()
    same("where authorizer failures are counted", counts["LogGroupName"], "<AccessLogGroup>")
    named = re.findall(r'\(\$\.(\w+) = "(\w+)"\)', counts["FilterPattern"])
    wanted = [("error", "AUTHORIZER_FAILURE"), ("error", "AUTHORIZER_CONFIGURATION_ERROR")]
    same("what counts as an authorizer failure", named, wanted)
    pattern = "{ " + " || ".join(f'($.{field} = "{kind}")' for field, kind in named) + " }"
    same("the pattern, whole", counts["FilterPattern"], pattern)
    holds("it counts what API Gateway doesn't answer", all(kind in ANSWERS for _, kind in named))
    same("the field that it reads", {FIELDS[field] for field, _ in named}, {"$context.error.responseType"})
    [metric] = counts["MetricTransformations"]
    same("its metric", (metric["MetricNamespace"], metric["MetricName"]), ALARMS["AuthorizerAlarm"][:2])
    same("what it counts each as", (metric["MetricValue"], metric["DefaultValue"]), ("1", 0))
