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
