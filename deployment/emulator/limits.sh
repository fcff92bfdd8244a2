# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Guesses until the limit, by both functions that sign in; then the operator lifts it.

# guess STATUS: a guess of nobody's password.
guess() {
  request POST /api/auth/signin -D "$scratch/headers" "${json[@]}" '{"username": "nobody-there", "password": "wrong"}'
  expect_status "$1"
}
# What an account takes at once from one network: a tenth of GuessesPerAccount's default.
step "ten guesses of a name that nobody has, and no more"
for _ in {1..10}; do guess 401; done
guess 429
[ "$body" = 'Too Many Requests' ] || fail "$asked answered $body"
grep -qiE '^retry-after: (2160|21[0-5][0-9])'$'\r' "$scratch/headers" || fail "$asked answered without Retry-After: $(<"$scratch/headers")"
# The token endpoint shares the count.
request POST /api/auth/token -d grant_type=password -d username=nobody-there -d password=wrong && expect_status 429
sign_in && is_good # of another user
logs +1 >"$scratch/logs"
grep -q '"event":"authn_login_fail_max"' "$scratch/logs" || fail "no refusal is in the log"

step "the operator lifts all limits (docs/operate/limits.md)"
lift=$(sed -n 's/^\(DELETE FROM limits;\).*/\1/p' docs/operate/limits.md)
[ -n "$lift" ] || fail "docs/operate/limits.md has no statement that lifts limits"
sql "$lift"
guess 401
