"""Run by: python3 -m unittest discover examples/reports"""

import json
import os
import time
import unittest

from handler import handle


def call(method, resource, roles="", exp=60, origin="https://app.example.com", **parameters):
    caller = {"sub": "1", "username": "ada", "email": "ada@example.com", "roles": roles, "exp": str(int(time.time()) + exp)}
    event = {
        "httpMethod": method,
        "resource": resource,
        "pathParameters": parameters or None,
        "headers": {"origin": origin},
        "requestContext": {"authorizer": caller},
    }
    answer = handle(event, None)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


class Reports(unittest.TestCase):
    def test_every_user_sees_the_list(self):
        self.assertEqual(call("GET", "/reports")[:2], (200, {"reports": ["7"], "for": "ada"}))

    def test_a_report_is_found_by_its_id(self):
        self.assertEqual(call("GET", "/reports/{id}", id="7")[0], 200)
        self.assertEqual(call("GET", "/reports/{id}", id="8")[0], 404)

    def test_a_report_is_added_by_its_role_alone(self):
        self.assertEqual(call("POST", "/reports", "ROLE_USER ROLE_EDITOR")[:2], (201, {"author": 1}))
        self.assertEqual(call("POST", "/reports", "ROLE_USER ROLE_EDITORS")[0], 403)

    def test_a_token_that_has_ended_is_refused(self):
        self.assertEqual(call("GET", "/reports", exp=0)[0], 401)

    def test_a_page_of_an_allowed_origin_may_read_the_answer(self):
        os.environ["ALLOWED_ORIGINS"] = "https://app.example.com,capacitor://localhost"
        self.addCleanup(os.environ.pop, "ALLOWED_ORIGINS")
        allowed = "Access-Control-Allow-Origin"
        self.assertEqual(call("GET", "/reports")[2][allowed], "https://app.example.com")
        self.assertNotIn(allowed, call("GET", "/reports", origin="https://evil.example")[2])
