#!/usr/bin/env bash
# That /openapi.json is true and /docs works: schemathesis over the one, a browser on the other. On a runner with a
# database of its own. Needs a python with schemathesis and selenium, which PYTHON names; chromium and chromedriver; jq.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

place=$(mktemp -d)
runner=
end() {
  if [ -n "$runner" ]; then
    kill "$runner" 2>/dev/null || true
    wait "$runner" || true
  fi
  rm -rf "$place"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

cargo build --quiet -p local
# A project of its own, so that nobody's data is touched. Hashes are cheap, and roles bite at once.
cp template.yaml "$place"
cd "$place"
latchkey=$root/target/debug/latchkey
"$latchkey" --port 0 --parameter-overrides AuthorizerCacheSeconds=0 BcryptCost=4 >said 2>log &
runner=$!
api=
for _ in $(seq 600); do
  api=$(grep -oE 'http://[0-9a-zA-Z.:]+' said | head -n 1) && break
  kill -0 "$runner" 2>/dev/null || break
  sleep 0.1
done
[ -n "$api" ] || { cat said log >&2 && exit 1; }

export LATCHKEY_USERNAME=checker LATCHKEY_PASSWORD='a horse of every role'
curl -sS --fail-with-body -m 40 -o answer "$api/api/auth/signup" -H 'Content-Type: application/json' \
  -d "$(jq -n '{username: env.LATCHKEY_USERNAME, email: "checker@example.com", password: env.LATCHKEY_PASSWORD}')"
for role in ROLE_MODERATOR ROLE_ADMIN; do "$latchkey" grant "$LATCHKEY_USERNAME" "$role"; done

"$(dirname "$PYTHON")/schemathesis" --config-file "$root/.ci/schemathesis.toml" --no-color run "$api/openapi.json"

echo "-- the page"
"$PYTHON" "$root/.ci/browser.py" "$api"
