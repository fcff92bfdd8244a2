#!/usr/bin/env bash
# Runs a deployment's whole life on this machine: `sam deploy` of the release binaries onto an emulator of AWS (ministack)
# over a temporary PostgreSQL, a first user, the black-box suite, then an operator's later tasks. Each part is a file of
# deployment/emulator/, to read as a recipe.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
. deployment/postgres.sh

usage() {
  cat <<'END'
Usage: deployment/emulator.sh [--no-build] [--then COMMAND] [--brief]

  --no-build      deploy the binaries in target/lambda
  --then COMMAND  the bash command to run against the deployment after the first user's requests (default: the black-box
                  suite). Its environment has
                    LATCHKEY_BASE_URL      the API's address
                    LATCHKEY_TARGET        emulator
                    LATCHKEY_DATABASE_URL  its database
                    LATCHKEY_SIGNING_KEY   its signing key
                    LATCHKEY_BCRYPT_COST   its BcryptCost, the least that a function takes
                    LATCHKEY_OPERATOR      deployment/admin.sh
                    LATCHKEY_INTROSPECTION_SECRET  its IntrospectionSecret
                    LATCHKEY_MAILS         the folder of its mails
                  and lets `aws` and `sam` use the emulator.
  --brief         end after that, without updates, rotation and outages. --then bash opens a shell for trying it out.

Needs on the PATH: cargo, cargo-lambda, sam, aws, ministack, python3, curl, jq, openssl, and PostgreSQL's initdb,
postgres and psql (on the PATH, in PG_BIN or where Debian has them). Install the tools of AWS and the emulator by
  export PATH="$PATH:$(.ci/tools/install aws target/ci/aws):$(.ci/tools/install emulator target/ci/emulator)"
END
}

build=yes
# All packages are selected, so that their features, and what is built of them, are the same as in the other tests.
suite='cargo test --locked --workspace --test service'
then=$suite
brief=no
while [ $# -gt 0 ]; do
  case $1 in
    --no-build) build=no ;;
    --then) then=${2:?--then needs a command} && shift ;;
    --brief) brief=yes ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

export STACK_NAME=latchkey-emulated
case $(uname -m) in
  x86_64) architecture=x86_64 target=--x86-64 ;;
  aarch64 | arm64) architecture=arm64 target=--arm64 ;;
  *) echo "no Lambda runs on a $(uname -m)" >&2 && exit 1 ;;
esac

# ---- requirements ----

missing=()
for program in cargo cargo-lambda sam aws ministack python3 curl jq openssl; do
  command -v "$program" >/dev/null || missing+=("$program")
done
find_postgres
psql=$(PATH="$postgres:$PATH" command -v psql) || missing+=("PostgreSQL's psql")
if [ ${#missing[@]} -gt 0 ]; then
  printf 'deployment/emulator.sh needs: %s\n' "${missing[@]}" >&2
  exit 1
fi

# ---- the end ----

scratch=$(mktemp -d)
chmod 711 "$scratch" # so that PostgreSQL's user can reach its files
emulator='' server='' mail_server=''
step='start'

# logs LINES: the last LINES lines of each function's log.
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
  if [ -f "$scratch/ministack.log" ]; then
    { echo "---- the functions' logs ----" && logs 20; } >&2
    { echo "---- the emulator's last lines ----" && tail -n 15 "$scratch/ministack.log"; } >&2
  fi
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

clean_up() {
  [ -z "$emulator" ] || stop TERM "$emulator"
  [ -z "$mail_server" ] || stop TERM "$mail_server"
  [ -z "$server" ] || stop INT "$server"
  rm -rf "$scratch"
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
  step "deployment/build.sh"
  deployment/build.sh "$target" || fail "the functions don't build"
fi
for folder in functions/*/; do
  bootstrap=target/lambda/$(basename "$folder")/bootstrap
  [ -x "$bootstrap" ] || fail "$bootstrap is missing"
done

# ---- the emulator, with no credentials of an account ----

step "the emulator"
port=$(free_port)
endpoint=http://127.0.0.1:$port
unset "${!AWS_@}"
export AWS_ENDPOINT_URL=$endpoint AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 \
  AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
  AWS_PAGER='' SAM_CLI_TELEMETRY=0 NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
# The emulator's functions inherit its environment, so it gets an empty one, but for the authority of the mail server.
mail_keys=$PWD/functions/mailer/tests/keys mail_folder=$scratch/mails
start_emulator() {
  env -i PATH="$PATH" LANG=C.UTF-8 HOME="$scratch" TMPDIR="$scratch" STATE_DIR="$scratch/state" PERSIST_STATE=1 S3_PERSIST=1 \
    S3_DATA_DIR="$scratch/s3" BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" LAMBDA_EXECUTOR=local LAMBDA_ACCOUNT_CONCURRENCY=1000 IOT_MTLS_ENABLED=0 \
    AWS_ENDPOINT_URL="$endpoint" SSL_CERT_FILE="$mail_keys/ca.pem" ministack >>"$scratch/ministack.log" 2>&1 &
  emulator=$!
  wait_for 60 "$emulator" curl -sf -m 2 "$endpoint/_ministack/health" ||
    fail "ministack doesn't answer: $(tail -n 3 "$scratch/ministack.log")"
}
start_emulator

bcrypt_cost=10 # the least that a function takes
introspection_secret=$(openssl rand -hex 32)
# The parameters of a first deployment. A later one keeps those that it doesn't name. All requests have one address.
# shellcheck disable=SC2034 # for the parts
parameters=(AuthorizerCacheSeconds=0 BcryptCost="$bcrypt_cost" ApiGatewayLogRole=make Architecture="$architecture"
  DatabaseUrl="$database_url" AlarmEmail=operator@example.com DatabaseInstanceId=latchkey
  IntrospectionSecret="$introspection_secret" GuessesPerNetwork=off SignupsPerNetwork=off)

# deploy_stack NAME TEMPLATE PARAMETER=VALUE...
deploy_stack() {
  sam deploy --config-file "$PWD/samconfig.toml" --stack-name "$1" --template-file "$2" --no-confirm-changeset --no-progressbar \
    --parameter-overrides "${@:3}" >"$scratch/deploy.log" 2>&1 || fail "sam deploy: $(tail -n 30 "$scratch/deploy.log")"
}
# deploy PARAMETER=VALUE...: sets api, the address. `template` may name another template.
deploy() {
  deploy_stack "$STACK_NAME" "${template:-template.yaml}" "$@"
  local url form='^https://([a-z0-9]+)\.execute-api\..*/Prod$'
  url=$(output ApiUrl)
  [[ $url =~ $form ]] || fail "the output ApiUrl is $url"
  api_id=${BASH_REMATCH[1]}
  api=$endpoint/_aws/execute-api/$api_id/Prod # the emulator's address of it
}
# output NAME [STACK]: an output of the stack. resource NAME: the physical id of one of its resources.
output() {
  aws cloudformation describe-stacks --stack-name "${2:-$STACK_NAME}" --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue" --output text
}
resource() {
  aws cloudformation describe-stack-resource --stack-name "$STACK_NAME" --logical-resource-id "$1" \
    --query StackResourceDetail.PhysicalResourceId --output text
}
# sql STATEMENT: as the database's owner; prints the rows.
sql() { PGPASSWORD=$password "$psql" -h 127.0.0.1 -p "$database_port" -U latchkey -d postgres -qAtX -v ON_ERROR_STOP=1 -c "$1"; }

# ---- the parts ----

times=()
# part NAME: the steps of deployment/emulator/NAME.sh.
part() {
  local began=$SECONDS
  # shellcheck disable=SC1090 # one of the files beside this one
  . "deployment/emulator/$1.sh"
  times+=("$(printf '%5d s  %s' $((SECONDS - began)) "$1")")
}

# against COMMAND: runs it by bash, with the settings that a test suite needs.
against() {
  local key cache
  key=$(aws secretsmanager get-secret-value --secret-id "$(resource SigningKey)" --query SecretString --output text)
  cache=$(output AuthorizerCacheSeconds)
  # Without these two the suite would ignore checks and still pass.
  [[ $key =~ ^[0-9a-f]{64}$ && $cache =~ ^[0-9]+$ ]] || fail "the signing key or AuthorizerCacheSeconds is missing"
  LATCHKEY_BASE_URL=$api LATCHKEY_TARGET=emulator LATCHKEY_DATABASE_URL=$database_url \
    LATCHKEY_SIGNING_KEY=$key LATCHKEY_BCRYPT_COST=$bcrypt_cost LATCHKEY_AUTHORIZER_CACHE_SECONDS=$cache \
    LATCHKEY_INTROSPECTION_SECRET=$introspection_secret LATCHKEY_MAILS=$mail_folder LATCHKEY_OPERATOR="$PWD/deployment/admin.sh" bash -c "$1" || fail "it ended with $?"
}

. deployment/emulator/expectation.sh
times+=("$(printf '%5d s  %s' "$SECONDS" "a database, the emulator")")
part deployment
part first-user
part issuer
part logins
part limits
part mail
printf '[%3ds] deployed, and all answers are as expected: %s\n' "$SECONDS" "$api"

began=$SECONDS
step "$then"
against "$then"
times+=("$(printf '%5d s  %s' $((SECONDS - began)) "$then")")

if [ "$brief" = no ]; then
  part second-deployment
  part cached-policies
  part update
  part upgrade
  part own-routes
  part rotation
  part outage
  part removal
fi

printf '[%3ds] everything passed\n' "$SECONDS"
printf '%s\n' "${times[@]}"
