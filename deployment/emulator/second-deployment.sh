# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Deploys the same again. AlwaysDeploy makes each deployment serve a new copy of the API; nothing else may change.

# changed: the resource types in sam's table of changes, as far as it shows them.
changed() { sed -nE 's/^[-+*] (Add|Modify|Delete) .*(AWS::[A-Za-z:]*).*/\2/p' "$scratch/deploy.log" | sort | uniq -c; }

step "deploy the same again"
before=$(code) key_before=$(resource SigningKey) api_before=$api
deploy "${parameters[@]}"
[ -n "$(changed)" ] || fail "sam reports no change, not even the stage's copy: $(tail -n 5 "$scratch/deploy.log")"
! changed | grep -vE 'AWS::(ApiGateway::(RestA|Deplo|Stage|BaseP)|Lambda::Permissio|WAFv)' ||
  fail "sam changed more than the copy of the API: $(changed)"
[ "$(code)" = "$before" ] || fail "a function has changed: $(diff <(echo "$before") <(code))"
[ "$(resource SigningKey)" = "$key_before" ] || fail "the signing key has changed"
[ "$api" = "$api_before" ] || fail "the address has changed: $api"
is_good
echo "       the functions, the key and the address are the same; ada's token is still accepted"
