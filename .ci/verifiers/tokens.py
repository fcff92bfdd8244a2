"""Tokens that no verifier may accept: each is made from one that it does accept."""

import base64
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token):
    """Its header and claims."""
    head, claims, _ = token.split(".")
    return json.loads(decode(head)), json.loads(decode(claims))


def signature(key, algorithm, text):
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
    if isinstance(key, bytes):
        return hmac.new(key, text, getattr(hashlib, "sha" + algorithm[2:])).digest()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = (key.curve.key_size + 7) // 8
        return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(key.sign(text, ec.ECDSA(digest))))
    if algorithm.startswith("PS"):
        return key.sign(text, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    return key.sign(text, padding.PKCS1v15(), digest)


def sign(key, header, claims):
    text = ".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{text}.{encode(signature(key, header['alg'], text.encode()))}"


def forged(token, key, jwk):
    """From a token, its private key and its published JWK: tokens by name."""
    header, claims = parts(token)
    now = int(time.time())
    head, body, own_signature = token.split(".")
    return {
        "expired": sign(key, header, claims | {"iat": now - 7200, "exp": now - 3600}),
        "for another audience": sign(key, header, claims | {"aud": "another-api"}),
        "of another issuer": sign(key, header, claims | {"iss": "https://issuer.example"}),
        "of an issuer with a slash": sign(key, header, claims | {"iss": claims["iss"] + "/"}),
        "with another user": f"{head}.{encode(json.dumps(claims | {'sub': '2'}).encode())}.{own_signature}",
        "without a signature": f"{head}.{body}.",
        "with a signature of zeros": f"{head}.{body}.{encode(bytes(len(decode(own_signature))))}",
        **of_other_keys(header, claims),
        **of_other_algorithms(header, claims, key, jwk),
    }


def of_other_keys(header, claims):
    """By keys that aren't published."""
    own = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "ES384": ec.generate_private_key(ec.SECP384R1()),
    }
    own |= {"RS512": own["RS256"], "PS256": own["RS256"]}
    made = {}
    for algorithm, key in own.items():
        its = header | {"alg": algorithm}
        made[f"{algorithm} by another key"] = sign(key, its, claims)
        made[f"{algorithm} by a key of another id"] = sign(key, its | {"kid": "unknown"}, claims)
        made[f"{algorithm} by the key in its header"] = sign(key, its | {"jwk": as_jwk(key.public_key())}, claims)
    return made


def of_other_algorithms(header, claims, key, jwk):
    """Confusions of algorithms (RFC 8725 §2.1): none, and the published key as the secret of an HMAC."""
    made = {}
    for spelling in "none", "None", "NONE", "nOnE", "":
        text = ".".join(encode(json.dumps(part).encode()) for part in (header | {"alg": spelling}, claims))
        made[f"alg {spelling!r}"] = text + "."
    encoding, info = serialization.Encoding, serialization.PublicFormat.SubjectPublicKeyInfo
    pem, der = (key.public_key().public_bytes(form, info) for form in (encoding.PEM, encoding.DER))
    number = jwk["n" if jwk["kty"] == "RSA" else "x"]
    secrets = {
        "PEM": pem,
        "PEM without its last line feed": pem.strip(),
        "DER": der,
        "JWK": json.dumps(jwk, separators=(",", ":")).encode(),
        "number": decode(number),
        "number as text": number.encode(),
        "id": jwk["kid"].encode(),
        "absence": b"",
    }
    for name, secret in secrets.items():
        for algorithm in "HS256", "HS384", "HS512":
            made[f"{algorithm} by the key's {name}"] = sign(secret, header | {"alg": algorithm}, claims)
    if jwk["kty"] == "RSA":
        made["PS256 by the key of RS256"] = sign(key, header | {"alg": "PS256"}, claims)
    return made


def as_jwk(public):
    numbers = public.public_numbers()
    if isinstance(public, rsa.RSAPublicKey):
        return {"kty": "RSA", "n": encode(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
    size = (public.curve.key_size + 7) // 8
    x, y = (encode(number.to_bytes(size, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": f"P-{public.curve.key_size}", "x": x, "y": y}
