import json
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

from stub import Stub

EC = {"kty": "EC", "crv": "P-256", "kid": "a", "alg": "ES256", "x": "AA", "y": "AA"}
RSA = {"kty": "RSA", "kid": "b", "alg": "RS256", "n": "AA", "e": "AQAB"}


class Smoke(unittest.TestCase):
    def setUp(self):
        self.on = Stub()
        self.addCleanup(self.on.close)
        (self.on.folder / "bin/curl").unlink()

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
