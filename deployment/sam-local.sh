#!/usr/bin/env bash
# The functions in containers of Docker behind the real `sam local start-api`, over a fresh PostgreSQL that they reach
# as they reach one on AWS: on another machine, over verified TLS.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
. deployment/postgres.sh

usage() {
  cat <<'END'
Usage: deployment/sam-local.sh [--no-build] [--port PORT] [--database | --then COMMAND]

It stays until Ctrl-C, and then takes all with it: containers and database.

  --no-build      run what target/lambda holds already
  --port PORT     where the API is served (8000; with --then any that is free)
  --database      the database alone, migrated; `sam local start-api` is left to you, by a line that is printed
  --then COMMAND  run COMMAND (by bash) against the API, then end, as in
                  --then 'cargo test -p black-box -- --test-threads 16' or --then bash. It finds
                    LATCHKEY_BASE_URL      the API's address
                    LATCHKEY_TARGET        sam-local
                    LATCHKEY_DATABASE_URL  its database
                    LATCHKEY_SIGNING_KEY   the key that it signs with
                    LATCHKEY_OPERATOR      a command for the operator's verbs (deployment/admin.sh --sam-local)

What `sam local` is to know is in .local/sam-local/ meanwhile: deployment/admin.sh --sam-local finds it there.
docs/develop/sam-local.md tells what answers differently there.

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

functions=(signup signin token me content jwks docs authorizer admin)
# Where the functions find this machine; sam makes a container know the name.
host=host.docker.internal
case $(uname -m) in
  x86_64) architecture=x86_64 target=--x86-64 ;;
  aarch64 | arm64) architecture=arm64 target=--arm64 ;;
  *) echo "no Lambda runs on a $(uname -m)" >&2 && exit 1 ;;
esac

# ---- what it needs ----

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
# sam doesn't know what `docker context use` has chosen.
if [ -z "${DOCKER_HOST:-}" ] && chosen=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null); then
  export DOCKER_HOST=$chosen
fi
if ! refusal=$(docker version --format '{{.Server.Version}}' 2>&1); then
  printf 'No Docker engine answers: start Docker, or set DOCKER_HOST. The command docker says: %s\n' \
    "$(tail -n 1 <<<"$refusal")" >&2
  exit 1
fi

# ---- how it ends ----

scratch=$(mktemp -d)
chmod 711 "$scratch" # PostgreSQL's user has to pass
settings=.local/sam-local
sam='' server='' log='' settled=no
step='start'

fail() {
  trap - ERR
  printf '\nFAILED at "%s": %s\n' "$step" "$*" >&2
  if [ -s "$scratch/sam.log" ]; then
    { echo "---- what sam said last, and the functions' log ----" && tail -n 40 "$scratch/sam.log"; } >&2
  fi
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

clean_up() {
  # By itself sam gives each container seconds to end, one after the other.
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
  step "cargo lambda build --release"
  cargo lambda build --release --locked "$target" --lambda-dir target/lambda "${functions[@]/#/-p=}" ||
    fail "the functions don't build"
fi
for function in "${functions[@]}"; do
  [ -x "target/lambda/$function/bootstrap" ] || fail "target/lambda/$function/bootstrap isn't there"
done

# ---- a database that containers reach ----

step "a fresh PostgreSQL"
if [ -e "$settings/pid" ] && kill -0 "$(<"$settings/pid")" 2>/dev/null; then
  fail "another one runs here, as process $(<"$settings/pid"): end it first"
fi
# The engine's address on this machine, beside loopback; where the engine is in a machine of its own (Docker Desktop),
# the address isn't ours, and what containers send comes from our loopback.
gateway=$(docker network inspect bridge | python3 -c '
import ipaddress, json, sys
for place in json.load(sys.stdin)[0]["IPAM"]["Config"] or []:
    network = ipaddress.ip_network(place["Subnet"])
    if network.version == 4:  # a bridge that nobody has configured takes the first address, and tells none
        print(place.get("Gateway") or network[1])
        break')
is_ours() { python3 -c 'import socket, sys; socket.socket().bind((sys.argv[1], 0))' "$1" 2>/dev/null; }
addresses=127.0.0.1
if [ -n "$gateway" ] && is_ours "$gateway"; then addresses+=,$gateway; fi
# A function takes no other way to another machine than TLS with a certificate that it can verify.
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

# ---- what sam is to know ----

# Nothing that could reach an account: sam hands the credentials that it finds to the functions.
unset "${!AWS_@}"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 \
  AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null SAM_CLI_TELEMETRY=0
key=$(python3 -c 'import secrets; print(secrets.token_hex(32))')
settled=yes
mkdir -p .local
rm -rf "$settings" # of one that was killed
install -d -m 700 "$settings"
echo $$ >"$settings/pid"
jq -n --arg url "postgres://latchkey:$password@$host:$database_port/postgres" --rawfile ca "$scratch/server.crt" --arg key "$key" \
  '{Parameters: {DATABASE_URL: $url, DATABASE_CA: $ca, SIGNING_KEY: $key}}' >"$settings/environment.json"
cat >"$settings/samconfig.toml" <<END
version = 0.1

[default.global.parameters]
template_file = "$PWD/template.yaml"
parameter_overrides = "Architecture=$architecture"
env_vars = "$PWD/$settings/environment.json"
add_host = ["$host:host-gateway"]

[default.local_start_api.parameters]
port = 8000
warm_containers = "EAGER"
END

step "migrate, by the admin function in a container"
deployment/admin.sh --sam-local migrate 2>"$scratch/sam.log" ||
  fail "the admin function didn't migrate. Where it can't reach the database, a firewall may stand between Docker and this machine"

start="sam local start-api --config-file $settings/samconfig.toml"
if [ "$serve" = no ]; then
  printf '\nThe database is there until Ctrl-C. In another terminal, here:\n\n  %s\n' "$start"
  wait "$server" || fail "PostgreSQL ended: $(tail -n 3 "$scratch/postgres.log")"
  exit
fi

# ---- the API ----

step "sam local start-api"
if [ -z "$port" ]; then
  if [ -n "$then" ]; then port=$(free_port); else port=8000; fi
fi
is_free() { python3 -c 'import socket, sys; socket.socket().bind(("127.0.0.1", int(sys.argv[1])))' "$port" 2>/dev/null; }
is_free || fail "port $port is taken: choose another one with --port"
$start --port "$port" >"$scratch/sam.log" 2>&1 </dev/null &
sam=$!
api=http://127.0.0.1:$port
# The first time, sam fetches an image.
wait_for 600 "$sam" curl -s -m 40 "$api/" || fail "sam local start-api doesn't answer"

if [ -n "$then" ]; then
  step "$then"
  LATCHKEY_BASE_URL=$api LATCHKEY_TARGET=sam-local LATCHKEY_SIGNING_KEY=$key \
    LATCHKEY_DATABASE_URL=postgres://latchkey:$password@127.0.0.1:$database_port/postgres \
    LATCHKEY_OPERATOR="$PWD/deployment/admin.sh --sam-local" bash -c "$then" || fail "it ended with $?"
  step "the end: containers and database go"
else
  cat <<END

The API is at $api until Ctrl-C, the page of it at $api/docs. Three lines to try in another terminal:

  curl -s $api/api/auth/signup -H 'Content-Type: application/json' -d '{"username":"ada","password":"correct horse","email":"ada@example.com"}'
  TOKEN=\$(curl -s $api/api/auth/signin -H 'Content-Type: application/json' -d '{"username":"ada","password":"correct horse"}' | cut -d '"' -f 4)
  curl -s $api/api/auth/users/me -H "Authorization: Bearer \$TOKEN"

and a role for her: deployment/admin.sh --sam-local grant ada ROLE_ADMIN

END
  tail -n 0 -f "$scratch/sam.log" &
  log=$!
  wait "$sam" || true
  fail "sam local start-api ended by itself"
fi
