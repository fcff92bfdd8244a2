"""Serves a team's own page at PORT, where the links of the runner at ADDRESS lead, and presses its button in headless
Chromium. Latchkey's page works all the same.

Usage: team_page.py ADDRESS FOLDER PORT    (selenium; Debian's chromium and chromium-driver)
"""

import http.server
import sys
import tempfile

from browser import browser, equal
from mail_page import Page
from mails import Service, expect, serve

TEAMS_PAGE = """<!doctype html><title>Ours</title><button id="button">Confirm</button><p id="done"></p><script>
const [, token] = location.hash.split('=')
history.replaceState(null, '', location.pathname)
document.querySelector('button').onclick = async () => {
  const answer = await fetch('API/api/auth/verify', {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({token}),
  })
  document.querySelector('#done').textContent = answer.status
}
</script>"""


class Team(http.server.BaseHTTPRequestHandler):
    page = ""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, *_):
        pass


def own_page(driver, service, port):
    """Links lead to the team's page, and Latchkey's works all the same."""
    for base in (f"http://127.0.0.1:{port}/account", f"{service.address}/mail"):
        _, address = service.sign_up()
        service.ask("request-verify-token", address)
        link, purpose, token, _ = service.mail("verify", address)
        equal((link, purpose), (f"http://127.0.0.1:{port}/account", "verify"))
        driver.get(f"{base}#verify={token}")
        expect(Page(driver, base).press("#done") in ("200", "Your e-mail address is confirmed. You can close this page."), base)


def main(address, folder, port):
    Team.page = TEAMS_PAGE.replace("API", address)
    serve(Team, int(port))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = browser(profile)
        try:
            own_page(driver, Service(address, folder), port)
        finally:
            driver.quit()
    print(f"a link leads to http://127.0.0.1:{port}/account, and {address}/mail works")


if __name__ == "__main__":
    main(*sys.argv[1:])
