"""The names of functions and of their classes of work, as template.yaml and as PostgreSQL have them.

>>> pascal("mail-request"), pascal("mail_request"), pascal("jwks")
('MailRequest', 'MailRequest', 'Jwks')
>>> kebab("MailRequest"), snake("MailRequest"), kebab("Jwks")
('mail-request', 'mail_request', 'jwks')
"""

import re


def pascal(name):
    return "".join(word.capitalize() for word in re.split("[-_]", name))


def kebab(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def snake(name):
    return kebab(name).replace("-", "_")
