# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# The database and the emulator end and restart between two calls.

sign_in # a new token has no cached policy
# unavailable METHOD PATH ...: the function answers 503 with Retry-After.
unavailable() {
  request "$@" -D "$scratch/headers" && expect 503 'Service Unavailable'
  grep -qi '^retry-after: [0-9]' "$scratch/headers" || fail "$asked answered without Retry-After: $(<"$scratch/headers")"
}

step "the database is down: 503 with Retry-After"
stop QUIT "$server" # immediate shutdown, like a crash
unavailable POST /api/auth/signin "${json[@]}" "$ada"
unavailable POST /api/auth/signup "${json[@]}" '{"username": "late", "email": "late@example.com", "password": "a plain horse late"}'
as_ada GET /api/test/profile # the emulator answers a failed authorizer in its own way; AWS uses the template's 503
[[ $status = 50[03] ]] || fail "$asked answered $status: $body"
request GET /api/test/all && expect 200 '"public content"'

step "the database is up again: 200 within seconds, and the token is still accepted"
came_back=$(milliseconds)
run_postgres
until request GET /.well-known/jwks.json && [ "$status" = 200 ]; do
  [ "$(milliseconds)" -lt $((came_back + 15000)) ] || fail "still $status: $body"
  sleep 0.1
done
echo "       200 after $(($(milliseconds) - came_back)) ms"
is_good
sign_in && is_good

step "the emulator restarts from its saved state"
stop TERM "$emulator"
start_emulator
is_good
sign_in && is_good
admin list

step "the emulator is killed and restarts"
stop KILL "$emulator"
wait "$emulator" 2>/dev/null || true # keeps bash from reporting it
start_emulator
is_good
sign_in && is_good
