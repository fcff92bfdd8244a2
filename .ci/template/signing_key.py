"""Checks how Secrets Manager generates the signing key, and the key of the secrets in mails."""

from fault import same
from stack import deployed


def check(source):
    for parameters, wanted in (({}, {"SigningKey"}), ({"MailSender": "a@example.com"}, {"SigningKey", "OneTimeKey"})):
        secrets = deployed(source, **parameters).of_type("AWS::SecretsManager::Secret")
        same(f"secrets with {parameters}", set(secrets), wanted)
        for name, it in secrets.items():
            secret = it["GenerateSecretString"]
            letters = set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(secret["ExcludeCharacters"])
            same(f"the characters of {name}", letters, set("0123456789abcdef"))
            same(f"the length of {name}", secret["PasswordLength"], 64)
