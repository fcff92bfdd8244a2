#!/usr/bin/env bash
# Checks a deployment by some requests that write no row.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/smoke.sh [ADDRESS]

ADDRESS defaults to LATCHKEY_BASE_URL, then to the output ApiUrl of the stack STACK_NAME (default: latchkey).
A failed check is repeated every two seconds, since API Gateway takes a moment to serve a new deployment. After
SMOKE_SECONDS (default: 90) the script ends with exit code 1.
It creates no user. A sign-in of an unknown user adds a line to the log.
Needs: curl, jq; without an address also aws.
OF
}

case "${1:-} $#" in
  '-h 1' | '--help 1') usage && exit ;;
  -*) usage >&2 && exit 2 ;;
  *' 0') api=${LATCHKEY_BASE_URL:-} ;;
  *' 1') api=$1 ;;
  *) usage >&2 && exit 2 ;;
esac
if [ -z "$api" ]; then
  # shellcheck source=SCRIPTDIR/stack.sh
  . "$(dirname "$0")/stack.sh"
  api=$(outputs | jq -r '.ApiUrl // empty')
  [ -n "$api" ] || { echo "the stack $STACK_NAME has no output ApiUrl" >&2 && exit 1; }
fi
api=${api%/}

seconds=${SMOKE_SECONDS:-90}
[[ $seconds =~ ^[0-9]+$ ]] || { echo "SMOKE_SECONDS is a number of seconds" >&2 && exit 2; }
end=$((SECONDS + seconds))
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# answers STATUS FILTER METHOD PATH [CURL_ARGUMENT...]: whether the status matches the regular expression STATUS and the
# JSON body satisfies the jq filter FILTER ('' accepts any body). If not, sets why.
answers() {
  local status filter=$2 expected="^($1)\$"
  if ! status=$(curl -sS --max-time 35 -o "$scratch/body" -w '%{http_code}' -X "$3" "${@:5}" "$api$4" 2>"$scratch/error"); then
    why="no answer: $(<"$scratch/error")"
  elif ! [[ $status =~ $expected ]]; then
    why="$status, not $1: $(head -c 300 "$scratch/body")"
  elif [ -n "$filter" ] && ! jq -e "$filter" "$scratch/body" >/dev/null 2>&1; then
    why="the body doesn't satisfy $filter"
  else
    return 0
  fi
  return 1
}

# check WHAT ARGUMENT...: repeats `answers` until it succeeds or the time is over.
check() {
  local what=$1 why
  shift
  until answers "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      printf 'FAILED: %s: %s %s answered %s\n' "$what" "$3" "$4" "$why" >&2
      exit 1
    fi
    sleep 2
  done
  printf 'ok: %s\n' "$what"
}

json=(-H 'Content-Type: application/json' --data)
nobody=nobody-$RANDOM$RANDOM$RANDOM

# preflight METHOD PATH: checks that API Gateway answers a CORS preflight of any origin.
preflight() {
  check "a preflight of $2 is answered" 200 '' OPTIONS "$2" -H 'Origin: https://smoke.invalid' \
    -H "Access-Control-Request-Method: $1" -H 'Access-Control-Request-Headers: authorization,content-type'
}

check 'content answers' 200 '. == "Hello World"' GET /
# The private members of a JWK (RFC 7518 section 6).
check 'the database is migrated and has public keys' 200 '.keys | length > 0 and all(
    (.kty == "EC" and .crv == "P-256" or .kty == "RSA") and ([has("d", "p", "q", "dp", "dq", "qi", "oth", "k")] | any | not)
  )' GET /.well-known/jwks.json
check 'a request without a token is refused' 401 '' GET /api/auth/users/me
check 'the authorizer refuses a malformed token' 401 '' GET /api/auth/users/me -H 'Authorization: Bearer not.a.token'
check 'sign-up validates its body' 422 '.detail | length > 0' POST /api/auth/signup "${json[@]}" '{}'
check 'sign-in validates its body' 422 '.detail | length > 0' POST /api/auth/signin "${json[@]}" '{}'
check 'sign-in queries the database' 401 '' POST /api/auth/signin "${json[@]}" "{\"username\": \"$nobody\", \"password\": \"$nobody\"}"
# A well-formed refresh token of no session: a UUID of version 7, then zeros.
unknown=lkr_AAAAAAAAcAC$(printf 'A%.0s' {1..75})
# 404: TokenEndpoint is "off". 400: it is "refresh".
check 'the token endpoint queries the database for a user' '400|401|404' '' POST /api/auth/token \
  -d "grant_type=password&username=$nobody&password=$nobody"
check 'and for a session' '400|404' '' POST /api/auth/token -d "grant_type=refresh_token&refresh_token=$unknown"
# 404: a release without sessions.
check 'a refresh queries the database' '401|404' '' POST /api/auth/refresh "${json[@]}" "{\"refresh_token\": \"$unknown\"}"
check 'a revocation queries the database' '200|404' '' POST /api/auth/revoke -d "token=$unknown"
# 404: ApiDocs is off.
check 'the OpenAPI document is served' '200|404' '' GET /openapi.json
check 'Swagger UI is served' '200|404' '' GET /docs
for path in /api/auth/{signup,signin,token}; do preflight POST "$path"; done
for path in / /api/auth/users/me /.well-known/jwks.json; do preflight GET "$path"; done
