#!/usr/bin/env bash
# The operator's verbs for a deployment, or for `sam local`: invokes the admin function, which has no route.
# shellcheck disable=SC2016 # what looks like a variable in single quotes is one of jq
set -euo pipefail

usage() {
  cat <<'END'
Usage: deployment/admin.sh [--sam-local] migrate [--check | --new-database-id]
       deployment/admin.sh [--sam-local] logins [--iam] [--connection-limit NUMBER]
       deployment/admin.sh [--sam-local] check-promotion
       deployment/admin.sh [--sam-local] withdraw-key KID
       deployment/admin.sh [--sam-local] grant USERNAME|--id ID ROLE
       deployment/admin.sh [--sam-local] revoke USERNAME|--id ID ROLE
       deployment/admin.sh [--sam-local] list [--unreadable]

migrate prints what it did, as JSON; what is left for an administrator to do goes to standard error. With --check it
says what it would do and what stands in its way, and changes nothing. With --new-database-id the database gets another
id, as a copy of another database needs it: no token of that one is good here, and its own are void, too.
logins makes the logins of DatabaseLogins, or updates them: with the passwords of their secrets, or with --iam for tokens
of RDS. It prints them, and how many connections each may have at once.
check-promotion and withdraw-key are for deployment/signing-key.sh.
grant and revoke print the roles that the user has then; list prints a line of JSON for each user. With --unreadable
these are the users who can't sign in, since no password of theirs can be verified: the id, and of which scheme the
password is. How many there are of each goes to standard error.
A refusal goes to standard error, with exit code 1.
The stack is STACK_NAME (latchkey, if that isn't set), the account and the region are those of the `aws` command.
With --sam-local it is what deployment/sam-local.sh has started instead.
Needs: aws (with --sam-local: sam), jq.
END
}

sam_local=no check=false new_database_id=false unreadable=false
if [ "${1:-}" = --sam-local ]; then
  sam_local=yes && shift
fi
if [ "$*" = 'migrate --check' ]; then
  check=true
  set -- migrate
fi
if [ "$*" = 'migrate --new-database-id' ]; then
  new_database_id=true
  set -- migrate
fi
if [ "$*" = 'list --unreadable' ]; then
  unreadable=true
  set -- list
fi
iam=false connection_limit=null
if [ "${1:-}" = logins ]; then
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --iam) iam=true ;;
      --connection-limit) connection_limit=${2:-} && shift ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift || { usage >&2 && exit 2; }
  done
  [[ $connection_limit = null || $connection_limit =~ ^[0-9]{1,7}$ ]] || { usage >&2 && exit 2; }
  set -- logins
fi
case "${1:-} $#" in
  'migrate 1' | 'logins 1' | 'check-promotion 1' | 'withdraw-key 2' | 'list 1' | 'grant 3' | 'revoke 3') ;;
  'grant 4' | 'revoke 4') [[ $2 = --id && $3 =~ ^-?[0-9]+$ ]] || { usage >&2 && exit 2; } ;;
  '-h 1' | '--help 1') usage && exit ;;
  *) usage >&2 && exit 2 ;;
esac

if [ "$sam_local" = yes ]; then
  config=$(cd "$(dirname "$0")/.." && pwd)/.local/sam-local/samconfig.toml
  [ -e "$config" ] || { echo "Nothing runs that deployment/sam-local.sh has started." >&2 && exit 1; }
else
  # shellcheck source=SCRIPTDIR/stack.sh
  . "$(dirname "$0")/stack.sh"
  function_name=$(outputs | jq -r '.AdminFunctionName // empty')
  [ -n "$function_name" ] || { echo "There is no stack $STACK_NAME with an output AdminFunctionName here." >&2 && exit 1; }
fi
file=$(mktemp) errors=$(mktemp)
trap 'rm -f "$file" "$errors"' EXIT

# ask JQ...: invokes the function with the event that jq makes; sets answer.
ask() {
  if [ "$sam_local" = yes ]; then
    ask_sam "$@"
  else
    ask_aws "$@"
  fi
}
ask_aws() {
  local failed attempts=1
  # From a file of bytes: the one way that both versions of `aws` read alike. A migration may take its time.
  until failed=$(aws lambda invoke --function-name "$function_name" --payload fileb://<(jq -nc "$@") \
    --cli-read-timeout 900 --query FunctionError --output text "$file" 2>"$errors"); do
    # Of these the function knows nothing: Lambda is making it network interfaces again (stack.sh, wake).
    if [ "$attempts" = 5 ] || ! grep -qE 'ResourceNotReadyException|state: (Pending|Inactive)' "$errors"; then
      cat "$errors" >&2
      exit 1
    fi
    [ "$attempts" -gt 1 ] || echo "Nobody has called $function_name for weeks. Lambda gives it its network back, in a minute or so." >&2
    aws lambda wait function-active-v2 --function-name "$function_name"
    attempts=$((attempts + 1))
  done
  answer=$(<"$file")
  if [ "$failed" != None ]; then
    jq -r '.errorMessage' <<<"$answer" >&2
    exit 1
  fi
}

# Its log, and what sam says, go to standard error where something fails.
ask_sam() {
  if ! answer=$(jq -nc "$@" | sam local invoke AdminFunction --config-file "$config" --event - 2>"$file") ||
    [ -z "$answer" ]; then
    cat "$file" >&2
    exit 1
  fi
  if jq -e 'type == "object" and has("errorMessage")' <<<"$answer" >/dev/null; then
    jq -r '.errorMessage' <<<"$answer" >&2
    exit 1
  fi
}

# What a terminal would obey may stand in a name of an adopted database: that is shown in ASCII.
roles='if .roles == [] then "no role" else .roles | join(", ") end'
case $1 in
  migrate)
    ask --argjson check "$check" --argjson new "$new_database_id" '{verb: "migrate", check: $check, new_database_id: $new}'
    jq -c . <<<"$answer"
    jq -r '.group_roles.to_do // empty, .warnings[]?' <<<"$answer" >&2
    ;;
  logins)
    ask --argjson iam "$iam" --argjson limit "$connection_limit" '{verb: "logins", iam: $iam, connection_limit: $limit}'
    jq -c . <<<"$answer"
    ;;
  check-promotion)
    ask '{verb: "check_promotion"}'
    jq -c . <<<"$answer"
    ;;
  withdraw-key)
    ask --arg kid "$2" '{verb: "withdraw_key", kid: $kid}'
    jq -c . <<<"$answer"
    ;;
  grant | revoke)
    if [ "$#" -eq 4 ]; then
      ask --arg verb "$1" --arg id "$3" --arg role "$4" '{verb: $verb, id: ($id | tonumber), role: $role}'
    else
      ask --arg verb "$1" --arg username "$2" --arg role "$3" '{verb: $verb, username: $username, role: $role}'
    fi
    if jq -e '[.username, .roles[]] | any(test("[^ -~]"))' <<<"$answer" >/dev/null; then
      jq -ac . <<<"$answer"
    else
      jq -r "\"\\(.username): \\($roles)\"" <<<"$answer"
    fi
    ;;
  list)
    after=null counts=null
    until [ "$after" = end ]; do
      ask --argjson unreadable "$unreadable" --argjson after "$after" \
        '{verb: "list", unreadable: $unreadable, after: $after}'
      jq -ac '.users[]' <<<"$answer"
      [ "$after" != null ] || counts=$(jq -c .counts <<<"$answer")
      after=$(jq -r '.next // "end"' <<<"$answer")
    done
    if [ "$unreadable" = true ]; then
      jq -r 'if . == {} then "Every user has a password that can be verified."
        else "Can\u0027t sign in: \(to_entries | sort_by(-.value) | map("\(.value) \(.key)") | join(", "))." end' <<<"$counts" >&2
    fi
    ;;
esac
