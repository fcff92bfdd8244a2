# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Replaces the key that signs tokens by one of the other kind, and goes back, without signing anybody out.

# A kid is base64url: one in 64 begins with a hyphen, which jq would read as an option.
both() { printf '%s\n' "$old_kid" "$new_kid" | jq -Rnc '[inputs] | sort'; }
kids() { request GET /.well-known/jwks.json && expect_status 200 && jq -c '[.keys[].kid] | sort' "$scratch/body"; }
# published KIDS: waits until exactly these are published; a container caches its answer for three seconds.
published() {
  local end=$((SECONDS + 10))
  until [ "$(kids)" = "$1" ]; do
    [ "$SECONDS" -lt "$end" ] || fail "the published keys are $(kids), not $1"
    sleep 0.2
  done
}
# signing_key VERB ...: sets answer.
signing_key() { answer=$(deployment/signing-key.sh "$@" 2>"$scratch/refusal") || fail "signing-key $*: $(<"$scratch/refusal")"; }

# alg: the algorithm of the token. older KID INTERVAL: moves the time at which the key was published.
alg() { part_of_token 0 | jq -r .alg; }
older() { sql "UPDATE signing_keys SET published_at = published_at - interval '$2' WHERE kid = '$1'"; }
# early: promote is refused.
early() {
  ! deployment/signing-key.sh promote >"$scratch/answer" 2>&1 || fail "promoted too early"
  grep -q 'promote it in [0-9]* s\.$' "$scratch/answer" || fail "signing-key promote: $(<"$scratch/answer")"
}
secret_before=$(resource SigningKey)

step "SigningAlgorithm=RS256: nothing changes before a rotation"
sign_in
old_token=$token old_kid=$(kid)
deploy SigningAlgorithm=RS256
[ "$(resource SigningKey)" = "$secret_before" ] || fail "the secret is another one"
admin migrate
jq -e --arg kid "$old_kid" '.signing_keys == {current: $kid, pending: null, retired: []}' >/dev/null <<<"$answer" || fail "migrate answered $answer"
sign_in && is_good
[ "$(kid) $(alg)" = "$old_kid ES256" ] || fail "signed with $(kid) $(alg)"

step "add a key: it is published, and signs nothing yet"
signing_key add
new_kid=$(jq -r .signing_keys.pending <<<"$answer")
[ "$(jq -r .signing_keys.current <<<"$answer")" = "$old_kid" ] || fail "migrate answered $answer"
published "$(both)"
sign_in && is_good
[ "$(kid)" = "$old_kid" ] || fail "signed with $(kid), which other services may not have yet"
! deployment/signing-key.sh add >"$scratch/answer" 2>&1 || fail "a second new key was added"
grep -q '^There is a new key already' "$scratch/answer" || fail "signing-key add: $(<"$scratch/answer")"

step "promote is refused for two hours, until verifiers have the RSA key (the test moves the time in the database)"
early
older "$new_kid" '1 hour'
early
older "$new_kid" '1 hour'

step "promote: the new key signs, and old tokens are still accepted"
signing_key promote
[ "$(jq -r .signing_keys.current <<<"$answer")" = "$new_kid" ] || fail "migrate answered $answer"
jq -e --arg kid "$old_kid" '.signing_keys.retired == [$kid]' >/dev/null <<<"$answer" || fail "migrate answered $answer"
sign_in && is_good
[ "$(kid) $(alg)" = "$new_kid RS256" ] || fail "signed with $(kid) $(alg), which isn't the new key"
new_token=$token token=$old_token
is_good
published "$(both)"
deployment/smoke.sh "$api" >"$scratch/smoke.log" 2>&1 || fail "deployment/smoke.sh: $(<"$scratch/smoke.log")"
left=$(sql "SELECT round(extract(epoch FROM accepted_until - now())) FROM signing_keys WHERE kid = '$old_kid'")
((left > 3600 && left <= 3900)) || fail "the old key is accepted for $left s, not for a token's 3600 s and 300 s more"

step "withdraw the old key: its tokens are refused"
! deployment/signing-key.sh withdraw "$new_kid" >"$scratch/answer" 2>&1 || fail "the key that signs was withdrawn"
signing_key withdraw "$old_kid"
published "[\"$new_kid\"]"
wait_until_refused() {
  local end=$((SECONDS + cache_seconds + 3)) # a cached policy may live that long
  until as_ada GET /api/auth/users/me && [ "$status" = 401 ]; do
    [ "$SECONDS" -lt "$end" ] || fail "a token of the old key still gets $status"
    sleep 0.2
  done
}
token=$old_token
wait_until_refused
token=$new_token
is_good
admin migrate
jq -e --arg kid "$new_kid" '.signing_keys == {current: $kid, pending: null, retired: []}' >/dev/null <<<"$answer" || fail "migrate answered $answer"

step "withdraw a new key before it has signed"
signing_key add
signing_key withdraw
[ "$(jq -r .signing_keys.pending <<<"$answer")" = null ] || fail "migrate answered $answer"
published "[\"$new_kid\"]"
sign_in && is_good
[ "$(kid)" = "$new_kid" ] || fail "signed with $(kid)"

step "go back to ES256, after an hour: tokens of the RSA key are still accepted"
new_token=$token old_kid=$new_kid
deploy SigningAlgorithm=ES256
signing_key add
new_kid=$(jq -r .signing_keys.pending <<<"$answer")
published "$(both)"
early
older "$new_kid" '1 hour'
signing_key promote
sign_in && is_good
[ "$(kid) $(alg)" = "$new_kid ES256" ] || fail "signed with $(kid) $(alg)"
token=$new_token
is_good
sign_in
[ "$(resource SigningKey)" = "$secret_before" ] || fail "the secret is another one"
