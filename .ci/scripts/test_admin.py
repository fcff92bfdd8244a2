import unittest

from stub import NO_STACK, Stub, stack

ASLEEP = "An error occurred (ResourceNotReadyException) when calling the Invoke operation: The function is inactive.\n"
PENDING = "An error occurred (ResourceConflictException): The function is currently in the following state: Pending\n"


class Admin(unittest.TestCase):
    def setUp(self):
        self.on = Stub()
        self.addCleanup(self.on.close)
        self.on.answers("describe-stacks", stack())
        self.on.answers("wait function-active-v2")
        self.on.answers("lambda invoke", "None\n", file='{"username": "ada", "roles": ["ROLE_ADMIN"]}')

    def grant(self):
        return self.on.run("admin.sh", "grant", "ada", "ROLE_ADMIN")

    def called(self, words):
        return sum(words in call for call in self.on.calls)

    def test_an_idle_function_is_waited_for(self):
        self.on.answers("lambda invoke", refusal=PENDING, times=1)
        self.on.answers("lambda invoke", refusal=ASLEEP, times=1)
        done = self.grant()
        self.assertEqual((done.returncode, done.stdout), (0, "ada: ROLE_ADMIN\n"), done.stderr)
        self.assertEqual((self.called("lambda invoke"), self.called("wait function-active-v2")), (3, 2))
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_a_role_is_added_and_removed(self):
        for answer, verb, printed in (
            ('{"role": "ROLE_X", "is_new": true}', ("add", "ROLE_X"), "ROLE_X: added"),
            ('{"role": "ROLE_X", "is_new": false}', ("add", "ROLE_X"), "ROLE_X: exists already"),
            ('{"role": "ROLE_X", "users": 0}', ("remove", "ROLE_X"), "ROLE_X: removed"),
            ('{"role": "ROLE_X", "users": 2}', ("remove", "ROLE_X", "--revoke"), "ROLE_X: revoked from 2, removed"),
            ('{"role": "ROLE_X", "users": null}', ("remove", "ROLE_X"), "ROLE_X: doesn't exist"),
            ('{"roles": [{"name": "ROLE_X"}]}', ("list",), '{"name":"ROLE_X"}'),
        ):
            self.on.answers("lambda invoke", "None\n", file=answer)
            done = self.on.run("admin.sh", "role", *verb)
            self.assertEqual((done.returncode, done.stdout), (0, printed + "\n"), done.stderr)
        for wrong in (("add",), ("remove", "ROLE_X", "--force"), ("list", "ROLE_X"), ("drop", "ROLE_X"), ()):
            self.assertEqual(self.on.run("admin.sh", "role", *wrong).returncode, 2, wrong)

    def test_a_user_is_signed_out_disabled_enabled_and_deleted(self):
        for answer, verb, printed in (
            ('{"username": "ada", "ended": 2}', "sign-out", "ada: signed out, sessions ended: 2"),
            (
                '{"username": "ada", "disabled_at": "2026-11-24T08:00:00Z", "ended": 0}',
                "disable",
                "ada: disabled since 2026-11-24T08:00:00Z, sessions ended: 0",
            ),
            ('{"username": "ada", "disabled_at": null}', "enable", "ada: enabled"),
            ('{"username": "ada", "ended": 1}', "delete", "ada: deleted, sessions ended: 1"),
            ('{"username": "ada\\u001b", "ended": 1}', "delete", '{"username":"ada\\u001b","ended":1}'),
        ):
            self.on.answers("lambda invoke", "None\n", file=answer)
            for subject in (("ada",), ("--id", "-7")):
                done = self.on.run("admin.sh", verb, *subject)
                self.assertEqual((done.returncode, done.stdout), (0, printed + "\n"), done.stderr)
            for wrong in ((), ("--id",), ("--id", "ada"), ("ada", "eve"), ("--id", "7", "ada")):
                self.assertEqual(self.on.run("admin.sh", verb, *wrong).returncode, 2, wrong)

    def test_the_wait_is_bounded(self):
        self.on.answers("lambda invoke", refusal=ASLEEP)
        done = self.grant()
        self.assertEqual((done.returncode, self.called("lambda invoke")), (1, 5))
        self.assertIn("ResourceNotReadyException", done.stderr)

    def test_another_failure_is_shown_at_once(self):
        self.on.answers("lambda invoke", refusal="An error occurred (AccessDeniedException)\n")
        done = self.grant()
        self.assertEqual((done.returncode, self.called("lambda invoke")), (1, 1))
        self.assertIn("AccessDeniedException", done.stderr)

    def test_without_a_stack_it_says_so(self):
        self.on.answers("describe-stacks", refusal=NO_STACK)
        done = self.grant()
        self.assertEqual((done.returncode, done.stdout, self.called("lambda")), (1, "", 0))
        self.assertIn("latchkey", done.stderr)
