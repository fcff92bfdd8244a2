"""Checks that the roles of deployment/pipeline.yaml can deploy template.yaml, and reach nothing else."""

import functools
import json
import re
from importlib.resources import files

import yaml
from declared import logins
from fault import holds, same
from iam import decided, many, matches, statements
from matrix import all_rights
from stack import ACCOUNT, REGION, Stack, deployed, parsed

GIVEN = {"Repository": "octo-org/accounts", "OwnerId": "123456", "RepositoryId": "456789"}
STAGING, PRODUCTION = "latchkey-staging", "latchkey-production"
SUBJECT = "repo:octo-org@123456/accounts@456789:environment"

# What a handler would ask for a property that template.yaml doesn't set, or a kind of target that it hasn't.
UNUSED = {
    "amplify:*": "the web ACL is that of a stage",
    "apigateway:UpdateRestApiPolicy": "the API has no policy of its own",
    "apprunner:*": "the web ACL is that of a stage",
    "appsync:*": "the web ACL is that of a stage",
    "bedrock-agentcore:*": "the web ACL is that of a stage",
    "cognito-idp:*": "the web ACL is that of a stage",
    "ec2:*VerifiedAccessInstanceWebAcl*": "the web ACL is that of a stage",
    "elasticloadbalancing:*": "the web ACL is that of a stage",
    "elasticfilesystem:*": "no function has a file system",
    "firehose:*": "no log group delivers to Firehose",
    "iam:DeleteRolePermissionsBoundary": "it is denied: a boundary stays",
    "kms:CreateGrant": "no function and no secret has a key of the operator's",
    "kms:Decrypt": "likewise",
    "kms:Encrypt": "likewise",
    "kms:GenerateDataKey": "likewise",
    "lambda:AssociateRuntimeAlias": "the runtime is AWS's own",
    "lambda:*CodeSigningConfig": "no code is signed; whether it is, is read by a right that is there",
    "lambda:GetLayerVersion": "no function has a layer",
    "lambda:PassCapacityProvider": "no function has instances of its own",
    "lambda:PutFunctionRecursionConfig": "AWS's default",
    "lambda:PutFunctionScalingConfig": "AWS's default",
    "lambda:PutRuntimeManagementConfig": "AWS's default",
    "logs:AssociateKmsKey": "no log group has a key of the operator's",
    "logs:CreateLogDelivery": "no log group delivers elsewhere",
    "logs:DeleteIndexPolicy": "no log group has an index",
    "logs:DeleteResourcePolicy": "no log group has a policy",
    "logs:DisassociateKmsKey": "no log group has a key of the operator's",
    "logs:PutBearerTokenAuthentication": "AWS's default",
    "logs:PutDataProtectionPolicy": "no log group masks",
    "logs:PutIndexPolicy": "no log group has an index",
    "logs:PutLogGroupDeletionProtection": "AWS's default",
    "logs:PutResourcePolicy": "no log group has a policy",
    "s3:REST.PUT.OBJECT": "no log group delivers to S3",
    "s3files:*": "no function has a file system",
    "secretsmanager:RemoveRegionsFromReplication": "the signing key is in one region",
    "secretsmanager:ReplicateSecretToRegions": "the signing key is in one region",
    "ses:PutConfigurationSetArchivingOptions": "no mail is kept",
    "ses:PutConfigurationSetTrackingOptions": "no mail is tracked",
    "ses:PutConfigurationSetVdmOptions": "no mail is tracked",
    "sns:PutDataProtectionPolicy": "the topic masks nothing",
    "payments:GetConnectedAccount": "no web ACL takes money",
    "vpc-lattice:*": "no endpoint is of a service network",
    "vpce:AllowMultiRegion": "no endpoint is of another region",
    "wafv2:*PermissionPolicy": "no rule group is shared",
}
# What is asked for beside the handlers: by sam, by its bucket's stack, by the scripts of deployment/ and cargo-lambda.
OTHERS = {
    "acm:DescribeCertificate": "API Gateway, of a domain's certificate",
    "iam:CreateServiceLinkedRole": "API Gateway, with the first domain of an account",
    "iam:ListRoleTags": "the handler of roles, of their tags",
    "kms:DescribeKey": "Lambda",
    "lambda:GetFunctionConfiguration": "cargo-lambda, deployment/stack.sh",
    "lambda:ListTags": "the handler of functions, of their tags",
    "route53:AssociateVPCWithHostedZone": "EC2, for the name of an endpoint in the whole VPC",
} | {f"cloudformation:{action}": "sam deploy" for action in (
    "CreateChangeSet", "DescribeChangeSet", "DescribeStackEvents", "DescribeStacks", "ExecuteChangeSet",
    "GetTemplateSummary", "TagResource",
)} | {f"s3:{action}": "sam's bucket" for action in (
    "CreateBucket", "GetBucket*", "GetEncryptionConfiguration", "GetObject", "GetObjectVersion", "ListBucket",
    "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketTagging", "PutBucketVersioning",
    "PutEncryptionConfiguration", "PutObject",
)}  # fmt: skip
# The scripts that the workflow runs, and the commands in them that aren't named as their action.
SCRIPTS = [f"deployment/{name}.sh" for name in ("admin", "rollback", "snapshot", "stack", "upgrade")]
COMMANDS = {
    "apigateway get-account": "apigateway:GET",
    "lambda invoke": "lambda:InvokeFunction",
    "lambda wait": "lambda:GetFunction",
}
# Actions that are allowed by a pattern.
PATTERNS = {"s3:GetBucket*": "reads, of sam's bucket alone"}
# What AWS's policy AmazonAPIGatewayPushToCloudWatchLogs allows.
PUSHES_LOGS = {
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
}
LARGEST_POLICY = 6144  # characters, without white space


def check(path, source, workflow):
    template = parsed(path)
    stack = Stack(template, **GIVEN)
    check_trust(template, workflow)
    check_actions(stack, source)
    check_decisions(stack, source)
    check_boundary(stack, source)
    check_form(template, stack)


def check_trust(template, workflow):
    for name_only in (False, True):
        stack = Stack(template, **GIVEN, NameOnlySubject="on" if name_only else "off")
        roles = stack.of_type("AWS::IAM::Role")
        same("the pipeline's roles", set(roles), {"StagingRole", "ProductionRole"})
        for environment, name in (("staging", STAGING), ("production", PRODUCTION)):
            role = roles[f"{environment.title()}Role"]
            [statement] = role["AssumeRolePolicyDocument"]["Statement"]
            subjects = [f"{SUBJECT}:{environment}"] + [f"repo:octo-org/accounts:environment:{environment}"] * name_only
            claims = {"aud": "sts.amazonaws.com", "sub": subjects}
            wanted = {f"token.actions.githubusercontent.com:{name}": claim for name, claim in claims.items()}
            same(f"what a token of {environment} has to say", statement["Condition"], {"StringEquals": wanted})
            same(f"how {environment} takes its role", statement["Action"], "sts:AssumeRoleWithWebIdentity")
            same(f"whose tokens {environment} takes", statement["Principal"], {"Federated": "<Provider>"})
            same(f"tags of {environment}", {it["Key"]: it["Value"] for it in role["Tags"]}, {"stack": name, "domain": ""})
            same(f"policies of {environment}", role["ManagedPolicyArns"], ["<Code>", "<Rest>", "<Mail>"])
            same(f"other policies of {environment}", role.get("Policies"), None)
    exists = Stack(template, **GIVEN, GitHubProvider="exists").resources
    same("a provider where the account has one", "Provider" in exists, False)
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    statement = exists["StagingRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    same("whose tokens are taken then", statement["Principal"], {"Federated": provider})
    with open(workflow) as file:
        jobs = yaml.safe_load(file)["jobs"].values()
    environments = {job["environment"] for job in jobs if "environment" in job}
    same("environments of the workflow", environments, {"staging", "production"})


def check_actions(stack, source):
    allowed = {action: it["Resource"] for it in statements(stack, "Code", "Rest", "Mail") if it["Effect"] == "Allow" for action in many(it["Action"])}
    asked = {}
    for kind in {it["Type"] for it in deployed(source).template["Resources"].values()}:
        handlers = schema(kind).get("handlers", {})
        holds(f"nobody knows what {kind} asks for", handlers)
        for verb in {"create", "read", "update", "delete"} & set(handlers):
            for action in handlers[verb]["permissions"]:
                asked.setdefault(action, set()).add(kind)
    for script in SCRIPTS:
        for action in commands(script):
            asked.setdefault(action, set()).add(script)
    for action, kinds in sorted(asked.items()):
        known = any(matches(pattern, action) for pattern in {*allowed, *UNUSED})
        holds(f"the pipeline may not {action}, which {', '.join(kinds)} asks for", known)
    for action in allowed:
        holds(f"the pipeline may {action}, for nothing", any(matches(action, it) for it in asked) or action in OTHERS)
        holds(f"the pipeline may {action}, which is more than one thing", "*" not in action or action in PATTERNS)
    same("what the pipeline needs beside the handlers", {it for it in OTHERS if it not in allowed}, set())
    same("reasons that none needs", {it for it in UNUSED if not any(matches(it, action) for action in asked)}, set())


def commands(script):
    """A script's calls to AWS. A command within a sentence is for the operator."""
    with open(script) as file:
        called = re.findall(r"(?:^|\$\(|[{;)] )\s*aws ([a-z0-9]+) ([a-z-]+)", file.read(), re.M)
    for service, command in called:
        named = f"{service}:{''.join(word.title() for word in command.split('-'))}"
        yield COMMANDS.get(f"{service} {command}", named)


def check_decisions(stack, source):
    """Each role may do its work on its own resources, and nothing on the other role's."""
    secrets = [name for name, it in parsed(source)["Resources"].items() if it["Type"] == "AWS::SecretsManager::Secret"]
    logs, functions = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
    for own, other in ((STAGING, PRODUCTION), (PRODUCTION, STAGING)):
        caller = {"aws:PrincipalTag/stack": own, "aws:PrincipalTag/domain": f"{own}.example.com"}
        boundary = {"iam:PermissionsBoundary": "<Boundary>"}
        tag = "aws:ResourceTag/aws:cloudformation:stack-name"
        works = [
            ("cloudformation:ExecuteChangeSet", "arn:aws:cloudformation:us-east-1:123456789012:stack/{}/1", {}),
            ("lambda:UpdateFunctionCode", functions + ":{}-SigninFunction-1", {}),
            ("lambda:InvokeFunction", functions + ":{}-AdminFunction-1", {}),
            ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{{}}-SigninRole-1", boundary),
            ("logs:PutRetentionPolicy", logs + ":/aws/lambda/{}-functions", {}),
            ("logs:DeleteLogGroup", logs + ":/aws/apigateway/{}", {}),
            ("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}-FailureAlarm-1", {}),
            ("cloudwatch:PutDashboard", f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{{}}", {}),
            ("wafv2:UpdateWebACL", f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/{{}}-AddressLimit-1/2", {}),
            ("events:PutTargets", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{}}-MailClock-1", {}),
            ("ses:DeleteConfigurationSet", f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{{}}", {}),
            ("sns:DeleteTopic", f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}-AlarmTopic-1", {}),
            ("s3:PutObject", "arn:aws:s3:::aws-sam-cli-managed-default-1/{}/1", {}),
        ]
        tagged = [
            ("apigateway:PATCH", f"arn:aws:apigateway:{REGION}::/restapis/1"),
            ("ses:DeleteEmailIdentity", f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"),
        ] + [
            (f"secretsmanager:{action}", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-1")
            for name in secrets for action in ("GetSecretValue", "UpdateSecret", "DeleteSecret")
        ]
        for action, resource, context in works:
            same(f"{own}: {action} on its own", decided(stack, action, resource.format(own), caller | context), "Allow")
            same(f"{own}: {action} on the other's", decided(stack, action, resource.format(other), caller | context), "Deny")
        for action, resource in tagged:
            same(f"{own}: {action} on its own", decided(stack, action, resource, caller | {tag: own}), "Allow")
            same(f"{own}: {action} on the other's", decided(stack, action, resource, caller | {tag: other}), "Deny")
        for name in secrets:
            arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-1"
            same(f"{own}: a new secret {name}", decided(stack, "secretsmanager:CreateSecret", arn, caller), "Allow")
        role = f"arn:aws:iam::{ACCOUNT}:role/{own}-SigninRole-1"
        same(f"{own}: a role without the boundary", decided(stack, "iam:CreateRole", role, caller), None)
        same(f"{own}: a boundary that is taken off", decided(stack, "iam:DeleteRolePermissionsBoundary", role, caller), "Deny")
        same(f"{own}: a policy of somebody's", decided(stack, "iam:AttachRolePolicy", role, caller | {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}), None)
        record = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
        zone = "arn:aws:route53:::hostedzone/Z1"
        same(f"{own}: its record", decided(stack, "route53:ChangeResourceRecordSets", zone, caller | {record: f"{own}.example.com"}), "Allow")
        same(f"{own}: the other's record", decided(stack, "route53:ChangeResourceRecordSets", zone, caller | {record: f"{other}.example.com"}), None)
        for pipelines in ("<StagingRole.Arn>", "<ProductionRole.Arn>", f"arn:aws:iam::{ACCOUNT}:policy/latchkey-Denied-1"):
            same(f"{own}: the pipeline's {pipelines}", decided(stack, "iam:PutRolePolicy", pipelines, caller | boundary), "Deny")


def check_boundary(stack, source):
    [allow, *denies] = statements(stack, "Boundary")
    rights = {action for effect, action, *_ in all_rights(logins(source)) if effect == "Allow"}
    wanted = rights | PUSHES_LOGS | {"logs:CreateLogStream", "logs:PutLogEvents"}
    same("what a role of Latchkey may do at most", set(allow["Action"]), wanted)
    same("what it may not", [it["Action"] for it in denies], ["secretsmanager:GetSecretValue"] * 2)
    arn = "arn:aws:iam::123456789012:policy/latchkey-Boundary-1"
    for parameters, boundary in (({}, None), ({"PermissionsBoundaryArn": arn}, arn)):
        for name, role in deployed(source, **parameters).of_type("AWS::IAM::Role").items():
            same(f"the boundary of {name}", role.get("PermissionsBoundary"), boundary)


def check_form(template, stack):
    for name, policy in stack.of_type("AWS::IAM::ManagedPolicy").items():
        # A reference is longer than its name in our brackets, and the stack's names as long as they may be.
        longest = Stack(template, **GIVEN, StagingStackName="s" * 32, ProductionStackName="p" * 32)
        document = longest.of_type("AWS::IAM::ManagedPolicy")[name]["PolicyDocument"]
        length = len(re.sub(r"\s", "", json.dumps(document)))
        holds(f"the policy {name} has {length} characters, more than fit", length < LARGEST_POLICY)
    for environment in ("Staging", "Production"):
        alone = Stack(template, **GIVEN, **{f"{environment}StackName": ""}).resources
        same(f"a role for no {environment}", f"{environment}Role" in alone, False)
    same("two environments of one stack", broken(template, STAGING, STAGING), {"EnvironmentsAreApart"})
    same("two environments apart", broken(template, STAGING, PRODUCTION), set())


def broken(template, staging, production):
    stack = Stack(template, **GIVEN, StagingStackName=staging, ProductionStackName=production)
    rules = template["Rules"].items()
    return {name for name, rule in rules if not all(stack.truth(it["Assert"]) for it in rule["Assertions"])}


# ---- CloudFormation's handlers, by the schemas that cfn-lint brings ----


@functools.cache
def schema(kind):
    schemas = files("cfnlint") / "data" / "schemas"
    name = json.loads((schemas / "providers" / f"{REGION}.json").read_text())[kind]
    return json.loads((schemas / "resources" / f"{name}.json").read_text())
