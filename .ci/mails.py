"""The API and the mails of a local runner, for scripts that drive a browser."""

import email
import email.policy
import http.server
import json
import random
import re
import threading
import urllib.error
import urllib.request
from pathlib import Path

from browser import equal
from selenium.webdriver.support.ui import WebDriverWait

PASSWORD = "correct horse"
LINK, CODE = re.compile(r"^(\S+)#(\w+)=([\w-]{43})$", re.M), re.compile(r"^\w{4}-\w{4}$", re.M)


def wait(what, name):
    return WebDriverWait(None, 20, 0.05).until(lambda _: what(), f"no {name} within 20 s")


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def serve(handler, port=0):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


class Service:
    """The API, past the browser, and its folder of mails."""

    def __init__(self, address, folder):
        self.address, self.folder, self.read, self.secrets = address, Path(folder), set(), set()

    def post(self, path, body, **headers):
        headers = {"Content-Type": "application/json"} | {name.replace("_", "-"): it for name, it in headers.items()}
        request = urllib.request.Request(f"{self.address}/api/auth/{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, None

    def sign_up(self):
        name = f"ada{random.randrange(10**9)}"
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        equal(self.post("signup", body)[0], 200)
        return name, body["email"]

    def sign_in(self, name, password):
        status, body = self.post("signin", {"username": name, "password": password})
        return body["token"] if status == 200 else status

    def ask(self, path, address, **headers):
        equal(self.post(path, {"email": address}, **headers)[0], 202)

    def mail(self, kind, address):
        """The address of a mail's link, its purpose, its secret and its code, as soon as it is there."""
        return wait(lambda: self.find(kind, address), f"mail {kind} to {address}")

    def find(self, kind, address):
        for file in sorted(set(self.folder.glob(f"*-{kind}-*.eml")) - self.read):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if mail["To"] == address:
                self.read.add(file)
                text = mail.get_body("plain").get_content().replace("\r\n", "\n")
                self.secrets |= {LINK.search(text)[3], CODE.search(text)[0]}
                return (*LINK.search(text).groups(), CODE.search(text)[0])
        return None
