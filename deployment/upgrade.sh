#!/usr/bin/env bash
# Upgrades a deployment without downtime: admin first, then the schema, then everything else.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/upgrade.sh [--code-only] [--snapshot DIRECTORY]

Deploys the functions in target/lambda (deployment/build.sh) to the stack:

  1. saves the running code (deployment/snapshot.sh) in DIRECTORY, by default a temporary one;
  2. updates admin and migrates, while the old functions still answer;
  3. runs sam deploy, unless --code-only is given. If DatabaseLogins is "separate" and a class of work has no login yet,
     deployment/admin.sh logins makes it before; until then the functions log in as the owner ("prepared");
  4. updates each function that still runs other code (cargo lambda deploy), and checks that all run the new code;
  5. sends some requests (deployment/smoke.sh). If a step from 2 on fails, the script restores the saved code
     (deployment/rollback.sh) and ends with exit code 1.

If there is no stack yet, it runs sam deploy, migrate and smoke. ApiGatewayLogRole defaults to what the region needs
then. If the stack can't be updated, the script changes nothing and says what to do.

  --code-only             the template and its parameters are unchanged
  --snapshot DIRECTORY    save the code there; or use what deployment/snapshot.sh has just saved there

PARAMETERS has the template's parameters, one Name=value a line; the others keep their values.
The stack is STACK_NAME (default: latchkey) in the account and region of the `aws` command.
deployment/smoke.sh reads LATCHKEY_BASE_URL and SMOKE_SECONDS.
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
  echo "PARAMETERS are for sam deploy, which --code-only skips" >&2
  exit 2
fi

for name in functions/*; do
  name=${name#functions/}
  [ -f "target/lambda/$name/bootstrap" ] || { echo "target/lambda/$name/bootstrap is missing: run deployment/build.sh first" >&2 && exit 1; }
done
trouble=$(trouble)
[ -z "$trouble" ] || { printf '%s\n' "$trouble" >&2 && exit 1; }
scratch=$(mktemp -d)
begun='' # set before the first change
separate='' # set before DatabaseLogins is "prepared"
at_exit() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [ "$code" != 0 ] && [ -n "$begun" ]; then
    printf '\nFAILED at "%s". Restoring the previous code.\n' "$step" >&2
    # CloudFormation's rollback gives admin its previous code too, which refuses the new schema.
    if deployment/rollback.sh "$snapshot" >&2 && { [[ $step != "sam deploy"* ]] || deploy_code admin "$admin"; } &&
      deployment/smoke.sh >&2; then
      echo "The previous code answers. The schema, admin and the template stay as they are now." >&2
    else
      echo "The rollback failed too." >&2
    fi
    [ -z "$separate" ] || echo "If the functions log in as the owner now, add $separate to PARAMETERS next time." >&2
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

# sam_deploy [DatabaseLogins=VALUE]: PARAMETERS, but for that one.
sam_deploy() {
  local parameters=() line
  while IFS= read -r line; do
    [[ $line != *[![:space:]]* || -n ${1:-} && $line = DatabaseLogins=* ]] || parameters+=("$line")
  done <<<"${PARAMETERS:-}"
  [ -z "${1:-}" ] || parameters+=("$1")
  sam deploy --stack-name "$STACK_NAME" --s3-prefix "$STACK_NAME" --no-confirm-changeset --no-progressbar \
    ${parameters[0]:+--parameter-overrides "${parameters[@]}"}
}

# deploy_code NAME FUNCTION
deploy_code() {
  cargo lambda deploy --lambda-dir target/lambda --binary-name "$1" "$2" >"$scratch/cargo-lambda.log" 2>&1 ||
    { cat "$scratch/cargo-lambda.log" >&2 && return 1; }
  await_update "$2"
}

# wanted NAME: the parameter's value after sam deploy.
wanted() {
  local value line
  value=$(parameter "$1") || return
  while IFS= read -r line; do
    [[ $line != "$1="* ]] || value=${line#*=}
  done <<<"${PARAMETERS:-}"
  tr -d '"' <<<"$value"
}
# make_logins [--iam]
make_logins() {
  step "logins"
  deployment/admin.sh logins "$@"
}

digest() { openssl dgst -sha256 -r "target/lambda/$1/bootstrap" | cut -d ' ' -f 1; }
# running FUNCTION: the digest of the program that it runs. The zip's own digest depends on the time of packing.
running() {
  fetch_code "$1" "$scratch/code.zip" >/dev/null
  python3 -c 'import hashlib, sys, zipfile; print(hashlib.sha256(zipfile.ZipFile(sys.argv[1]).read("bootstrap")).hexdigest())' "$scratch/code.zip"
}

list=$(functions)

# ---- a first deployment ----

if [ -z "$list" ]; then
  [ -z "$code_only" ] || { echo "--code-only needs the stack $STACK_NAME, which doesn't exist" >&2 && exit 1; }
  if [[ $'\n'${PARAMETERS:-} != *$'\n'ApiGatewayLogRole=* ]]; then
    role=$(log_role)
    PARAMETERS=${PARAMETERS:+$PARAMETERS$'\n'}ApiGatewayLogRole=$role
  fi
  step "sam deploy: a new stack, $STACK_NAME"
  sam_deploy
  step "migrate"
  deployment/admin.sh migrate
  [ "$(wanted DatabaseLogins)" != separate ] || [ "$(wanted DatabaseAuth)" = iam ] || make_logins
  step "smoke"
  deployment/smoke.sh
  exit
fi

# ---- an upgrade ----

snapshot=${snapshot:-$scratch/snapshot}
if [ ! -f "$snapshot/functions.json" ]; then
  step "save the running code"
  deployment/snapshot.sh "$snapshot"
else
  step "compare the running code with $snapshot"
  while IFS=$'\t' read -r name function; do
    kept=$(jq -r --arg name "$name" '.[$name].CodeSha256' "$snapshot/functions.json")
    if [ "$name" != admin ] && [ "$(code_digest "$function")" != "$kept" ]; then
      echo "$name doesn't run the code in $snapshot: name a new directory" >&2
      exit 1
    fi
  done <<<"$list"
fi

step "activate idle functions"
while IFS=$'\t' read -r name function; do wake "$function"; done <<<"$list"

begun=yes
step "admin's code"
read -r name admin <<<"$list"
[ "$name" = admin ]
deploy_code admin "$admin"
step "migrate"
deployment/admin.sh migrate | tee "$scratch/migrated"
lacks_login=$(jq 'any(.warnings[]?; startswith("No login is a member of "))' "$scratch/migrated")

if [ -z "$code_only" ]; then
  logins=$(wanted DatabaseLogins) auth=$(wanted DatabaseAuth) before=$(parameter DatabaseLogins)
  # sam deploy makes the secret of a new login and the function that uses it at once: then the functions log in as the
  # owner until the login is there. A login by IAM needs no secret.
  if [ "$auth" = iam ]; then
    [ "$lacks_login" = false ] || make_logins --iam
  elif [ "$logins" = separate ] && [ "$lacks_login $before" != 'false separate' ]; then
    step "sam deploy with DatabaseLogins=prepared"
    separate=DatabaseLogins=separate
    sam_deploy DatabaseLogins=prepared
    make_logins
  fi
  step "sam deploy"
  sam_deploy "$separate"
  list=$(functions)
fi

# Also after sam deploy: CloudFormation doesn't update a function whose zip has an unchanged name, even if cargo lambda
# has replaced its code since.
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
printf '[%3ds] %s is upgraded\n' "$SECONDS" "$STACK_NAME"
