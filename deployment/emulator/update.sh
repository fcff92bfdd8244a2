# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Replaces one function's code alone; then upgrades all functions, and rolls back.

configuration() {
  aws lambda get-function-configuration --function-name "$1" --output json |
    jq -S '{FunctionName, Role, Runtime, Handler, Timeout, MemorySize, Architectures, Environment, LoggingConfig, TracingConfig, VpcConfig}'
}
# The same program with one byte appended: new code for Lambda without a build.
built=$scratch/lambda
mkdir -p "$built/content"
{ cat target/lambda/content/bootstrap && printf '\n'; } >"$built/content/bootstrap"
chmod 755 "$built/content/bootstrap"

step "cargo lambda deploy of one function"
content=$(output ContentFunctionName)
before=$(code) configuration_before=$(configuration "$content")
cargo lambda deploy --lambda-dir "$built" --binary-name content "$content" >"$scratch/update.log" 2>&1 ||
  fail "cargo lambda deploy: $(tail -n 5 "$scratch/update.log")"
changed=$(comm -13 <(echo "$before") <(code) | cut -f 1)
[ "$changed" = "$content" ] || fail "another function than content has changed: $changed"
[ "$(configuration "$content")" = "$configuration_before" ] ||
  fail "its configuration has changed: $(diff <(echo "$configuration_before") <(configuration "$content"))"
request GET / && expect 200 '"Hello World"'
as_ada GET /api/test/user && expect 200 '"user content"'
echo "       content has new code and its old configuration, and answers; the others are unchanged"

step "deployment/upgrade.sh: each function runs the built code"
LATCHKEY_BASE_URL=$api deployment/upgrade.sh --code-only --snapshot "$scratch/before" >"$scratch/upgrade.log" 2>&1 ||
  fail "deployment/upgrade.sh: $(tail -n 20 "$scratch/upgrade.log")"
[ "$(grep ': deployed$' "$scratch/upgrade.log")" = 'content: deployed' ] || fail "deployment/upgrade.sh: $(<"$scratch/upgrade.log")"
is_good

step "deployment/rollback.sh: the previous code"
deployment/rollback.sh "$scratch/before" >"$scratch/rollback.log" 2>&1 || fail "deployment/rollback.sh: $(<"$scratch/rollback.log")"
[ "$(<"$scratch/rollback.log")" = 'content: restored' ] || fail "deployment/rollback.sh: $(<"$scratch/rollback.log")"
deployment/smoke.sh "$api" >"$scratch/smoke.log" 2>&1 || fail "deployment/smoke.sh: $(<"$scratch/smoke.log")"
