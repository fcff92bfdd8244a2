"""Drives examples/client in two tabs of headless Chromium, over a network that loses requests and answers: as a page of
localhost with the refresh token in localStorage, and as one of 127.0.0.1, which is another site, with it in a cookie. Once
with Web Locks, once without. No tab may be signed out by that; then each learns that its session was ended.

Usage: two_tabs.py ADDRESS PORT FOLDER [SEED]    (selenium; Debian's chromium and chromium-driver)

Serves FOLDER, the example's files, at PORT. The runner at ADDRESS allows the origins of both pages.
"""

import functools
import http.server
import json
import random
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from browser import browser
from lossy_network import COOKIE, Network
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SECONDS = 8
LEEWAY = 3
WITHOUT_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', {get: () => undefined})"
# Two calls at a time until the time is over, or the session is.
CALLS = """
const [api, mode, seconds, done] = arguments
import('/session.js').then(async ({ Session, SignedOut }) => {
  window.session ??= new Session(api, mode)
  const seen = {ok: 0, refused: 0, lost: 0, signedOut: 0}
  const end = Date.now() + 1000 * seconds
  const call = async () => {
    do {
      try {
        const answer = await window.session.fetch('/api/auth/users/me')
        seen[(await answer.text(), answer.ok) ? 'ok' : 'refused']++
      } catch (error) {
        seen[error instanceof SignedOut ? 'signedOut' : 'lost']++
      }
    } while (Date.now() < end && seen.signedOut === 0)
  }
  await Promise.all([call(), call()])
  return seen
}).then(done, error => done(String(error)))
"""


class Page(http.server.SimpleHTTPRequestHandler):
    """The example's files; its page has the address and the mode of its host."""

    def __init__(self, *arguments, network, **named):
        self.network = network
        super().__init__(*arguments, **named)

    def do_GET(self):
        if self.path != "/":
            return super().do_GET()
        host = self.headers["Host"].partition(":")[0]
        mode = "token" if host == "localhost" else "cookie"
        text, line = Path(self.directory, "index.html").read_text(), "new Session('http://localhost:8000', 'cookie'"
        assert line in text
        text = text.replace(line, f"new Session('http://{host}:{self.network.server_port}', '{mode}'").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Visitor:
    """A user with two tabs of one page."""

    def __init__(self, driver, mode, host, port, network):
        self.driver, self.mode, self.network = driver, mode, network
        self.origin, self.api = f"http://{host}:{port}", f"http://{host}:{network.server_port}"
        self.name = f"{mode}{random.randrange(10**9)}"
        self.password = "correct horse"
        user = {"username": self.name, "email": f"{self.name}@example.com", "password": self.password}
        assert self.post("/api/auth/signup", user) == 200
        self.tabs = []

    def post(self, path, body=None, **headers):
        """Posts past the browser; returns the status."""
        data = json.dumps(body).encode() if body else b""
        headers = {"Origin": self.origin, "X-Requested-With": "fetch"} | headers
        if body:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"http://{self.network.upstream}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def present(self, path, token):
        """Posts a refresh token in this mode's way."""
        if self.mode == "token":
            return self.post(path, {"refresh_token": token})
        return self.post(path, Cookie=f"{COOKIE}={token}")

    def open(self, script=None):
        """Opens both tabs, each after `script`."""
        self.tabs = []
        for _ in range(2):
            self.driver.switch_to.new_window("tab")
            if script:
                self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
            self.driver.get(f"{self.origin}/")
            self.tabs.append(self.driver.current_window_handle)

    def shows(self, tab, name):
        """Waits until a tab shows the user, or the form for None."""
        self.driver.switch_to.window(self.tabs[tab])
        form, user = (self.driver.find_element(By.CSS_SELECTOR, it) for it in ("form", "#user"))
        as_expected = lambda _: form.is_displayed() == (name is None) and user.text == (name or "")  # noqa: E731
        try:
            WebDriverWait(self.driver, 10, 0.05).until(as_expected)
        except TimeoutException:
            shown = self.driver.find_element(By.TAG_NAME, "body").text
            console = [entry["message"] for entry in self.driver.get_log("browser")][-5:]
            raise AssertionError(f"{self.mode}: tab {tab + 1} shows {shown!r} instead of {name}; {console}") from None

    def sign_in(self):
        self.shows(0, None)
        for name, text in (("username", self.name), ("password", self.password)):
            self.driver.find_element(By.NAME, name).send_keys(text)
        self.driver.find_element(By.CSS_SELECTOR, "form button").click()
        for tab in (0, 1):
            self.shows(tab, self.name)  # the other one without a reload

    def call(self, tab, seconds):
        """Begins the calls of a tab; `seen` has their result."""
        self.driver.switch_to.window(self.tabs[tab])
        begin = f"window.seen = new Promise(done => (function () {{{CALLS}}})(...arguments, done)); 0"
        self.driver.execute_script(begin, self.api, self.mode, seconds)

    def refresh(self, tab, waits=True):
        """Refreshes in a tab, which has forgotten its access token."""
        self.driver.switch_to.window(self.tabs[tab])
        self.driver.execute_script("window.session = undefined")
        self.call(tab, 0)
        expect(not waits or self.seen(tab)["ok"] == 2, f"{self.mode}: no refresh")

    def seen(self, tab):
        self.driver.switch_to.window(self.tabs[tab])
        return self.driver.execute_async_script("window.seen.then(arguments[0])")


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def stay_signed_in(visitors, network):
    """All tabs call over the bad network, and none is signed out."""
    network.is_bad = True
    for visitor in visitors:
        for tab in (0, 1):
            visitor.call(tab, SECONDS)
    seen = {f"{visitor.mode} {tab}": visitor.seen(tab) for visitor in visitors for tab in (0, 1)}
    network.is_bad = False
    for visitor in visitors:
        for tab in (0, 1):
            print(f"{visitor.mode}, tab {tab + 1}: {seen[f'{visitor.mode} {tab}']}")
            expect(seen[f"{visitor.mode} {tab}"]["signedOut"] == 0, "an honest client was signed out")
            expect(seen[f"{visitor.mode} {tab}"]["ok"] >= 10, "too few calls to mean anything")
        tokens, refreshes = len(network.tokens[visitor.origin]), len(network.presented[visitor.origin])
        print(f"{visitor.mode}: {refreshes} refreshes, {network.at_once[visitor.origin]} at once; {tokens} refresh tokens")
        expect(tokens >= 3 and refreshes >= 10, "too few refreshes to mean anything")
    print(f"on the network: {dict(network.lost)}")
    expect(all(network.lost[fate] for fate in ("request lost", "answer lost", "half an answer")), "nothing was lost")


def drop_late_answers(visitors, network):
    """An answer with the same refresh token that was sent arrives after another tab has got the next: it isn't stored."""
    time.sleep(LEEWAY)
    for visitor in visitors:
        visitor.refresh(1)  # rotates
    network.gate = threading.Event()
    for visitor in visitors:
        visitor.refresh(0, waits=False)  # doesn't
    wait = WebDriverWait(None, 10, 0.05)
    wait.until(lambda _: all(network.under_way[it.origin] == 2 for it in visitors), "no refreshes under way")
    late, network.gate = network.gate, None
    time.sleep(LEEWAY)
    for visitor in visitors:
        visitor.refresh(1)  # rotates
    presented = {visitor: len(network.presented[visitor.origin]) for visitor in visitors}
    late.set()
    for visitor in visitors:
        # The late access token has expired, so each call refreshes again.
        expect(visitor.seen(0)["ok"] == 2, f"{visitor.mode}: no refresh after a late one")
        last = network.presented[visitor.origin][presented[visitor] :]
        expect(set(last) == {network.tokens[visitor.origin][-1]}, f"{visitor.mode}: a token that was sent was stored")


def learn(visitor):
    """Both tabs have an access token in memory: the next call of each learns that the session is over."""
    for tab in (0, 1):
        visitor.call(tab, 0)
        expect((seen := visitor.seen(tab))["signedOut"] > 0 and seen["ok"] == 0, f"{visitor.mode}: still signed in: {seen}")


def main(address, port, folder, seed=None):
    seed = seed or random.randrange(10**6)
    print(f"seed {seed}")
    network = Network(urlsplit(address).netloc, int(seed))
    page = functools.partial(Page, network=network, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = browser(profile)
        try:
            drive(driver, network, port)
        finally:
            driver.quit()


def drive(driver, network, port):
    hosts = {"token": "localhost", "cookie": "127.0.0.1"}
    visitors = [Visitor(driver, mode, host, port, network) for mode, host in hosts.items()]
    for with_locks in (True, False):
        print(f"-- {'with' if with_locks else 'without'} Web Locks")
        network.forget()
        for visitor in visitors:
            visitor.open(None if with_locks else WITHOUT_LOCKS)
            visitor.sign_in()
        stay_signed_in(visitors, network)
        if not with_locks:
            drop_late_answers(visitors, network)
        for visitor in visitors:
            tokens, at_once = network.tokens[visitor.origin], network.at_once[visitor.origin]
            if with_locks:
                expect(at_once == 1, "two refreshes at once, in spite of the lock")
                visitor.shows(0, visitor.name)
                driver.find_element(By.ID, "sign-out").click()
                for tab in (0, 1):
                    visitor.shows(tab, None)
                expect(visitor.present("/api/auth/refresh", tokens[-1]) == 401, "signed out, but for the refresh token")
            else:
                expect(at_once > 1, "the lock is still there")
                expect(visitor.present("/api/auth/refresh", tokens[0]) == 401, "a token of old was exchanged")
                expect(visitor.present("/api/auth/refresh", tokens[-1]) == 401, "an old token ended nothing")
            learn(visitor)


if __name__ == "__main__":
    main(*sys.argv[1:])
