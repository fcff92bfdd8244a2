"""Calls the legacy app's libraries in the Python of its venv. It reads a JSON object a line, and prints an answer a line.

{"hash": "a password", "scheme": "bcrypt", ...}: passlib's hash; the other members are its settings.
{"sign": "header.claims", "key": "64 hexadecimal digits"}: the ES256 signature in base64url (RFC 7518 §3.4).
"""

import base64
import json
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from passlib import hash as schemes


def hashed(asked):
    password, scheme = asked.pop("hash"), asked.pop("scheme")
    return getattr(schemes, scheme).using(**asked).hash(password)


def signature(asked):
    key = ec.derive_private_key(int(asked["key"], 16), ec.SECP256R1())
    numbers = decode_dss_signature(key.sign(asked["sign"].encode(), ec.ECDSA(hashes.SHA256())))
    raw = b"".join(number.to_bytes(32, "big") for number in numbers)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(hashed(asked) if "hash" in asked else signature(asked)), flush=True)
