#!/usr/bin/env bash
# Checks examples/client in two tabs of a browser, on a runner whose tokens are replaced every two seconds
# (.ci/two_tabs.py). Needs PYTHON, a python with selenium; chromium and chromedriver; npm and node.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=SCRIPTDIR/service.sh
. .ci/service.sh
modules=$(.ci/tools/node-modules)
port=$("$PYTHON" -c 'import socket; it = socket.create_server(("127.0.0.1", 0)); print(it.getsockname()[1])')
# The leeway has to be longer than a request takes, as on AWS; there it is 60 seconds.
serve AccessTokenSeconds=2 RefreshLeewaySeconds=3 AuthorizerCacheSeconds=0 BcryptCost=4 \
  AllowedOrigins="http://localhost:$port,http://127.0.0.1:$port"

"$modules/.bin/tsc" -p "$root/examples/client" --outDir page
cp "$root/examples/client/index.html" page
"$PYTHON" -B "$root/.ci/two_tabs.py" "$api" "$port" page
