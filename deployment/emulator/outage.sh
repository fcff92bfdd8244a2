# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# The database and the emulator die and come back between two calls.

sign_in # a token of which no policy is kept
# unavailable METHOD PATH ...: a function's own 503, which says when to come again.
unavailable() {
  request "$@" -D "$scratch/headers" && expect 503 'Service Unavailable'
  grep -qi '^retry-after: [0-9]' "$scratch/headers" || fail "$asked says no Retry-After: $(<"$scratch/headers")"
}

step "the database dies: 503 and when to come again"
stop QUIT "$server" # an immediate shutdown, as a crash
unavailable POST /api/auth/signin "${json[@]}" "$ada"
unavailable POST /api/auth/signup "${json[@]}" '{"username": "late", "email": "late@example.com", "password": "a plain horse late"}'
as_ada GET /api/test/profile # the emulator's own answer to a failed authorizer; on AWS the template's 503
[[ $status = 50[03] ]] || fail "$asked answered $status: $body"
request GET /api/test/all && expect 200 '"public content"'

step "and is back: 200 within seconds, nobody signed out"
came_back=$(milliseconds)
run_postgres
until request GET /.well-known/jwks.json && [ "$status" = 200 ]; do
  [ "$(milliseconds)" -lt $((came_back + 15000)) ] || fail "still $status: $body"
  sleep 0.1
done
echo "       200 after $(($(milliseconds) - came_back)) ms"
is_good
sign_in && is_good

step "the emulator ends and starts again from what it saved"
stop TERM "$emulator"
start_emulator
is_good
sign_in && is_good
admin list

step "the emulator is killed and starts again"
stop KILL "$emulator"
wait "$emulator" 2>/dev/null || true # or bash tells of it
start_emulator
is_good
sign_in && is_good
