"""deployment/issuer.sh: the parameters that sam gets."""

import unittest

from stub import NO_STACK, Stub, stack

OUTPUTS = {"ApiUrl": "https://api/Prod", "TokenIssuer": "latchkey"}


class Issuer(unittest.TestCase):
    def setUp(self):
        self.on = Stub()
        self.addCleanup(self.on.close)
        self.on.answers("describe-stacks", stack(outputs=OUTPUTS))
        self.on.answers("get-template --template-stage Original TemplateBody", "the deployed template")
        self.on.answers("sam deploy --config-file /samconfig.toml --template-file /")

    def deployed(self, *arguments, **environment):
        done = self.on.run("issuer.sh", *arguments, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        calls = [call for call in self.on.calls if "sam deploy" in call]
        return [call.split("--parameter-overrides ")[1] for call in calls]

    def test_the_address_of_the_api_and_the_issuer_until_now(self):
        self.assertEqual(self.deployed(), ["TokenIssuer=https://api/Prod PreviousTokenIssuer=latchkey"])
        self.assertEqual(self.deployed("https://a/"), ["TokenIssuer=https://a PreviousTokenIssuer=latchkey"])
        self.assertEqual(self.deployed(LATCHKEY_BASE_URL="https://b"), ["TokenIssuer=https://b PreviousTokenIssuer=latchkey"])

    def test_nothing_to_do(self):
        self.on.answers("describe-stacks", stack(outputs=OUTPUTS | {"TokenIssuer": "https://api/Prod"}))
        self.assertEqual(self.deployed(), [])

    def test_a_second_change_signs_nobody_out(self):
        self.on.answers("describe-stacks", stack(outputs=OUTPUTS | {"TokenIssuer": "https://typo"}, PreviousTokenIssuer="latchkey"))
        done = self.on.run("issuer.sh")
        self.assertEqual((done.returncode, [call for call in self.on.calls if "sam" in call]), (1, []))
        self.assertIn("latchkey, may still be valid: remove it when deployment/doctor.sh says so", done.stderr)
        self.assertEqual(self.deployed("latchkey"), ["TokenIssuer=latchkey PreviousTokenIssuer=https://typo"])
        for unneeded in ("", "https://typo"):
            self.on.answers("describe-stacks", stack(outputs=OUTPUTS | {"TokenIssuer": "https://typo"}, PreviousTokenIssuer=unneeded))
            self.assertEqual(self.deployed(), ["TokenIssuer=https://api/Prod PreviousTokenIssuer=https://typo"])

    def test_no_stack(self):
        self.on.answers("describe-stacks", refusal=NO_STACK)
        done = self.on.run("issuer.sh")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("deploy it first", done.stderr)
