#!/usr/bin/env bash
# Runs the functions in Docker containers behind `sam local start-api`, over a temporary PostgreSQL that they reach as on
# AWS: as another machine, over verified TLS.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
. deployment/postgres.sh

usage() {
  cat <<'END'
Usage: deployment/sam-local.sh [--no-build] [--port PORT] [--database | --then COMMAND]

It runs until Ctrl-C, and then removes the containers and the database.

  --no-build      run the binaries in target/lambda
  --port PORT     the API's port (8000; with --then a free one)
  --database      start and migrate the database alone, and print the command that starts the API
  --then COMMAND  run COMMAND (by bash) against the API, then end, such as
                  --then 'cargo test -p black-box -- --test-threads 16' or --then bash. Its environment has
                    LATCHKEY_BASE_URL      the API's address
                    LATCHKEY_TARGET        sam-local
                    LATCHKEY_DATABASE_URL  its database
                    LATCHKEY_SIGNING_KEY   its signing key
                    LATCHKEY_OPERATOR      deployment/admin.sh --sam-local

While it runs, sam's settings are in .local/sam-local/, where deployment/admin.sh --sam-local reads them.
See docs/develop/sam-local.md for the answers that differ from API Gateway's.

Needs on the PATH: sam, docker with an engine that runs, python3, curl, jq, openssl, and PostgreSQL's initdb and postgres
(on the PATH, in PG_BIN or where Debian has them); to build, cargo and cargo-lambda.
END
}

build=yes then='' port='' serve=yes
while [ $# -gt 0 ]; do
  case $1 in
    --no-build) build=no ;;
    --port) port=${2:?--port needs a number} && shift ;;
    --database) serve=no ;;
    --then) then=${2:?--then needs a command} && shift ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
[ "$serve" = yes ] || [ -z "$then" ] || { usage >&2 && exit 2; }

# This machine's name inside the containers (sam's --add-host).
host=host.docker.internal
case $(uname -m) in
  x86_64) architecture=x86_64 target=--x86-64 ;;
  aarch64 | arm64) architecture=arm64 target=--arm64 ;;
  *) echo "no Lambda runs on a $(uname -m)" >&2 && exit 1 ;;
esac

# ---- requirements ----

programs=(sam docker python3 curl jq openssl)
[ "$build" = no ] || programs+=(cargo cargo-lambda)
missing=()
for program in "${programs[@]}"; do
  command -v "$program" >/dev/null || missing+=("$program")
done
find_postgres
if [ ${#missing[@]} -gt 0 ]; then
  printf 'deployment/sam-local.sh needs: %s\n' "${missing[@]}" >&2
  exit 1
fi
# sam ignores the context that `docker context use` has selected.
if [ -z "${DOCKER_HOST:-}" ] && chosen=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null); then
  export DOCKER_HOST=$chosen
fi
if ! refusal=$(docker version --format '{{.Server.Version}}' 2>&1); then
  printf 'No Docker engine answers: start Docker, or set DOCKER_HOST. The command docker says: %s\n' \
    "$(tail -n 1 <<<"$refusal")" >&2
  exit 1
fi

# ---- the end ----

scratch=$(mktemp -d)
chmod 711 "$scratch" # so that PostgreSQL's user can reach its files
settings=.local/sam-local
sam='' server='' log='' settled=no
step='start'

fail() {
  trap - ERR
  printf '\nFAILED at "%s": %s\n' "$step" "$*" >&2
  if [ -s "$scratch/sam.log" ]; then
    { echo "---- the last lines of sam and of the functions ----" && tail -n 40 "$scratch/sam.log"; } >&2
  fi
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

clean_up() {
  # sam stops its containers one after the other and waits seconds for each.
  if [ -n "$sam" ]; then
    kill -TERM "$sam" 2>/dev/null || true
    sed -n 's/^SAM_CONTAINER_ID: //p' "$scratch/sam.log" |
      while read -r container; do docker rm --force "$container" >/dev/null 2>&1 || true; done
    stop TERM "$sam"
  fi
  [ -z "$server" ] || stop INT "$server"
  [ -z "$log" ] || stop TERM "$log"
  [ "$settled" = no ] || rm -rf "$settings"
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step() {
  step=$*
  printf '[%3ds] %s\n' "$SECONDS" "$step"
}

# ---- the functions ----

if [ "$build" = yes ]; then
  step "deployment/build.sh"
  deployment/build.sh "$target" || fail "the functions don't build"
fi
for folder in functions/*/; do
  bootstrap=target/lambda/$(basename "$folder")/bootstrap
  [ -x "$bootstrap" ] || fail "$bootstrap isn't there"
done

# ---- a database for the containers ----

step "a fresh PostgreSQL"
if [ -e "$settings/pid" ] && kill -0 "$(<"$settings/pid")" 2>/dev/null; then
  fail "deployment/sam-local.sh is running already, as process $(<"$settings/pid"): end it first"
fi
# Listen on loopback and on Docker's bridge. Docker Desktop runs the engine in a virtual machine: the bridge isn't an
# address of this machine then, and the containers' connections come from loopback.
gateway=$(docker network inspect bridge | python3 -c '
import ipaddress, json, sys
for subnet in json.load(sys.stdin)[0]["IPAM"]["Config"] or []:
    network = ipaddress.ip_network(subnet["Subnet"])
    if network.version == 4:  # the default bridge has the first address, and may not report it
        print(subnet.get("Gateway") or network[1])
        break')
is_ours() { python3 -c 'import socket, sys; socket.socket().bind((sys.argv[1], 0))' "$1" 2>/dev/null; }
addresses=127.0.0.1
if [ -n "$gateway" ] && is_ours "$gateway"; then addresses+=,$gateway; fi
# A function connects to another machine only over TLS with a certificate that it can verify.
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$host" -addext "subjectAltName=DNS:$host" \
  -addext basicConstraints=critical,CA:FALSE -keyout "$scratch/server.key" -out "$scratch/server.crt" 2>"$scratch/openssl.log" ||
  fail "openssl: $(tail -n 3 "$scratch/openssl.log")"
printf '%s\n' 'host all all 127.0.0.1/32 scram-sha-256' 'hostssl all all 0.0.0.0/0 scram-sha-256' >"$scratch/pg_hba.conf"
chmod 644 "$scratch/pg_hba.conf" "$scratch/server.crt"
find_postgres_user
chmod 600 "$scratch/server.key"
[ -z "$postgres_user" ] || chown "$postgres_user" "$scratch/server.key"
start_postgres -c listen_addresses="$addresses" -c hba_file="$scratch/pg_hba.conf" \
  -c ssl=on -c ssl_cert_file="$scratch/server.crt" -c ssl_key_file="$scratch/server.key"

# ---- sam's settings ----

# No credentials of an account: sam passes those that it finds to the functions.
unset "${!AWS_@}"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 \
  AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null SAM_CLI_TELEMETRY=0
bcrypt_cost=10 # the least that a function takes
key=$(python3 -c 'import secrets; print(secrets.token_hex(32))')
if [ -z "$port" ]; then
  if [ -n "$then" ]; then port=$(free_port); else port=8000; fi
fi
settled=yes
mkdir -p .local
rm -rf "$settings" # left by a killed run
install -d -m 700 "$settings"
echo $$ >"$settings/pid"
jq -n --arg url "postgres://latchkey:$password@$host:$database_port/postgres" --rawfile ca "$scratch/server.crt" --arg key "$key" \
  '{Parameters: {DATABASE_URL: $url, DATABASE_CA: $ca, SIGNING_KEY: $key}}' >"$settings/environment.json"
# Containers see one address of all callers.
cat >"$settings/samconfig.toml" <<END
version = 0.1

[default.global.parameters]
template_file = "$PWD/template.yaml"
parameter_overrides = "Architecture=$architecture BcryptCost=$bcrypt_cost GuessesPerNetwork=off SignupsPerNetwork=off TokenIssuer=http://127.0.0.1:$port"
env_vars = "$PWD/$settings/environment.json"
add_host = ["$host:host-gateway"]

[default.local_start_api.parameters]
port = $port
warm_containers = "EAGER"
END

step "migrate, by the admin function in a container"
deployment/admin.sh --sam-local migrate 2>"$scratch/sam.log" ||
  fail "the admin function didn't migrate. If it can't reach the database, a firewall may block Docker's network"

start="sam local start-api --config-file $settings/samconfig.toml"
if [ "$serve" = no ]; then
  printf '\nThe database runs until Ctrl-C. In another terminal, in this directory, run:\n\n  %s\n' "$start"
  wait "$server" || fail "PostgreSQL ended: $(tail -n 3 "$scratch/postgres.log")"
  exit
fi

# ---- the API ----

step "sam local start-api"
is_free() { python3 -c 'import socket, sys; socket.socket().bind(("127.0.0.1", int(sys.argv[1])))' "$port" 2>/dev/null; }
is_free || fail "port $port is taken: choose another one with --port"
$start >"$scratch/sam.log" 2>&1 </dev/null &
sam=$!
api=http://127.0.0.1:$port
# On the first start sam downloads an image.
wait_for 600 "$sam" curl -s -m 40 "$api/" || fail "sam local start-api doesn't answer"

if [ -n "$then" ]; then
  step "$then"
  LATCHKEY_BASE_URL=$api LATCHKEY_TARGET=sam-local LATCHKEY_SIGNING_KEY=$key LATCHKEY_BCRYPT_COST=$bcrypt_cost \
    LATCHKEY_DATABASE_URL=postgres://latchkey:$password@127.0.0.1:$database_port/postgres \
    LATCHKEY_OPERATOR="$PWD/deployment/admin.sh --sam-local" bash -c "$then" || fail "it ended with $?"
  step "remove the containers and the database"
else
  cat <<END

The API is at $api until Ctrl-C, its documentation at $api/docs. Try it in another terminal:

  curl -s $api/api/auth/signup -H 'Content-Type: application/json' -d '{"username":"ada","password":"correct horse","email":"ada@example.com"}'
  TOKEN=\$(curl -s $api/api/auth/signin -H 'Content-Type: application/json' -d '{"username":"ada","password":"correct horse"}' | cut -d '"' -f 4)
  curl -s $api/api/auth/users/me -H "Authorization: Bearer \$TOKEN"

Grant a role: deployment/admin.sh --sam-local grant ada ROLE_ADMIN

END
  tail -n 0 -f "$scratch/sam.log" &
  log=$!
  wait "$sam" || true
  fail "sam local start-api ended by itself"
fi
