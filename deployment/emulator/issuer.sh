# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # sourced by deployment/emulator.sh, whose names it uses; the $s are jq's
# Makes the API's address the issuer. Nobody is signed out.

step "deployment/issuer.sh: the API's address is the issuer"
old=$token
deployment/issuer.sh "$api" >"$scratch/issuer.log" 2>&1 || fail "deployment/issuer.sh: $(tail -n 20 "$scratch/issuer.log")"
is_good
sign_in
is_good
[ "$(part_of_token 1 | jq -r .iss)" = "$api" ] || fail "the token's claims are $(part_of_token 1)"
[ "$(deployment/issuer.sh "$api")" = "$api is the issuer already" ] || fail "deployment/issuer.sh deployed again"

step "by the issuer alone, the keys of its tokens"
for document in openid-configuration oauth-authorization-server; do
  request GET "/.well-known/$document"
  expect_json 200 '.issuer == $api and .jwks_uri == $api + "/.well-known/jwks.json"' --arg api "$api"
done
curl -sS "$(jq -r .jwks_uri "$scratch/body")" | jq -e --arg kid "$(kid)" '.keys | any(.kid == $kid)' >/dev/null || fail "no key of the token"
doctor || fail "the doctor reports: $(cat "$scratch/doctor" "$scratch/doctor.log")"
grep -q "^ok      the issuer: $api," "$scratch/doctor" || fail "the doctor reports: $(<"$scratch/doctor")"
token=$old
is_good
