#!/usr/bin/env bash
# Brings a deployment to what was built, in the order in which nobody notices: admin, the schema, the rest.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/upgrade.sh [--code-only] [--snapshot DIRECTORY]

Deploys the functions that target/lambda holds (cargo lambda build --release) to the stack:

  1. keeps the code that runs now (deployment/snapshot.sh), in DIRECTORY or for as long as this takes;
  2. gives admin its new code and migrates, while the old functions still answer;
  3. sam deploy: the template and the functions; with --code-only this is left out;
  4. gives its new code to each function that doesn't run it yet (cargo lambda deploy), and sees that all run it;
  5. asks for some answers (deployment/smoke.sh). Where this or a step before it fails, the code of before is put
     back (deployment/rollback.sh), and the exit code is 1.

A stack that isn't there yet is made: sam deploy, migrate, smoke. Where PARAMETERS doesn't say ApiGatewayLogRole, it is
what the region needs. A stack that can't be updated is left alone, and what to do is said.

  --code-only             the template and its parameters are as they were
  --snapshot DIRECTORY    keep the code there; or it is there already, as deployment/snapshot.sh has just put it

PARAMETERS has the template's parameters, one Name=value a line; those that it doesn't name keep their values.
The stack is STACK_NAME (latchkey, if that isn't set), the account and the region are those of the `aws` command.
LATCHKEY_BASE_URL and SMOKE_SECONDS are deployment/smoke.sh's.
Needs: aws, sam, cargo-lambda, curl, jq, openssl, python3.
OF
}

code_only='' snapshot=''
while [ $# -gt 0 ]; do
  case $1 in
    --code-only) code_only=yes ;;
    --snapshot) snapshot=${2:?--snapshot needs a directory} && shift ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
case $snapshot in '' | /*) ;; *) snapshot=$PWD/$snapshot ;; esac
cd "$(dirname "$0")/.."
. deployment/stack.sh
if [ -n "$code_only" ] && [ -n "${PARAMETERS:-}" ]; then
  echo "PARAMETERS are those of sam deploy, which --code-only leaves out" >&2
  exit 2
fi

for name in functions/*; do
  name=${name#functions/}
  [ -f "target/lambda/$name/bootstrap" ] || { echo "target/lambda/$name/bootstrap isn't there: cargo lambda build first" >&2 && exit 1; }
done
trouble=$(trouble)
[ -z "$trouble" ] || { printf '%s\n' "$trouble" >&2 && exit 1; }
scratch=$(mktemp -d)
begun='' # from the first change on
at_exit() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [ "$code" != 0 ] && [ -n "$begun" ]; then
    printf '\nFAILED at "%s". The code of before is put back.\n' "$step" >&2
    # A template that fails takes admin back to the code of the last one, which doesn't know the new schema.
    if deployment/rollback.sh "$snapshot" >&2 && { [ "$step" != "sam deploy" ] || deploy_code admin "$admin"; } &&
      deployment/smoke.sh >&2; then
      echo "The code of before answers. What was migrated stays, as do admin and the template." >&2
    else
      echo "That failed, too." >&2
    fi
    code=1
  fi
  rm -rf "$scratch"
  exit "$code"
}
trap at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step=start
step() {
  step=$*
  printf '[%3ds] %s\n' "$SECONDS" "$step"
}

sam_deploy() {
  local parameters=() line
  while IFS= read -r line; do
    [[ $line != *[![:space:]]* ]] || parameters+=("$line")
  done <<<"${PARAMETERS:-}"
  sam deploy --stack-name "$STACK_NAME" --s3-prefix "$STACK_NAME" --no-confirm-changeset --no-progressbar \
    ${parameters[0]:+--parameter-overrides "${parameters[@]}"}
}

# deploy_code NAME FUNCTION
deploy_code() {
  cargo lambda deploy --lambda-dir target/lambda --binary-name "$1" "$2" >"$scratch/cargo-lambda.log" 2>&1 ||
    { cat "$scratch/cargo-lambda.log" >&2 && return 1; }
  await_update "$2"
}

digest() { openssl dgst -sha256 -r "target/lambda/$1/bootstrap" | cut -d ' ' -f 1; }
# running FUNCTION: the digest of the program that it runs. That of the zip won't do: it holds the time, too.
running() {
  fetch_code "$1" "$scratch/code.zip" >/dev/null
  python3 -c 'import hashlib, sys, zipfile; print(hashlib.sha256(zipfile.ZipFile(sys.argv[1]).read("bootstrap")).hexdigest())' "$scratch/code.zip"
}

list=$(functions)

# ---- a first deployment ----

if [ -z "$list" ]; then
  [ -z "$code_only" ] || { echo "there is no stack $STACK_NAME whose code could be deployed" >&2 && exit 1; }
  if [[ $'\n'${PARAMETERS:-} != *$'\n'ApiGatewayLogRole=* ]]; then
    role=$(log_role)
    PARAMETERS=${PARAMETERS:+$PARAMETERS$'\n'}ApiGatewayLogRole=$role
  fi
  step "sam deploy: a new stack, $STACK_NAME"
  sam_deploy
  step "migrate"
  deployment/admin.sh migrate
  step "smoke"
  deployment/smoke.sh
  exit
fi

# ---- an upgrade ----

snapshot=${snapshot:-$scratch/snapshot}
if [ ! -f "$snapshot/functions.json" ]; then
  step "the code that runs now"
  deployment/snapshot.sh "$snapshot"
else
  step "the code that runs now is what $snapshot has"
  while IFS=$'\t' read -r name function; do
    kept=$(jq -r --arg name "$name" '.[$name].CodeSha256' "$snapshot/functions.json")
    if [ "$name" != admin ] && [ "$(code_digest "$function")" != "$kept" ]; then
      echo "$name runs other code than $snapshot has of it: name a new directory" >&2
      exit 1
    fi
  done <<<"$list"
fi

step "what Lambda has put aside"
while IFS=$'\t' read -r name function; do wake "$function"; done <<<"$list"

begun=yes
step "admin's code"
read -r name admin <<<"$list"
[ "$name" = admin ]
deploy_code admin "$admin"
step "migrate"
deployment/admin.sh migrate

if [ -z "$code_only" ]; then
  step "sam deploy"
  sam_deploy
  list=$(functions)
fi

# After sam deploy, too: CloudFormation leaves a function alone whose zip has the name that it knew, whatever cargo
# lambda has given it since.
step "each function's code"
while IFS=$'\t' read -r name function; do
  expected=$(digest "$name")
  if [ "$(running "$function")" != "$expected" ]; then
    deploy_code "$name" "$function"
    [ "$(running "$function")" = "$expected" ]
    echo "$name: deployed"
  fi
done <<<"$list"

step "smoke"
deployment/smoke.sh
printf '[%3ds] %s is what was built\n' "$SECONDS" "$STACK_NAME"
