# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# A parameter changed: API Gateway keeps the authorizer's answers. How long a role takes to bite, and that no cached
# answer decides a route otherwise than a new one would.

cache_seconds=20 # longer than it takes to grant a role, on a slow machine too
step "a parameter changed: AuthorizerCacheSeconds=$cache_seconds"
deploy AuthorizerCacheSeconds="$cache_seconds"
[ "$(output AuthorizerCacheSeconds)" = "$cache_seconds" ] || fail "the output AuthorizerCacheSeconds is $(output AuthorizerCacheSeconds)"
# kept: for how long the API keeps them. keep SECONDS: sets that in the API itself.
authorizer=$(aws apigateway get-authorizers --rest-api-id "$api_id" --query 'items[0].id' --output text)
kept() {
  aws apigateway get-authorizer --rest-api-id "$api_id" --authorizer-id "$authorizer" \
    --query authorizerResultTtlInSeconds --output text
}
keep() {
  aws apigateway update-authorizer --rest-api-id "$api_id" --authorizer-id "$authorizer" \
    --patch-operations "op=replace,path=/authorizerResultTtlInSeconds,value=$1" >/dev/null
}
if [ "$(kept)" != "$cache_seconds" ]; then
  # It has SAM translate without the parameters' values, which gets the template's default.
  echo "       the emulator took $(kept) s, the default: set right in the API itself"
  keep "$cache_seconds"
fi
is_good

step "a role bites once the cached answer is over"
sign_in
asked_at=$(milliseconds)
as_ada GET /api/test/mod && expect_status 403
kept_until=$(($(milliseconds) + cache_seconds * 1000))
admin grant ada ROLE_MODERATOR
granted_at=$(milliseconds)
as_ada GET /api/test/mod
# The cached answer can only be told from a new one while it surely lives.
if [ $(($(milliseconds) - asked_at)) -lt $((cache_seconds * 1000)) ]; then
  expect_status 403
else
  fail "the machine is too slow: the grant took longer than $cache_seconds s"
fi
until [ "$status" = 200 ]; do
  [ "$(milliseconds)" -lt $((kept_until + 3000)) ] || fail "the role doesn't bite: $status after $(($(milliseconds) - granted_at)) ms"
  sleep 0.2
  as_ada GET /api/test/mod
done
expect 200 '"moderator content"'
echo "       403 from the cache, then 200: $(($(milliseconds) - granted_at)) ms after the grant, $cache_seconds s were allowed"
sign_in
admin revoke ada ROLE_MODERATOR
as_ada GET /api/test/mod && expect_status 403 # a token of which nothing is kept

step "every ordered pair of routes, for every set of roles: as decided directly"
against 'cargo test -p black-box -- policies' | tee "$scratch/policies.log"
grep -q '^test result: ok\. [1-9][0-9]* passed; 0 failed; 0 ignored' "$scratch/policies.log" || fail "not all of the policies' checks were run"
keep 0 # what comes next is asked of the functions
