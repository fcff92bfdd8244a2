#!/usr/bin/env bash
# Checks the page that the links of mails open, and that of the runner's mails, by a browser (.ci/mail_page.py); then a
# runner whose links lead to a team's own page (.ci/team_page.py). Needs PYTHON, a python with selenium; chromium and
# chromedriver; curl.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=SCRIPTDIR/service.sh
. .ci/service.sh
serve AuthorizerCacheSeconds=0 BcryptCost=4
"$PYTHON" -B "$root/.ci/mail_page.py" "$api" .local/mails

kill "$runner" && wait "$runner"
cd "$root"
port=$("$PYTHON" -c 'import socket; it = socket.create_server(("127.0.0.1", 0)); print(it.getsockname()[1])')
MAIL_LINK_URL=http://127.0.0.1:$port/account serve BcryptCost=4 AllowedOrigins="http://127.0.0.1:$port"
"$PYTHON" -B "$root/.ci/team_page.py" "$api" .local/mails "$port"
