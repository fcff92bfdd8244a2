"""What the template makes for mails: nothing, unless there is a sender."""

from fault import holds, same
from matrix import MAIL, SENDER, SMTP
from stack import STACK, deployed

KINDS = ("AWS::Events::Rule", "AWS::SES::ConfigurationSet", "AWS::SES::EmailIdentity")
RECORDS = {
    **{f"MailDkimRecord{n}": f"<MailIdentityOfDomain.DkimDNSTokenName{n}> CNAME <MailIdentityOfDomain.DkimDNSTokenValue{n}>" for n in (1, 2, 3)},
    "MailFromRecord": "bounce.example.com MX 10 feedback-smtp.us-east-1.amazonses.com",
    "MailSpfRecord": 'bounce.example.com TXT "v=spf1 include:amazonses.com -all"',
}


# All that a sender adds, by SES; and the settings that are empty without one.
MADE = {
    "BounceAlarm", "ComplaintAlarm", "GivenUpMails", "GivenUpMailsAlarm", "MailClock", "MailClockPermission",
    "MailConfigurationSet", "MailIdentityOfDomain", "MailerAlarm", "OneTimeKey", "WaitingMails", "WaitingMailsAlarm",
}  # fmt: skip
OFF = ("MAIL_SENDER", "ONE_TIME_KEY_ARN", "MAILER_FUNCTION", "MAIL_CONFIGURATION_SET")


def check(source):
    off = deployed(source)
    made = set(deployed(source, **MAIL).resources) - set(off.resources)
    same("what only a sender of mails makes", {it for it in made if not it.startswith("ApiDeployment")}, MADE)
    for name, function in off.of_type("AWS::Lambda::Function").items():
        settings = function.get("Environment", {}).get("Variables", {})
        same(f"what {name} has of mails, without a sender", {it for it in OFF if settings.get(it)}, set())
    by_smtp = {"MailTransport": "smtp", "SmtpSecretArn": SMTP}
    for parameters in ({}, by_smtp, {"MailLinkUrl": MAIL["MailLinkUrl"]}):
        stack = deployed(source, **parameters)
        same(f"what is made for mails with {parameters}", [it for it in KINDS if stack.of_type(it)], [])
    stack = deployed(source, **MAIL, MailSchedule="rate(15 minutes)")
    target = {"Id": "mailer", "Arn": "<MailerFunction.Arn>"}
    clock = stack.of_type("AWS::Events::Rule")["MailClock"]
    same("the mailer's clock", (clock["ScheduleExpression"], clock["Targets"]), ("rate(15 minutes)", [target]))
    name = stack.of_type("AWS::Lambda::Function")["MailerFunction"]["FunctionName"]
    same("the mailer's name", name, f"{STACK}-mailer")
    identity = stack.of_type("AWS::SES::EmailIdentity")["MailIdentityOfDomain"]
    same("the sender's domain", identity["EmailIdentity"], SENDER.partition("@")[2])
    same("its MAIL FROM", identity["MailFromAttributes"], {"MailFromDomain": "bounce.example.com", "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"})
    chosen = stack.of_type("AWS::SES::ConfigurationSet")["MailConfigurationSet"]
    same("the configuration set's name, which the mailer's right has", chosen["Name"], STACK)
    same("whether mails go without TLS", chosen["DeliveryOptions"], {"TlsPolicy": "REQUIRE"})
    same("who gets no further mail", chosen["SuppressionOptions"], {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]})
    holds("mails are tracked", not {"TrackingOptions", "VdmOptions", "ArchivingOptions"} & set(chosen))
    same("the records for DNS", {name: it for name, it in stack.outputs.items() if name in RECORDS}, RECORDS)
    for parameters, made in ((MAIL | {"MailIdentity": "exists"}, KINDS[:2]), (MAIL | by_smtp, KINDS[:1])):
        stack = deployed(source, **parameters)
        same(f"what is made for mails with {parameters}", [it for it in KINDS if stack.of_type(it)], list(made))
        same(f"records with {parameters}", set(RECORDS) & set(stack.outputs), set())
