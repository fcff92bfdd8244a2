#!/usr/bin/env bash
# That /openapi.json is true and /docs works: schemathesis over the one, a browser on the other. On a runner with a
# database of its own. Needs a python with schemathesis and selenium, which PYTHON names; chromium and chromedriver; jq.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=SCRIPTDIR/service.sh
. .ci/service.sh
# Hashes are cheap, and roles bite at once.
serve AuthorizerCacheSeconds=0 BcryptCost=4

export LATCHKEY_USERNAME=checker LATCHKEY_PASSWORD='a horse of every role'
curl -sS --fail-with-body -m 40 -o answer "$api/api/auth/signup" -H 'Content-Type: application/json' \
  -d "$(jq -n '{username: env.LATCHKEY_USERNAME, email: "checker@example.com", password: env.LATCHKEY_PASSWORD}')"
for role in ROLE_MODERATOR ROLE_ADMIN; do "$latchkey" grant "$LATCHKEY_USERNAME" "$role"; done

"$(dirname "$PYTHON")/schemathesis" --config-file "$root/.ci/schemathesis.toml" --no-color run "$api/openapi.json"

echo "-- the page"
"$PYTHON" "$root/.ci/browser.py" "$api"
