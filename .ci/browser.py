"""Drives /docs in headless Chromium like a new user: signs up and in, authorizes in both ways, calls `me`, reads errors.
Fails on a fault of the page, a warning in the console, or a request to another host. Then repeats it below a stage, as
API Gateway serves it.

Usage: browser.py ADDRESS [SCREENSHOT]    (selenium; Debian's chromium and chromium-driver)
"""

import http.client
import http.server
import json
import random
import sys
import tempfile
import threading
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, CHROMEDRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
# No sandbox, since CI runs as root; no requests of Chromium's own.
FLAGS = """--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking
--disable-component-update --disable-sync --hide-scrollbars --window-size=1280,1400""".split()
PASSWORD = "correct horse"

# React notices a change only through the setter of the element's prototype.
TYPE_IN = """
const setter = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set
setter.call(arguments[0], arguments[1])
arguments[0].dispatchEvent(new Event('input', {bubbles: true}))
"""


def browser(profile):
    options = Options()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))


class Page:
    """The page, freshly loaded."""

    def __init__(self, driver, base):
        self.driver = driver
        driver.get("about:blank")  # otherwise only the fragment changes
        driver.get(f"{base}/docs")
        self.one(".opblock")

    def all(self, css, within=None):
        return (within or self.driver).find_elements(By.CSS_SELECTOR, css)

    def one(self, css, within=None):
        return self.wait(lambda: self.all(css, within), css)[0]

    def wait(self, what, name):
        return WebDriverWait(self.driver, 30, 0.05).until(lambda _: what(), f"no {name} within 30 s")

    def click(self, css, within=None):
        element = self.one(css, within)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def open(self, operation):
        block = self.one(f"[id$='-{operation}']")
        if "is-open" not in block.get_attribute("class"):
            self.click(".opblock-summary-control", block)
        return block

    def call(self, operation, body=None):
        """Executes an operation with its example or with `body`; returns the status and the body on the page."""
        block = self.open(operation)
        for clear in self.all(".btn-clear", block):
            clear.click()
            self.wait(lambda: not self.all(".live-responses-table", block), "removal of the old answer")
        if body is not None:
            self.driver.execute_script(TYPE_IN, self.one("textarea.body-param__text", block), json.dumps(body))
        self.click(".execute", block)
        table = self.one(".live-responses-table", block)
        status = self.one("tr.response td.response-col_status", table).text.split()[0]
        shown = self.all(".microlight", table)
        return int(status), shown[0].text if shown else ""

    def authorize(self, scheme, fields):
        """Fills in one way of authorizing; returns the dialogue's text."""
        self.click(".auth-wrapper > button.authorize")
        containers = self.wait(lambda: self.all(".dialog-ux .auth-container"), "dialogue")
        container = next(it for it in containers if scheme in it.text)
        for css, text in fields.items():
            self.one(css, container).send_keys(text)
        self.click("button.authorize", container)
        done = lambda: self.all(".dialog-ux .errors") or "Logout" in self.one(".dialog-ux").text  # noqa: E731
        self.wait(done, "result of authorizing")
        text = self.one(".dialog-ux").text
        self.click(".dialog-ux .close-modal")
        return text


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} is not {expected!r}")


def drive(driver, base):
    page = Page(driver, base)
    equal(driver.title, page.one(".info .title").text.split("\n")[0])
    equal(page.one(".info a.link").get_attribute("href"), f"{base}/openapi.json")

    # The examples work unchanged.
    assert page.call("signUp")[0] in (200, 409)  # 409: the example's user exists
    equal([page.call(operation)[0] for operation in ("signIn", "getToken")], [200, 200])

    name = f"ada{random.randrange(10**9)}"
    ada = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    shown = {"username": name, "email": ada["email"]}
    status, body = page.call("signUp", ada)
    equal((status, json.loads(body)), (200, shown))
    equal(page.call("signUp", ada), (409, "Username already registered"))
    status, body = page.call("signUp", {**ada, "email": "no address"})
    equal((status, json.loads(body)["detail"][0]["loc"]), (422, ["body", "email"]))
    equal(page.call("signIn", {**ada, "password": "wrong"}), (401, "Incorrect username or password"))
    status, body = page.call("signIn", {"username": name, "password": PASSWORD})
    equal(status, 200)
    token = json.loads(body)["token"]
    equal(page.call("getMe")[0], 401)

    password_flow = {"#oauth_username": name, "#oauth_password": PASSWORD}
    text = page.authorize("OAuth2", {**password_flow, "#oauth_password": "wrong"})
    assert "Incorrect username or password" in text or "invalid_grant" in text, text
    for scheme, fields in (("OAuth2", password_flow), ("HTTPBearer", {"input": token})):
        page = Page(driver, base)
        equal(page.call("getMe")[0], 401)  # a reload forgets the token
        page.authorize(scheme, fields)
        status, body = page.call("getMe")
        equal((status, json.loads(body)), (200, shown))
        equal(page.call("getModeratorContent"), (403, "Unauthorized."))

    # Open everything, so that the page loads and styles everything.
    for block in page.all(".opblock"):
        page.open(block.get_attribute("id").rsplit("-", 1)[1])
    for css in (".models button", ".model-example .tablinks", ".json-schema-2020-12-accordion"):
        driver.execute_script("document.querySelectorAll(arguments[0]).forEach(it => it.click())", css)


def faults(driver, base):
    """The console's messages, except about refused calls, and requests to another host."""
    for entry in driver.get_log("browser"):
        is_refusal = "Failed to load resource" in entry["message"] and "/api/" in entry["message"]
        if entry["level"] in ("SEVERE", "WARNING") and not is_refusal:
            yield f"console: {entry['message']}"
    for entry in driver.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        if event["method"] == "Network.requestWillBeSent":
            url = urlsplit(event["params"]["request"]["url"])
            # Chromium also loads internal pages.
            if url.scheme in ("http", "https", "ws", "wss") and url.netloc != urlsplit(base).netloc:
                yield f"a request to {url.netloc}"


def photograph(driver, base, file):
    """Saves a screenshot of the page with a sign-in and its answer."""
    driver.set_window_size(1100, 1500)
    block = (page := Page(driver, base)).open("signIn")
    page.call("signIn")
    driver.execute_script("document.activeElement.blur(); arguments[0].scrollIntoView()", block)
    driver.save_screenshot(file)


class Stage(http.server.BaseHTTPRequestHandler):
    """Forwards requests below /Prod, without that prefix."""

    protocol_version = "HTTP/1.1"
    behind = None

    def passes(self, body):
        """Whether a request with this body is forwarded; otherwise its connection ends."""
        return True

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.passes(body):
            self.close_connection = True
            return
        connection = http.client.HTTPConnection(self.behind, timeout=40)
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Connection")}
        connection.request(self.command, self.path.removeprefix("/Prod"), body, headers)
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "date"):
                self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = forward  # noqa: N815

    def log_message(self, *_):
        pass


def main(address, screenshot=None):
    Stage.behind = urlsplit(address).netloc
    stage = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stage)
    threading.Thread(target=stage.serve_forever, daemon=True).start()
    for base in (address.rstrip("/"), f"http://127.0.0.1:{stage.server_port}/Prod"):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            driver = browser(profile)
            try:
                drive(driver, base)
                found = list(faults(driver, base))
                if screenshot:
                    photograph(driver, base, screenshot)
                    screenshot = None
            finally:
                driver.quit()
        if found:
            sys.exit("\n".join(found))
        print(f"{base}/docs works, without requests to other hosts")


if __name__ == "__main__":
    main(*sys.argv[1:])
