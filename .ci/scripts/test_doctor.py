"""The checks of deployment/doctor.sh on tools, the account and the API, passed and failed."""

from doctor import HASHING, PARAMETERS, Doctor, date, preflight
from stub import NO_STACK


class Account(Doctor):
    def test_all_is_green(self):
        done = self.doctor()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual([line for line in done.stdout.splitlines() if not line.startswith("ok ")], [])
        self.assertNotIn("hidden", done.stdout)
        changing = ("create", "put", "update", "delete", "deploy", "modify")
        self.assertEqual([call for call in self.on.calls if any(f" {word}-" in call for word in changing)], [])

    def test_before_the_first_deployment(self):
        self.on.answers("describe-stacks", refusal=NO_STACK)
        self.one("--", "the stack latchkey", "isn't deployed yet", *(f"{name}={value}" for name, value in PARAMETERS.items()))
        self.assertEqual([call for call in self.on.calls if "OPTIONS" in call or "jwks.json" in call], [])

    def test_old_tools(self):
        for program, said in {
            "aws": "aws-cli/1.18.69 Python/3.8\n",
            "sam": "SAM CLI, version 1.53.0\n",
            "cargo lambda": "cargo-lambda 0.9.0\n",
        }.items():
            with self.subTest(program):
                self.on.answers(f"{program} --version", said, times=2)
                self.one("RED", program.replace(" ", "-"), "Install a newer one")
                self.on.rules.pop(0)
        self.on.answers("aws --version", "aws-cli/2.2.5 Python/3.8\n")
        self.one("RED", "aws", "2.7 or later")

    def test_a_tool_that_is_missing(self):
        self.on.answers("sam --version", refusal="sam: command not found\n")
        self.one("RED", "sam", "isn't on the PATH")

    def test_the_clock(self):
        self.on.answers("curl sts", date(400))
        self.one("RED", "the clock", "Set it by NTP")
        self.on.answers("curl sts", date(-400))
        self.one("RED", "the clock", "Set it by NTP")

    def test_no_credentials(self):
        self.on.answers("get-caller-identity", refusal="\nUnable to locate credentials. You can configure them.\n")
        self.one("RED", "the credentials", "Unable to locate")

    def test_no_region(self):
        self.on.answers("aws configure get region", refusal=" ")
        self.one("RED", "the region", "export AWS_REGION", AWS_REGION="")

    def test_a_stack_that_cannot_be_updated(self):
        self.stack(status="ROLLBACK_COMPLETE", outputs={})
        self.one("RED", "latchkey is ROLLBACK_COMPLETE", "A first deployment that failed")

    def test_the_quota(self):
        self.on.answers("get-account-settings", {"AccountLimit": {"ConcurrentExecutions": 10}})
        self.one("RED", "Lambda's quota", "L-B99A9384")

    def test_the_quota_for_what_is_reserved(self):
        most = 800 // len(HASHING)
        self.one("RED", "Lambda's quota", "can't be reserved", "AuthorizerConcurrency=100", f"HashingConcurrency={most + 1}")
        self.one("RED", "Lambda's quota", "can't be reserved", "JwksConcurrency=901")
        self.assertEqual(self.doctor("AuthorizerConcurrency=50", "JwksConcurrency=50", f"HashingConcurrency={most}").returncode, 0)

    def test_the_log_role(self):
        self.one("RED", "API Gateway's log role", "set ApiGatewayLogRole=exists", 'ApiGatewayLogRole=""')
        self.one("RED", "API Gateway's log role", "would replace", "ApiGatewayLogRole=make")
        self.on.answers("iam get-role", refusal="An error occurred (NoSuchEntity)\n")
        self.one("RED", "API Gateway's log role", "was deleted")
        self.on.answers("apigateway get-account", {})
        self.one("RED", "API Gateway's log role", "the region has none")
        self.one("RED", "API Gateway's log role", "set ApiGatewayLogRole=make", "ApiGatewayLogRole=")

    def test_the_log_role_of_the_stack(self):
        self.stack(ApiGatewayLogRole="make")
        self.assertEqual(self.doctor().returncode, 0)
        self.on.answers("iam get-role", refusal="An error occurred (NoSuchEntity)\n")
        self.one("RED", "API Gateway's log role", "nothing is logged")

    def test_binaries_for_another_processor(self):
        self.on.build("signin", 0x3E)
        self.one("RED", "the binaries", "not for arm64: signin")
        self.one("RED", "the binaries", "deployment/build.sh --x86-64", "Architecture=x86_64")

    def test_binaries_that_are_missing(self):
        (self.on.folder / "target/lambda/signin/bootstrap").unlink()
        self.one("--", "the binaries", "not built: signin")

    def test_functions(self):
        self.on.answers("get-function-configuration latchkey-signin json", {"State": "Failed", "StateReason": "No such subnet."})
        self.one("RED", "the functions: signin is Failed", "No such subnet.")
        self.on.answers("get-function-configuration latchkey-signin json", {"State": "Inactive"})
        self.one("YELLOW", "the functions", "fails: signin")

    def test_a_preflight(self):
        self.on.answers("curl OPTIONS", preflight(status=500))
        self.one("RED", "a preflight: 500", "No browser")
        self.on.answers("curl OPTIONS", preflight(origin="http://localhost:3000"))
        self.one("RED", "a preflight: 200", "http://localhost:3000; expected 200 for https://app.example.com")

    def test_what_production_needs(self):
        self.one("YELLOW", "alarms", "AlarmTopicArn", "AlarmTopicArn=")
        self.on.answers("curl OPTIONS", preflight(origin="http://localhost:3000"))
        self.one("YELLOW", "the web page", "AllowedOrigins", "AllowedOrigins=http://localhost:3000")
        self.stack(protected=False)
        self.on.answers("curl OPTIONS", preflight())
        self.one("YELLOW", "termination protection", "--enable-termination-protection")
