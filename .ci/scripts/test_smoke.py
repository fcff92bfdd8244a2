import base64
import json
import threading
import unittest
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

from stub import Stub

EC = {"kty": "EC", "crv": "P-256", "kid": "a", "alg": "ES256", "x": "AA", "y": "AA"}
RSA = {"kty": "RSA", "kid": "b", "alg": "RS256", "n": "AA", "e": "AQAB"}


class Smoke(unittest.TestCase):
    def setUp(self):
        self.on = Stub()
        self.addCleanup(self.on.close)
        (self.on.folder / "bin/curl").unlink()

    def asked(self, unavailable=""):
        """The forms and bodies sent to an API that refuses each of them, but is unavailable at one path; and what failed."""
        refusals = {"signup": 422, "signin": 422, "token": 401, "refresh": 401, "revoke": 200}
        sent = []

        class Api(BaseHTTPRequestHandler):
            def answer(self, status, body):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def do_GET(self):
                pages = {"/": "Hello World", "/.well-known/jwks.json": {"keys": [EC]}}
                others = 401 if "/me" in self.path else 200
                self.answer(200 if self.path in pages else others, pages.get(self.path))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                sent.append((self.path, body))
                name = self.path.rsplit("/", 1)[1]
                status = 503 if name == unavailable else refusals[name]
                if name == "signin" and "nobody" in body and status != 503:
                    status = 401
                if name == "token" and "grant_type=refresh_token" in body and status != 503:
                    status = 400
                self.answer(status, {"detail": ["x"], "error": "invalid_grant"})

            def do_OPTIONS(self):
                self.answer(200, None)

            def log_message(self, *_):
                pass

        with HTTPServer(("127.0.0.1", 0), Api) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,)).start()
            done = self.on.run("smoke.sh", f"http://127.0.0.1:{server.server_port}", SMOKE_SECONDS="0")
            server.shutdown()
        return sent, done

    def test_each_public_function_is_asked_what_only_its_database_knows(self):
        sent, done = self.asked()
        self.assertEqual(done.returncode, 0, done.stderr)
        forms = [urllib.parse.parse_qs(body) for path, body in sent if path == "/api/auth/token"]
        self.assertEqual([form["grant_type"] for form in forms], [["password"], ["refresh_token"]])
        self.assertTrue(forms[0]["username"][0] and forms[0]["password"][0])
        [refreshed] = [json.loads(body)["refresh_token"] for path, body in sent if path == "/api/auth/refresh"]
        self.assertEqual([refreshed], forms[1]["refresh_token"])
        self.assertRegex(refreshed, "^lkr_[A-Za-z0-9_-]{86}$")
        session = base64.urlsafe_b64decode(refreshed[4:] + "==")[:16]
        self.assertEqual(uuid.UUID(bytes=session).version, 7)
        for name in ("signin", "token", "refresh", "revoke"):
            _, done = self.asked(unavailable=name)
            self.assertEqual(done.returncode, 1, name)
            self.assertIn(f"/api/auth/{name} answered 503", done.stderr)

    def failed(self, *keys):
        """The check that fails against an API that has these public keys, a start page and nothing else."""
        pages = {"/": "Hello World", "/.well-known/jwks.json": {"keys": keys}}

        class Api(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path in pages else 404)
                self.end_headers()
                self.wfile.write(json.dumps(pages.get(self.path)).encode())

            def log_message(self, *_):
                pass

        with HTTPServer(("127.0.0.1", 0), Api) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,)).start()
            done = self.on.run("smoke.sh", f"http://127.0.0.1:{server.server_port}", SMOKE_SECONDS="0")
            server.shutdown()
        return done.stderr.split(": ")[1]

    def test_public_keys_of_both_kinds_are_accepted(self):
        for keys in ([EC], [RSA], [EC, RSA]):
            with self.subTest(keys=keys):
                self.assertEqual(self.failed(*keys), "a request without a token is refused")

    def test_no_key_and_no_private_key_is_accepted(self):
        private = [EC | {"d": "AA"}, *(RSA | {name: "AA"} for name in ("d", "p", "q", "dp", "dq", "qi", "oth"))]
        for keys in ([], [EC | {"crv": "P-384"}], [{"kty": "oct", "k": "AA"}], *([RSA, key] for key in private)):
            with self.subTest(keys=keys):
                self.assertEqual(self.failed(*keys), "the database is migrated and has public keys")
