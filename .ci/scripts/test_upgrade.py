import json
import unittest

from stub import FUNCTIONS, NO_STACK, Stub, stack

MADE = stack(outputs={"AdminFunctionName": "latchkey-admin", "ApiUrl": "https://api.example.com"})


class Upgrade(unittest.TestCase):
    def setUp(self):
        self.on = Stub()
        self.addCleanup(self.on.close)

    def upgrade(self, *arguments, **environment):
        return self.on.run("upgrade.sh", *arguments, **environment)

    def test_a_stack_that_cannot_be_updated_is_left_alone(self):
        for status, words in {
            "ROLLBACK_COMPLETE": "A first deployment that failed",
            "ROLLBACK_FAILED": "A first deployment that failed",
            "CREATE_FAILED": "A first deployment that failed",
            "DELETE_FAILED": "delete the stack",
            "UPDATE_ROLLBACK_FAILED": "continue-update-rollback",
            "UPDATE_IN_PROGRESS": "wait",
            "ROLLBACK_IN_PROGRESS": "wait",
        }.items():
            with self.subTest(status):
                self.on.answers("describe-stacks", stack(status, outputs={}))
                done = self.upgrade()
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(status, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual([call for call in self.on.calls if "describe-stacks" not in call], [])

    def first_deployment(self, role, **environment):
        """The parameters that sam is given."""
        self.on.answers("describe-stacks", MADE)
        self.on.answers("describe-stacks", refusal=NO_STACK, times=2)
        self.on.answers("apigateway get-account", role)
        self.on.answers("iam get-role --role-name logs")
        self.on.answers("iam get-role --role-name gone", refusal="An error occurred (NoSuchEntity)\n")
        self.on.answers("iam get-role --role-name others", refusal="An error occurred (AccessDenied)\n")
        self.on.answers("sam deploy")
        self.on.answers("lambda invoke", refusal="the end\n")
        self.upgrade(**environment)
        [deployed] = [call for call in self.on.calls if call.startswith("sam deploy")]
        return deployed.partition("--parameter-overrides ")[2]

    def test_the_log_role_of_other_apis_is_kept(self):
        self.assertEqual(self.first_deployment("arn:aws:iam::123456789012:role/logs\n"), "ApiGatewayLogRole=exists")
        self.assertEqual(self.first_deployment("arn:aws:iam::123456789012:role/path/others\n"), "ApiGatewayLogRole=exists")
        self.assertEqual(self.first_deployment("arn:aws:iam::123456789012:role/gone\n"), "ApiGatewayLogRole=make")
        self.assertEqual(self.first_deployment("None\n"), "ApiGatewayLogRole=make")
        named = {"PARAMETERS": "DatabaseHost=h\n\nDatabaseName=n\n"}
        self.assertEqual(self.first_deployment("None\n", **named), "DatabaseHost=h DatabaseName=n ApiGatewayLogRole=make")
        chosen = {"PARAMETERS": "DatabaseHost=h\nApiGatewayLogRole=exists"}
        self.assertEqual(self.first_deployment("None\n", **chosen), "DatabaseHost=h ApiGatewayLogRole=exists")

    def test_idle_functions_are_activated_first(self):
        self.on.answers("describe-stacks", stack())
        self.on.answers("get-function-configuration --query State", "Active\n")
        self.on.answers("get-function-configuration latchkey-signin --query State", "Inactive\n")
        self.on.answers("get-function-configuration latchkey-admin --query State", "Pending\n")
        self.on.answers("lambda invoke", refusal="An error occurred (ResourceNotReadyException)\n")
        self.on.answers("wait function-active-v2")
        kept = self.on.folder / "kept"
        kept.mkdir()
        (kept / "functions.json").write_text('{"admin": {"CodeSha256": "x"}}')
        self.on.answers("--query CodeSha256", "null\n")
        self.upgrade("--code-only", "--snapshot", str(kept))
        woken = [call for call in self.on.calls if "lambda invoke" in call or "wait function-active" in call]
        of = {name: [call.split()[2] for call in woken if f"latchkey-{name}" in call] for name in FUNCTIONS}
        self.assertEqual(of.pop("signin"), ["invoke", "wait"])
        self.assertEqual(of.pop("admin"), ["wait"])
        self.assertEqual([name for name, calls in of.items() if calls], [])

    def deployed(self, warnings, auth="password", logins="separate", refused="", **environment):
        """What sam and admin are asked from the migration on, and the run."""
        named = {"DatabaseLogins": logins, "DatabaseAuth": auth} if logins else {}
        self.on.answers("describe-stacks", stack(**named))
        self.on.answers("get-function-configuration --query State", "Active\n")
        self.on.answers("--query CodeSha256", "null\n")
        self.on.answers("cargo lambda deploy")
        self.on.answers("wait function-updated-v2")
        self.on.answers("lambda invoke", "None\n", file=json.dumps({"group_roles": {}, "warnings": warnings}))
        self.on.answers("sam deploy")
        if refused:
            self.on.answers("sam deploy DatabaseLogins=prepared", refusal=refused)
        kept = self.on.folder / "kept"
        kept.mkdir(exist_ok=True)
        (kept / "functions.json").write_text("{}")
        done = self.upgrade("--snapshot", str(kept), **environment)
        asked = []
        for call in self.on.calls:
            if call.startswith("sam deploy"):
                asked.append(call.partition("--parameter-overrides ")[2])
            elif "lambda invoke" in call:
                asked.append("admin")
        return asked, done

    def test_a_new_login_is_there_before_its_function_uses_it(self):
        lacks = ["No login is a member of latchkey_token: invoke admin with `logins`."]
        prepared, separate = "DatabaseLogins=prepared", "DatabaseLogins=separate"
        named = {"PARAMETERS": "Dashboard=on\nDatabaseLogins=separate"}
        for expected, given in (
            (["admin", prepared, "admin", separate], {"warnings": lacks}),
            (["admin", f"Dashboard=on {prepared}", "admin", f"Dashboard=on {separate}"], {"warnings": lacks, **named}),
            (["admin", f"Dashboard=on {prepared}", "admin", f"Dashboard=on {separate}"], {"warnings": [], "logins": "prepared", **named}),
            (["admin", "admin", ""], {"warnings": lacks, "auth": "iam"}),
            (["admin", ""], {"warnings": ["another"], "auth": "iam"}),
            (["admin", ""], {"warnings": ["another"]}),
            (["admin", ""], {"warnings": [], "logins": "owner"}),
            (["admin", ""], {"warnings": [], "logins": ""}),
            (["admin", "DatabaseLogins=owner"], {"warnings": lacks, "PARAMETERS": "DatabaseLogins=owner"}),
        ):
            with self.subTest(given=given):
                asked, done = self.deployed(**given)
                self.assertEqual(asked[: len(expected)], expected, done.stderr)
                self.assertEqual(len(asked), len(expected), asked)

    def test_a_failure_on_the_way_says_which_logins_the_next_upgrade_needs(self):
        lacks = ["No login is a member of latchkey_token: invoke admin with `logins`."]
        _, done = self.deployed(lacks, refused="no\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("add DatabaseLogins=separate to PARAMETERS", done.stderr)
        _, done = self.deployed([])
        self.assertNotIn("PARAMETERS", done.stderr)
