#!/usr/bin/env bash
# Once through a real deployment, on this machine alone: the real `sam deploy` of the real binaries onto an
# emulator of AWS (ministack), over a fresh PostgreSQL, then the way of a first user through the API.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
. deployment/postgres.sh

usage() {
  cat <<'END'
Usage: deployment/emulator.sh [--no-build] [--then COMMAND]

  --no-build      deploy what target/lambda holds already
  --then COMMAND  when all went well, run COMMAND (by bash) against the deployment before it is taken down, as in
                  --then 'cargo test -p black-box' or --then bash. It finds
                    LATCHKEY_BASE_URL      the API's address
                    LATCHKEY_TARGET        emulator
                    LATCHKEY_DATABASE_URL  its database
                    LATCHKEY_SIGNING_KEY   the key that it signs with
                    LATCHKEY_OPERATOR      a command for the operator's verbs (deployment/admin.sh)
                  and an environment in which `aws` and `sam` mean the emulator.

Needs on the PATH: cargo, cargo-lambda, sam, aws, ministack, python3, curl, jq, and PostgreSQL's initdb and postgres
(on the PATH, in PG_BIN or where Debian has them).
END
}

build=yes
then=
while [ $# -gt 0 ]; do
  case $1 in
    --no-build) build=no ;;
    --then) then=${2:?--then needs a command} && shift ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

functions=(signup signin token me content jwks docs authorizer admin)
export STACK_NAME=latchkey-emulated
case $(uname -m) in
  x86_64) architecture=x86_64 target=--x86-64 ;;
  aarch64 | arm64) architecture=arm64 target=--arm64 ;;
  *) echo "no Lambda runs on a $(uname -m)" >&2 && exit 1 ;;
esac

# ---- what it needs ----

missing=()
for program in cargo cargo-lambda sam aws ministack python3 curl jq; do
  command -v "$program" >/dev/null || missing+=("$program")
done
find_postgres
if [ ${#missing[@]} -gt 0 ]; then
  printf 'deployment/emulator.sh needs: %s\n' "${missing[@]}" >&2
  exit 1
fi

# ---- how it ends ----

place=$(mktemp -d)
chmod 711 "$place" # PostgreSQL's user has to pass
emulator='' server=''
step='start'

# logs LINES: what the functions logged, at most so many lines of each.
logs() {
  local group
  for group in $(aws logs describe-log-groups --query 'logGroups[].logGroupName' --output text 2>/dev/null); do
    echo "$group"
    aws logs filter-log-events --log-group-name "$group" --query 'events[].message' --output json 2>/dev/null |
      jq -r '.[] | "  " + rtrimstr("\n")' | tail -n "$1"
  done
}

fail() {
  trap - ERR
  printf '\nFAILED at "%s": %s\n' "$step" "$*" >&2
  if [ -f "$place/ministack.log" ]; then
    { echo "---- what the functions logged ----" && logs 20; } >&2
    { echo "---- what the emulator said last ----" && tail -n 15 "$place/ministack.log"; } >&2
  fi
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

clean_up() {
  [ -z "$emulator" ] || stop TERM "$emulator"
  [ -z "$server" ] || stop INT "$server"
  rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step() {
  step=$*
  printf '[%3ds] %s\n' "$SECONDS" "$step"
}

# ---- a database ----

step "a fresh PostgreSQL"
start_postgres -c listen_addresses=127.0.0.1
database_url=postgres://latchkey:$password@127.0.0.1:$database_port/postgres

# ---- the functions ----

if [ "$build" = yes ]; then
  step "cargo lambda build --release"
  cargo lambda build --release --locked "$target" --lambda-dir target/lambda "${functions[@]/#/-p=}" ||
    fail "the functions don't build"
fi
for function in "${functions[@]}"; do
  [ -x "target/lambda/$function/bootstrap" ] || fail "target/lambda/$function/bootstrap isn't there"
done

# ---- the emulator, and nothing that could reach an account ----

step "the emulator"
port=$(free_port)
endpoint=http://127.0.0.1:$port
unset "${!AWS_@}"
export AWS_ENDPOINT_URL=$endpoint AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 \
  AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
  AWS_PAGER='' SAM_CLI_TELEMETRY=0 NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
# Its functions inherit its environment, so that is an empty one; it keeps its files in ours.
env -i PATH="$PATH" LANG=C.UTF-8 HOME="$place" TMPDIR="$place" STATE_DIR="$place/state" BIND_HOST=127.0.0.1 \
  GATEWAY_PORT="$port" LAMBDA_EXECUTOR=local IOT_MTLS_ENABLED=0 AWS_ENDPOINT_URL="$endpoint" \
  ministack >"$place/ministack.log" 2>&1 &
emulator=$!
wait_for 60 "$emulator" curl -sf -m 2 "$endpoint/_ministack/health" || fail "ministack doesn't answer: $(tail -n 3 "$place/ministack.log")"

step "sam deploy"
sam deploy --stack-name "$STACK_NAME" --no-confirm-changeset --no-progressbar --parameter-overrides \
  AuthorizerCacheSeconds=0 Architecture="$architecture" DatabaseUrl="$database_url" >"$place/deploy.log" 2>&1 ||
  fail "sam deploy: $(tail -n 30 "$place/deploy.log")"
output() {
  aws cloudformation describe-stacks --stack-name "$STACK_NAME" --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue" --output text
}
api_url=$(output ApiUrl)
[[ $api_url =~ ^https://([a-z0-9]+)\.execute-api\..*/Prod$ ]] || fail "the output ApiUrl is $api_url"
api=$endpoint/_aws/execute-api/${BASH_REMATCH[1]}/Prod # where the emulator serves that address

# ---- requests, and what is expected of them ----

# request METHOD PATH [what else curl takes]: sets status, type and body.
request() {
  asked="$1 $2"
  local told
  told=$(curl -sS -m 40 -o "$place/body" -w '%{http_code} %{content_type}' -X "$1" "${@:3}" "$api$2") || fail "$asked: no answer"
  status=${told%% *} type=${told#* } body=$(<"$place/body")
}
expect_status() { [ "$status" = "$1" ] || fail "$asked answered $status, not $1: $body"; }
# expect STATUS BODY: to the letter.
expect() {
  expect_status "$1"
  [ "$body" = "$2" ] || fail "$asked answered $body, not $2"
}
# expect_json STATUS FILTER: what jq's filter holds to be true of the body.
expect_json() {
  expect_status "$1"
  [[ $type == application/json* ]] || fail "$asked answered the type $type"
  jq -e "${@:3}" "$2" "$place/body" >/dev/null || fail "$asked answered $body, of which this isn't true: $2"
}
json=(-H 'Content-Type: application/json' --data)
as_ada() { request "$1" "$2" -H "Authorization: Bearer $token"; }

# admin VERB...: sets answer. refused VERB...: sets refusal, what it said.
admin() { answer=$(deployment/admin.sh "$@" 2>"$place/refusal") || fail "admin $*: $(<"$place/refusal")"; }
refused() {
  ! deployment/admin.sh "$@" >"$place/answer" 2>"$place/refusal" || fail "admin $* wasn't refused: $(<"$place/answer")"
  refusal=$(<"$place/refusal")
}
answered() { [ "$answer" = "$1" ] || fail "admin answered $answer, not $1"; }

# ---- the way of a first user ----

step "what needs no database answers before there are tables"
request GET / && expect 200 '"Hello World"'
request GET /api/test/all && expect 200 '"public content"'

step "migrate, and once more"
admin migrate
admin migrate

step "the public keys"
request GET /.well-known/jwks.json
expect_json 200 '.keys | length == 1 and all(.kty == "EC" and .crv == "P-256" and (has("d") | not))'
kid=$(jq -r '.keys[0].kid' "$place/body")

step "sign-up"
secret="correct horse $(python3 -c 'import secrets; print(secrets.token_hex(8))')"
ada=$(jq -nc --arg password "$secret" '{username: "ada", email: "ada@example.com", password: $password}')
request POST /api/auth/signup "${json[@]}" "$ada" && expect_json 200 '. == {username: "ada", email: "ada@example.com"}'
request POST /api/auth/signup "${json[@]}" "$ada" && expect 409 'Username already registered'
request POST /api/auth/signup "${json[@]}" '{"username": "bob"}' && expect_json 422 '.detail | length > 0'

step "sign-in"
request POST /api/auth/signin "${json[@]}" '{"username": "ada", "password": "wrong"}' && expect 401 'Incorrect username or password'
request POST /api/auth/signin "${json[@]}" '{"username": "nobody", "password": "wrong"}' && expect 401 'Incorrect username or password'
request POST /api/auth/signin "${json[@]}" "$ada"
expect_json 200 '.token_type == "bearer"'
token=$(jq -r .token "$place/body")

step "the token: signed with the published key, issued by and for this stack"
part() { jq -Rc --argjson part "$1" 'split(".")[$part] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson' <<<"$token"; }
header=$(part 0) claims=$(part 1)
jq -e --arg kid "$kid" '. == {typ: "at+jwt", alg: "ES256", kid: $kid}' >/dev/null <<<"$header" || fail "the token's header is $header"
jq -e --arg stack "$STACK_NAME" '.iss == $stack and .aud == $stack + "-api" and .exp - .iat == 3600' >/dev/null <<<"$claims" ||
  fail "the token's claims are $claims"

step "the token endpoint, by a form of either kind"
request POST /api/auth/token --data-urlencode username=ada --data-urlencode "password=$secret" -d grant_type=password
expect_json 200 '.token_type == "bearer" and .expires_in == 3600 and (.access_token | length > 0)'
request POST /api/auth/token -F username=ada -F "password=$secret"
expect_json 200 '.access_token | length > 0'
request POST /api/auth/token -d username=ada -d password=wrong
expect_json 401 '.error == "invalid_grant"'

step "who is asking"
as_ada GET /api/auth/users/me && expect_json 200 '. == {username: "ada", email: "ada@example.com"}'
as_ada GET /api/auth/users/me/items && expect_json 200 '. == [{item_id: "Foo", owner: "ada"}]'
as_ada GET /api/test/profile && expect_json 200 '. == {username: "ada", email: "ada@example.com"}'
for path in /api/auth/users/me /api/auth/users/me/items /api/test/{user,mod,admin,profile}; do
  request GET "$path" && expect_status 401
  request GET "$path" -H "Authorization: Bearer ${token%?}" && expect_status 401
done

step "a role: refused, granted, allowed, taken away, refused"
as_ada GET /api/test/user && expect 200 '"user content"'
as_ada GET /api/test/mod && expect_status 403
as_ada GET /api/test/admin && expect_status 403
admin grant ada ROLE_ADMIN
answered 'ada: ROLE_USER, ROLE_ADMIN'
as_ada GET /api/test/admin && expect 200 '"admin content"'
as_ada GET /api/test/mod && expect_status 403
admin list
jq -e '. == {id: 1, username: "ada", roles: ["ROLE_USER", "ROLE_ADMIN"]}' >/dev/null <<<"$answer" || fail "admin listed $answer"
admin revoke ada ROLE_ADMIN
answered 'ada: ROLE_USER'
as_ada GET /api/test/admin && expect_status 403

step "what admin refuses, it refuses with a sentence"
refused grant nobody ROLE_ADMIN
[[ $refusal == *user*. ]] || fail "no sentence about the user: $refusal"
refused grant ada ROLE_KING
[[ $refusal == *ROLE_ADMIN*. ]] || fail "no sentence that names the roles: $refusal"

step "no secret in a log"
logs +1 >"$place/logs"
[ -s "$place/logs" ] || fail "there is no log"
for word in "$secret" "$token" "${token##*.}" ada@example.com "$password"; do
  ! grep -qF -- "$word" "$place/logs" || fail "a log has it: $word"
done

printf '[%3ds] deployed, and answers as it should: %s\n' "$SECONDS" "$api"
if [ -n "$then" ]; then
  step "$then"
  key=$(aws secretsmanager list-secrets --query "SecretList[?starts_with(Name, '$STACK_NAME-SigningKey')].Name" --output text)
  LATCHKEY_BASE_URL=$api LATCHKEY_TARGET=emulator LATCHKEY_DATABASE_URL=$database_url \
    LATCHKEY_SIGNING_KEY=$(aws secretsmanager get-secret-value --secret-id "$key" --query SecretString --output text) \
    LATCHKEY_OPERATOR="$PWD/deployment/admin.sh" bash -c "$then" || fail "it ended with $?"
fi
