"""Checks how Secrets Manager generates the signing key."""

from fault import same
from stack import deployed


def check(source):
    secrets = deployed(source).of_type("AWS::SecretsManager::Secret")
    same("secrets", set(secrets), {"SigningKey"})
    secret = secrets["SigningKey"]["GenerateSecretString"]
    letters = set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(secret["ExcludeCharacters"])
    same("the key's characters", letters, set("0123456789abcdef"))
    same("the key's length", secret["PasswordLength"], 64)
