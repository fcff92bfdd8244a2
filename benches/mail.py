"""What the functions of mail need to be measured: secrets that were sent, a mail that waits, and AWS to take it."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import secrets
import subprocess
import threading

import events
from process import Failed

NAMES = {"change-email", "mail-page", "mail-request", "mailer", "reset-password", "verify"}
KEY = secrets.token_hex(32)
AT_ONCE = 250  # secrets that are made at once


class Aws(http.server.BaseHTTPRequestHandler):
    """SES accepts each mail, Lambda each invocation."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = (202, b"") if "/functions/" in self.path else (200, b'{"MessageId":"bench"}')
        head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *_):
        pass


class Mail:
    """The database's outbox and secrets, and AWS at an address of its own."""

    def __init__(self, database, aws):
        self.database, self.made = database, 0
        self.settings = {
            "MAIL_SENDER": "bench@example.com",
            "MAIL_LINK_URL": "https://bench.example/mail",
            "MAILS_PER_NETWORK": "1000000",
            "MAILER_FUNCTION": "bench-mailer",
            "ONE_TIME_KEY": KEY,
            "AWS_ENDPOINT_URL": aws,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
        }

    def execute(self, sql):
        command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-", self.database]
        done = subprocess.run(command, input=sql, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"psql: {done.stderr.strip()}")

    def address(self):
        """An address that nobody has asked for yet."""
        self.made += 1
        return f"mail-{KEY[:8]}-{self.made:06}@example.com"

    def links(self, purpose):
        """The tokens of links, each of a user of its own."""
        while True:
            sent = [(self.address(), secrets.token_bytes(32)) for _ in range(AT_ONCE)]
            rows = ", ".join(f"('{address}', '{hash_of(link)}')" for address, link in sent)
            self.execute(
                f"WITH made AS (INSERT INTO users (username, email) SELECT a, a FROM (VALUES {rows}) AS r (a, h) RETURNING id, email) "
                "INSERT INTO one_time_secrets (purpose, user_id, address, link_hash, code_hash, link_until, code_until) "
                f"SELECT '{purpose}', m.id, m.email, decode(r.h, 'hex'), '', now() + interval '1 day', now() "
                f"FROM made AS m JOIN (VALUES {rows}) AS r (a, h) ON r.a = m.email"
            )
            for _, link in sent:
                yield base64.urlsafe_b64encode(link).decode().rstrip("=")

    def one_waits(self, address):
        """Leaves one mail in the outbox: a new password for this address."""
        self.execute(
            "DELETE FROM mails; INSERT INTO mails (kind, address, language, asked_at, due_at) "
            f"VALUES ('reset', '{address}', 'de', now(), now() - interval '1 second')"
        )

    def events(self, account, password, signed_in):
        """The event of each of these functions, another for each invocation; `signed_in` are a caller's arguments."""
        resets, verifications = self.links("reset"), self.links("verify")

        def post(path, body, **how):
            return events.proxy("POST", f"/api/auth/{path}", json.dumps(body), **how)

        def changes():
            self.execute("DELETE FROM limits")  # a user has three changes at once
            return post("change-email", {"email": self.address(), "password": password}, **signed_in())

        def waits():
            self.one_waits(account.email)
            return b"{}"

        return {
            "change-email": changes,
            "mail-page": lambda: events.proxy("GET", "/mail"),
            "mail-request": lambda: post("forgot-password", {"email": self.address()}),
            "mailer": waits,
            "reset-password": lambda: post("reset-password", {"token": next(resets), "password": password}),
            "verify": lambda: post("verify", {"token": next(verifications)}),
        }


def sent(answer):
    """Fails unless the mailer has sent one mail."""
    if answer != {"sent": 1, "dropped": 0, "waiting": 0}:
        raise Failed(f"the mailer answered {answer}")


def hash_of(link):
    """What the database has of a link.

    >>> len(hash_of(bytes(32)))
    64
    """
    return hmac.new(KEY.encode(), b"link" + link, hashlib.sha256).hexdigest()


@contextlib.contextmanager
def over(database):
    """The mail of this database."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Mail(database, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
