# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# A parameter changed: API Gateway keeps the authorizer's answers. How long a role takes to bite, and that no cached
# answer decides a route otherwise than a new one would.

cache_seconds=10
step "a parameter changed: AuthorizerCacheSeconds=$cache_seconds"
deploy AuthorizerCacheSeconds="$cache_seconds"
[ "$(output AuthorizerCacheSeconds)" = "$cache_seconds" ] || fail "the output AuthorizerCacheSeconds is $(output AuthorizerCacheSeconds)"
# The emulator has SAM translate without the parameters' values, so that it gets the template's default.
read -r authorizer kept < <(aws apigateway get-authorizers --rest-api-id "$api_id" \
  --query 'items[0].[id,authorizerResultTtlInSeconds]' --output text)
if [ "$kept" != "$cache_seconds" ]; then
  echo "       the emulator took the default of $kept s: set right in the API itself"
  aws apigateway update-authorizer --rest-api-id "$api_id" --authorizer-id "$authorizer" \
    --patch-operations "op=replace,path=/authorizerResultTtlInSeconds,value=$cache_seconds" >/dev/null
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
against 'cargo test -p black-box -- policies'
