"""Drives the page of mails in headless Chromium, by the mails that the local runner has put into its folder: as a scanner,
which loads a link and presses nothing, and as a user, who resets a password and confirms addresses; at the service's own
address and below a stage, over a network that records each request. Then reads mails at /_mails.

Usage: mail_page.py ADDRESS FOLDER    (selenium; Debian's chromium and chromium-driver; curl)
"""

import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

from browser import Stage, browser, equal, faults
from mails import PASSWORD, Service, expect, serve, wait
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

NEW_PASSWORD = "a stable of batteries"


class Network(Stage):
    """Forwards to the runner, and records what is sent. With `loses`, each POST is lost: Chromium repeats it by itself."""

    seen, loses = [], False

    def passes(self, body):
        self.seen.append((self.command, self.path, str(self.headers), body.decode()))
        return not (self.loses and self.command == "POST")


class Page:
    """The page in a tab."""

    def __init__(self, driver, base):
        self.driver, self.base = driver, base

    def open(self, fragment=""):
        self.driver.get("about:blank")  # otherwise only the fragment changes
        self.driver.get(f"{self.base}/mail{fragment}")
        wait(self.one("form").is_displayed, "form")
        return self

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def shown(self):
        """The ids of the inputs and the button that are seen, in their order."""
        found = self.driver.find_elements(By.CSS_SELECTOR, "input, button")
        return [it.get_attribute("id") or it.get_attribute("value") for it in found if it.is_displayed()]

    def type(self, **texts):
        for name, text in texts.items():
            self.one(f"#{name}").clear()
            self.one(f"#{name}").send_keys(text)

    def press(self, css="#error"):
        """Presses the button; returns the error that is shown, or else the text at `css`."""
        self.one("#button").click()
        return self.says(css)

    def says(self, css):
        return wait(lambda: self.one(css).text, f"text at {css}")

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def focus(self):
        return self.driver.switch_to.active_element.get_attribute("id")


def posts():
    return [it for it in Network.seen if it[0] == "POST"]


def scan(page, service, fragment, shown):
    """Loading a link uses nothing up, nor does a program that asks for it."""
    before = len(posts())
    for _ in range(10):
        page.open(fragment)
        equal(page.shown(), shown)
        for url in (f"{service.address}/mail{fragment}", f"{service.address}/mail"):
            for arguments in (["-L"], ["-I"]):
                subprocess.run(["curl", "-s", "-m", "20", "-o", "/dev/null", *arguments, url], check=True)
    equal(len(posts()), before)


def has_gone(page, token):
    """The secret is neither in the address bar nor in the tab's history."""
    equal(page.driver.current_url, f"{page.base}/mail")
    entries = page.driver.execute_cdp_cmd("Page.getNavigationHistory", {})["entries"]
    expect(not any(token in entry["url"] for entry in entries), "the secret is in the history")


def reset_by_link(page, service):
    name, address = service.sign_up()
    service.ask("forgot-password", address)
    _, purpose, token, _ = service.mail("reset", address)
    equal(purpose, "reset")
    scan(page, service, f"#reset={token}", ["password", "button"])
    page.open(f"#reset={token}")
    has_gone(page, token)
    for password, words in (("", "fill in"), ("short", "at least 8"), ("password", "Many people"), (address, "too similar")):
        page.type(password=password)
        found = page.press()
        expect(words in found and "alue" not in found, found)
        equal(page.focus(), "password")
    page.type(password=NEW_PASSWORD)
    Network.loses = True
    expect("did not work" in page.press(), "a lost request")
    Network.loses = False
    equal(page.focus(), "button")
    before = len(posts())
    page.driver.execute_script("arguments[0].click(); arguments[0].click()", page.one("#button"))
    expect("new password is set" in page.says("#done"), "no success")
    equal((len(posts()) - before, page.focus(), page.shown()), (1, "done", []))
    equal(service.sign_in(name, PASSWORD), 401)
    expect(isinstance(service.sign_in(name, NEW_PASSWORD), str), "the new password doesn't sign in")
    page.open(f"#reset={token}").type(password="another battery")
    expect("used or expired" in page.press(), "a used link")


def reset_by_code(page, service):
    """On another device, by the keyboard alone, on a narrow screen, in German."""
    name, address = service.sign_up()
    service.ask("forgot-password", address, Accept_Language="de")
    *_, code = service.mail("reset", address)
    page.open()
    equal(page.shown(), ["verify", "reset", "email", "code", "button"])
    expect(page.driver.execute_script("return document.documentElement.scrollWidth <= 320"), "wider than the screen")
    page.keys(Keys.TAB, Keys.ARROW_DOWN, Keys.TAB, address, Keys.TAB, "7K3M-Q9XA", Keys.TAB, NEW_PASSWORD, Keys.ENTER)
    expect("ungültig" in page.says("#error"), "a wrong code")
    equal(page.focus(), "password")
    ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    page.keys(code.replace("-", " ").lower(), Keys.ENTER)
    expect("Passwort gilt" in page.says("#done"), "no success")
    equal(page.one("html").get_attribute("lang"), "de")
    expect(isinstance(service.sign_in(name, NEW_PASSWORD), str), "the new password doesn't sign in")


def burn(page, service):
    """Over the limit of codes, the link works."""
    _, address = service.sign_up()
    service.ask("forgot-password", address)
    _, _, token, code = service.mail("reset", address)
    body = {"email": address, "code": "7K3M-Q9XA", "password": NEW_PASSWORD}
    equal([service.post("reset-password", body)[0] for _ in range(6)], [400] * 5 + [429])
    page.open().one("[value=reset]").click()
    page.type(email=address, code=code, password=NEW_PASSWORD)
    expect("Too many" in page.press(), "over the limit")
    # A link that is opened in the same tab changes the fragment alone.
    page.driver.execute_script("location.hash = arguments[0]", f"reset={token}")
    wait(lambda: page.shown() == ["password", "button"], "form of the link")
    has_gone(page, token)
    page.type(password=NEW_PASSWORD)
    expect("is set" in page.press("#done"), "no success by the link")


def confirm(page, service):
    name, address = service.sign_up()
    service.ask("request-verify-token", address)
    _, _, token, _ = service.mail("verify", address)
    scan(page, service, f"#verify={token}", ["button"])
    page.open(f"#verify={token}")
    page.keys(Keys.TAB, Keys.ENTER)
    expect("is confirmed" in page.says("#done"), "no success")
    token = service.sign_in(name, PASSWORD)
    new = {"email": f"new.{address}", "password": PASSWORD}
    equal(service.post("change-email", new, Authorization=f"Bearer {token}")[0], 202)
    _, purpose, secret, _ = service.mail("change", new["email"])
    page.open(f"#{purpose}={secret}")
    equal(page.one("#button").text, "Confirm my new e-mail address")
    expect("is confirmed" in page.press("#done"), "no success")
    page.open().type(email=address, code="7K3M-Q9XA")
    expect("used or expired" in page.press(), "a wrong code")


def is_accessible(page):
    page.open().one("[value=reset]").click()
    equal(page.one("html").get_attribute("lang"), "en")
    fields = {"email": ("email", "email"), "code": ("text", "one-time-code"), "password": ("password", "new-password")}
    for name, expected in fields.items():
        field = page.one(f"#{name}")
        equal(tuple(field.get_attribute(it) for it in ("type", "autocomplete")), expected)
        expect(field.accessible_name and field.get_attribute("aria-describedby") == "error", f"no label of {name}")
    equal([page.one(it).aria_role for it in ("#error", "#done", "#form")], ["alert", "status", "form"])


def refuses_others(page):
    """The page has no rights but to call its service, and no other page can frame it."""
    names = ["referrer-policy", "content-security-policy"]
    heads = "fetch('mail').then(it => arguments[1](arguments[0].map(name => it.headers.get(name))))"
    referrer, policy = page.driver.execute_async_script(heads, names)
    expect(referrer == "no-referrer" and "frame-ancestors 'none'" in policy, f"{referrer}, {policy}")
    script = "const it = document.createElement('script'); it.textContent = 'window.ran = 1'; document.body.append(it)"
    page.driver.execute_script(script)
    other = "fetch('http://localhost:9/').then(String, String).then(arguments[0])"
    page.driver.execute_async_script(other)
    expect(page.driver.execute_script("return window.ran === undefined"), "an inline script ran")
    console = " ".join(entry["message"] for entry in page.driver.get_log("browser"))
    expect("connect-src" in console and "script-src" in console, f"no rule was broken: {console}")


def inbox(driver, service):
    """A mail is read at /_mails: no script of it runs, and its link opens a tab."""
    driver.get(f"{service.address}/_mails")
    _, address = service.sign_up()
    service.ask("forgot-password", address)
    row = f"//tr[contains(., '{address}') and contains(., 'Reset')]"
    wait(lambda: driver.find_elements(By.XPATH, row), "mail in the list, which is read again by itself")
    script = "<script>document.body.append('it ran')</script><img src=x onerror=\"document.body.append('it ran')\">"
    for file in service.folder.glob("*-reset-*.eml"):
        file.write_bytes(file.read_bytes().replace(b"</body>", f"{script.replace('=', '=3D')}</body>".encode()))
    press = "document.evaluate(arguments[0], document, null, 9).singleNodeValue.click()"
    driver.execute_script(press, f"{row}//a")
    wait(lambda: "<iframe" in driver.page_source, "mail")
    driver.switch_to.frame(driver.find_element(By.TAG_NAME, "iframe"))
    link = wait(lambda: driver.find_elements(By.TAG_NAME, "a"), "link in the frame")[0]
    expect("it ran" not in driver.find_element(By.TAG_NAME, "body").text, "a mail's script ran")
    link.click()
    driver.switch_to.window(wait(lambda: driver.window_handles[1:], "tab of the link")[0])
    page = Page(driver, service.address)
    wait(lambda: page.shown() == ["password", "button"], "page of the link")
    page.type(password=NEW_PASSWORD)
    expect("is set" in page.press("#done"), "no success")


def drive(driver, service):
    Network.behind = urlsplit(service.address).netloc
    origin = f"http://127.0.0.1:{serve(Network)}"
    for stage in ("", "/Prod"):
        Network.seen.clear()
        page = Page(driver, f"{origin}{stage}")
        reset_by_link(page, service)
        confirm(page, service)
        burn(page, service)
        is_accessible(page)
        agent = {"userAgent": driver.execute_script("return navigator.userAgent")}
        narrow = {"width": 320, "height": 600, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Network.setUserAgentOverride", {**agent, "acceptLanguage": "fr, de-AT"})
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
        reset_by_code(page, service)
        driver.execute_cdp_cmd("Network.setUserAgentOverride", {**agent, "acceptLanguage": "en"})
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        equal(list(faults(driver, origin)), [])
        refuses_others(page)
        driver.get_log("performance")  # forgets them
        check(Network.seen, stage, service.secrets)
        print(f"{origin}{stage}/mail works; {len(Network.seen)} requests, {len(posts())} of them POST")
    inbox(driver, service)
    equal([it for it in faults(driver, service.address) if "script" not in it], [])
    print(f"{service.address}/_mails works")


def check(requests, stage, secrets):
    """What was sent below `stage`: a secret in the body of a POST alone, and no `Referer`."""
    for method, path, headers, body in requests:
        expect(path in {f"{stage}/mail{it}" for it in ("", "/page.js", "/page.css")} or method == "POST", path)
        expect(path in {f"{stage}/api/auth/{it}" for it in ("reset-password", "verify")} or not body, path)
        expect("\nreferer:" not in headers.lower(), f"{path} has a Referer")
        expect(not any(it in path + headers for it in secrets), f"a secret in the head of {path}")
    expect(any(it in body for *_, body in requests for it in secrets), "no secret was sent")


def main(address, folder):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = browser(profile)
        try:
            drive(driver, Service(address, folder))
        finally:
            driver.quit()


if __name__ == "__main__":
    main(*sys.argv[1:])
