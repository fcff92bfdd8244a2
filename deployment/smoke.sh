#!/usr/bin/env bash
# Whether a deployment answers as it should: some requests that leave no row behind.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/smoke.sh [ADDRESS]

Without ADDRESS it is LATCHKEY_BASE_URL, and without that the output ApiUrl of the stack, which is STACK_NAME (latchkey,
if that isn't set). A check that fails is tried again every two seconds: a new deployment takes a moment to be served
everywhere. After SMOKE_SECONDS (90, if that isn't set) the script gives up, with exit code 1.
Nobody is signed up. A sign-in of a user who isn't there leaves a line in the log, and no row.
Needs: curl, jq; aws where no address is given.
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

# answers STATUS FILTER METHOD PATH [what else curl takes]: whether it does. STATUS is a regular expression; FILTER is
# jq's, of a body that is JSON; '' takes any body. Sets why, if it doesn't.
answers() {
  local status filter=$2 expected="^($1)\$"
  if ! status=$(curl -sS --max-time 35 -o "$scratch/body" -w '%{http_code}' -X "$3" "${@:5}" "$api$4" 2>"$scratch/error"); then
    why="no answer: $(<"$scratch/error")"
  elif ! [[ $status =~ $expected ]]; then
    why="$status, not $1: $(head -c 300 "$scratch/body")"
  elif [ -n "$filter" ] && ! jq -e "$filter" "$scratch/body" >/dev/null 2>&1; then
    why="a body of which this isn't true: $filter"
  else
    return 0
  fi
  return 1
}

# check WHAT ARGUMENT...: that it answers so, before the time is up.
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

# preflight METHOD PATH: that API Gateway answers the question of a browser, whatever origin its page has.
preflight() {
  check "a preflight of $2 is answered" 200 '' OPTIONS "$2" -H 'Origin: https://smoke.invalid' \
    -H "Access-Control-Request-Method: $1" -H 'Access-Control-Request-Headers: authorization,content-type'
}

check 'content answers' 200 '. == "Hello World"' GET /
check 'the public keys are those of a database that has been migrated' 200 \
  '.keys | length > 0 and all(.kty == "EC" and .crv == "P-256" and (has("d") | not))' GET /.well-known/jwks.json
check 'who has no token is refused' 401 '' GET /api/auth/users/me
check 'the authorizer refuses a token that is none' 401 '' GET /api/auth/users/me -H 'Authorization: Bearer not.a.token'
check 'sign-up reads what it is sent' 422 '.detail | length > 0' POST /api/auth/signup "${json[@]}" '{}'
check 'sign-in reads what it is sent' 422 '.detail | length > 0' POST /api/auth/signin "${json[@]}" '{}'
check 'sign-in asks the database' 401 '' POST /api/auth/signin "${json[@]}" "{\"username\": \"$nobody\", \"password\": \"$nobody\"}"
# 404: TokenEndpoint is off.
check 'the token endpoint reads what it is sent' '400|404' '' POST /api/auth/token -d grant_type=password
# 404: ApiDocs is off.
check 'the API is described' '200|404' '' GET /openapi.json
check 'the page is there' '200|404' '' GET /docs
for path in /api/auth/signup /api/auth/signin /api/auth/token; do preflight POST "$path"; done
for path in / /api/auth/users/me /.well-known/jwks.json; do preflight GET "$path"; done
