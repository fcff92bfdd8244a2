#!/usr/bin/env bash
# Checks that clients generated from /openapi.json by four generators compile, sign up and in, read `me` and read errors;
# that HTTP caches revalidate; and that the documents' code runs. The runner has ErrorFormat=json, which docs/use/errors.md
# recommends for generated clients. Needs PYTHON, a python with .ci/tools/clients.txt; npm and node; java.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=SCRIPTDIR/service.sh
. .ci/service.sh
serve ErrorFormat=json AuthorizerCacheSeconds=0 BcryptCost=4
PATH=$(dirname "$PYTHON"):$PATH
curl -sSf -o openapi.json "$api/openapi.json"

modules=$("$root/.ci/tools/node-modules")
ln -s "$modules" node_modules
cp "$root"/.ci/clients/* .

echo "-- openapi-typescript with openapi-fetch, orval"
node_modules/.bin/openapi-typescript openapi.json -o schema.ts >generated.log
node_modules/.bin/orval --config orval.config.cjs >>generated.log
node_modules/.bin/tsc -p .
# Node.js needs file names with their extension, which generated code may lack.
cp package.json out && ln -s ../node_modules out/node_modules
sed -E -i.bak "s|from '\./([a-z]+)'|from './\1.js'|" out/*.js
node out/openapi-fetch.js "$api"
node out/orval.js

echo "-- caches revalidate"
"$PYTHON" caches.py "$api" log

echo "-- the code of the documents"
"$PYTHON" pages.py "$api" "$root"

echo "-- openapi-python-client, openapi-generator"
openapi-python-client generate --path openapi.json --meta none --output-path latchkey_client >>generated.log
openapi-generator-cli generate -i openapi.json -g python -o generator \
  --additional-properties packageName=latchkey_api >>generated.log 2>&1
ln -s generator/latchkey_api latchkey_api
mypy --strict --follow-imports silent python_client.py generator.py
"$PYTHON" python_client.py "$api"
"$PYTHON" generator.py
