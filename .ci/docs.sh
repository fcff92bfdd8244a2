#!/usr/bin/env bash
# Checks /openapi.json by schemathesis and /docs by a browser, on a runner with its own database. Needs PYTHON, a python
# with schemathesis and selenium; chromium and chromedriver; jq.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=SCRIPTDIR/service.sh
. .ci/service.sh
# Cheap hashes; roles take effect at once; schemathesis guesses the password of the document's example often, and the page
# signs in by it.
serve AuthorizerCacheSeconds=0 BcryptCost=4 GuessesPerAccount=10000

export LATCHKEY_USERNAME=checker LATCHKEY_PASSWORD='a horse of every role'
curl -sS --fail-with-body -m 40 -o answer "$api/api/auth/signup" -H 'Content-Type: application/json' \
  -d "$(jq -n '{username: env.LATCHKEY_USERNAME, email: "checker@example.com", password: env.LATCHKEY_PASSWORD}')"
for role in ROLE_MODERATOR ROLE_ADMIN; do "$latchkey" grant "$LATCHKEY_USERNAME" "$role"; done

"$(dirname "$PYTHON")/schemathesis" --config-file "$root/.ci/schemathesis.toml" --no-color run "$api/openapi.json"

echo "-- the page"
"$PYTHON" "$root/.ci/browser.py" "$api"
