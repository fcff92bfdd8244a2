"""The checks of deployment/doctor.sh on keys and issuers, passed and failed."""

import json
import time

from doctor import OUTPUTS, Doctor, discovery


class Tokens(Doctor):
    def test_published_keys(self):
        self.on.answers("curl jwks.json", '{"keys": []}\n200')
        self.one("RED", "the published signing keys", "migrate")
        self.on.answers("curl jwks.json", "Service Unavailable\n503")
        self.one("RED", "the published signing keys: 503", "migrate")

    def test_the_key_that_signs(self):
        self.one("YELLOW", "the published signing keys", "is for ES256, and SigningAlgorithm is RS256", "SigningAlgorithm=RS256")
        both = {"keys": [{"kid": "k2", "alg": "RS256"}, {"kid": "k1", "alg": "ES256"}]}
        self.on.answers("curl jwks.json", json.dumps(both) + "\n200")
        self.one("YELLOW", "the published signing keys", "is for RS256, and SigningAlgorithm is ES256")
        self.assertIn("ok      the published signing keys: k2, k1", self.doctor("SigningAlgorithm=RS256").stdout)

    def test_the_issuer(self):
        self.on.answers("curl openid-configuration", discovery("https://other"))
        self.one("RED", "the issuer: the document at https://api names another issuer, https://other", "issuer.sh")
        self.on.answers("curl openid-configuration", "Not Found\n404")
        self.one("RED", "the issuer: https://api/.well-known/openid-configuration answers 404", "the API's address")
        self.on.answers("curl openid-configuration", refusal="curl: (6) Could not resolve host: api\n")
        self.one("RED", "the issuer: https://api can't be reached", "resolve host")
        self.on.answers("get-function-configuration latchkey-signin TOKEN_ISSUER", "https://old\n")
        self.one("RED", "the issuer: it is https://api, but not of signin: https://old", "sam deploy")

    def test_an_issuer_by_which_nothing_is_found(self):
        self.stack(outputs=OUTPUTS | {"TokenIssuer": "latchkey"}, TokenIssuer="")
        self.on.answers("get-function-configuration TOKEN_ISSUER", "latchkey\n")
        self.one("YELLOW", "the issuer: latchkey is a name", "deployment/issuer.sh")

    def test_a_deployment_that_would_sign_everybody_out(self):
        self.one("RED", "the issuer: tokens of https://api would be refused", "PreviousTokenIssuer=https://api", "TokenIssuer=https://new")
        self.assertEqual(self.doctor("TokenIssuer=https://new", "PreviousTokenIssuer=https://api").returncode, 0)

    def test_a_second_change_that_would_sign_users_out(self):
        change = ["TokenIssuer=https://new", "PreviousTokenIssuer=https://api"]
        self.stack(PreviousTokenIssuer="latchkey", updated=time.time())
        self.one("RED", "the previous issuer: tokens of latchkey may still be valid", "3600 s after", *change)
        self.one("RED", "the previous issuer: tokens of latchkey may still be valid", "3600 s after", 'PreviousTokenIssuer=""')
        self.stack(PreviousTokenIssuer="latchkey", updated=time.time() - 3700)
        self.assertEqual(self.doctor(*change).returncode, 0)

    def test_the_previous_issuer(self):
        what = "the previous issuer"
        self.stack(PreviousTokenIssuer="latchkey")
        self.assertEqual(self.doctor().returncode, 0)
        self.stack(PreviousTokenIssuer="https://api")
        self.one("YELLOW", what, "it is the issuer itself")
        self.stack(PreviousTokenIssuer="latchkey", updated=time.time() - 3700)
        self.one("YELLOW", what, "sam deploy --parameter-overrides PreviousTokenIssuer=")
        self.assertEqual(self.doctor("AccessTokenSeconds=4000").returncode, 0)
