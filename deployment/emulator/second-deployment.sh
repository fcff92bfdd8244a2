# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# The same deployed once more. The template has the stage serve a new copy of the API each time (AlwaysDeploy), so
# CloudFormation always has that to do; it may have nothing else to do.

# changed: the types of what sam said would change, as far as its table shows them.
changed() { sed -nE 's/^[-+*] (Add|Modify|Delete) .*(AWS::[A-Za-z:]*).*/\2/p' "$scratch/deploy.log" | sort | uniq -c; }

step "the same once more"
before=$(code) key_before=$(resource SigningKey) api_before=$api
deploy "${parameters[@]}"
[ -n "$(changed)" ] || fail "sam told of no change, not even of the stage's copy: $(tail -n 5 "$scratch/deploy.log")"
! changed | grep -vE 'AWS::(ApiGateway::(RestA|Deplo|Stage|BaseP)|Lambda::Permissio|WAFv)' ||
  fail "sam changed more than the copy of the API: $(changed)"
[ "$(code)" = "$before" ] || fail "a function was changed: $(diff <(echo "$before") <(code))"
[ "$(resource SigningKey)" = "$key_before" ] || fail "the signing key is another one"
[ "$api" = "$api_before" ] || fail "the address is another one: $api"
is_good
echo "       the nine functions, the key and the address are the same; ada's token goes on"
