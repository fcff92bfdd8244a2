"""The log groups, and the one setting of API Gateway that the account has for a whole region."""

from fault import same
from stack import STACK, deployed

GROUPS = {
    "FunctionsLogGroup": f"/aws/lambda/{STACK}-functions",
    "AdminLogGroup": f"/aws/lambda/{STACK}-admin",
    "AccessLogGroup": f"/aws/apigateway/{STACK}",
}
# What stays when the stack is deleted.
KEPT = {"SigningKey", "ApiGatewayRole", "ApiGatewayAccount"}


def check(source):
    for days in (30, 365):
        groups = deployed(source, LogRetentionDays=days).of_type("AWS::Logs::LogGroup")
        same("names of log groups", {name: it["LogGroupName"] for name, it in groups.items()}, GROUPS)
        same("retention", {int(it["RetentionInDays"]) for it in groups.values()}, {days})
    resources = deployed(source).resources
    for name in GROUPS:
        kept = (resources[name].get("DeletionPolicy"), resources[name].get("UpdateReplacePolicy"))
        same(f"what becomes of {name}", kept, ("Delete", "Delete"))
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        kept = {name for name, it in resources.items() if it.get(policy, "Delete") != "Delete"}
        same(f"what is kept, by {policy}", kept, KEPT)
    account = resources["ApiGatewayAccount"]["Properties"]["CloudWatchRoleArn"]
    same("the role that API Gateway logs by", account, "<ApiGatewayRole.Arn>")
    made = without_deployment(resources) - without_deployment(deployed(source, ApiGatewayLogRole="exists").resources)
    same("what ApiGatewayLogRole makes", made, {"ApiGatewayRole", "ApiGatewayAccount"})


def without_deployment(resources):
    """Resource names; SAM renames the deployment each time."""
    return {name for name in resources if not name.startswith("ApiDeployment")}
