# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Changes a parameter, so that API Gateway caches the authorizer's policies. Measures when a granted role takes effect, and
# checks that a cached policy decides each route as a new one would.

cache_seconds=20 # more than a grant takes on a slow machine
step "deploy AuthorizerCacheSeconds=$cache_seconds"
deploy AuthorizerCacheSeconds="$cache_seconds"
[ "$(output AuthorizerCacheSeconds)" = "$cache_seconds" ] || fail "the output AuthorizerCacheSeconds is $(output AuthorizerCacheSeconds)"
# kept: the API's cache time in seconds. keep SECONDS: sets it in the API itself.
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
  # The emulator translates the template without the parameters' values, so it takes the default.
  echo "       the emulator took the default of $(kept) s: setting it in the API itself"
  keep "$cache_seconds"
fi
is_good

step "a granted role takes effect when the cached policy expires"
sign_in
asked_at=$(milliseconds)
as_ada GET /api/test/mod && expect_status 403
kept_until=$(($(milliseconds) + cache_seconds * 1000))
admin grant ada ROLE_MODERATOR
granted_at=$(milliseconds)
as_ada GET /api/test/mod
# Only while the cached policy is surely alive does 403 show that it was used.
if [ $(($(milliseconds) - asked_at)) -lt $((cache_seconds * 1000)) ]; then
  expect_status 403
else
  fail "the machine is too slow: the grant took longer than $cache_seconds s"
fi
until [ "$status" = 200 ]; do
  [ "$(milliseconds)" -lt $((kept_until + 3000)) ] || fail "the role has no effect: $status after $(($(milliseconds) - granted_at)) ms"
  sleep 0.2
  as_ada GET /api/test/mod
done
expect 200 '"moderator content"'
echo "       403 from the cache, then 200: $(($(milliseconds) - granted_at)) ms after the grant; the limit is $cache_seconds s"
sign_in
admin revoke ada ROLE_MODERATOR
as_ada GET /api/test/mod && expect_status 403 # a new token has no cached policy

step "each ordered pair of routes, for each set of roles: the cached policy decides like a new one"
against "$suite -- policies" | tee "$scratch/policies.log"
grep -q '^test result: ok\. [1-9][0-9]* passed; 0 failed; 0 ignored' "$scratch/policies.log" || fail "not all checks of the policies ran"
keep 0 # the next parts need the authorizer's own answers
