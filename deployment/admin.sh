#!/usr/bin/env bash
# Invokes the admin function, which has no route, of a deployment or of `sam local`.
# shellcheck disable=SC2016 # the variables in single quotes are jq's
set -euo pipefail

usage() {
  cat <<'END'
Usage: deployment/admin.sh [--sam-local] migrate [--check | --new-database-id | --new-proof-key]
       deployment/admin.sh [--sam-local] logins [--iam] [--connection-limit NUMBER]
       deployment/admin.sh [--sam-local] check-promotion
       deployment/admin.sh [--sam-local] withdraw-key KID
       deployment/admin.sh [--sam-local] grant USERNAME|--id ID ROLE
       deployment/admin.sh [--sam-local] revoke USERNAME|--id ID ROLE
       deployment/admin.sh [--sam-local] sign-out|disable|enable|delete USERNAME|--id ID
       deployment/admin.sh [--sam-local] role add|remove ROLE [--revoke]
       deployment/admin.sh [--sam-local] role list
       deployment/admin.sh [--sam-local] list [--unreadable]

migrate prints what it did as JSON, and to standard error what an administrator has to do. --check reports what it
would do and what blocks it, and changes nothing. --new-database-id gives a copy of another database its own id: tokens
issued over the other database, and over this one until now, become invalid, and so do client proofs. --new-proof-key
voids client proofs alone.
logins creates or updates the logins of DatabaseLogins, with the passwords of their secrets, or with --iam for RDS tokens.
It prints them with their connection limits.
check-promotion and withdraw-key are for deployment/signing-key.sh.
grant and revoke print the user's roles; list prints a line of JSON for each user.
sign-out ends all sessions and tokens of a user, and prints how many sessions they were. disable does the same and refuses
the user's sign-ins until enable; delete also deletes the user. list --unreadable prints the id and
the hash scheme of each user whose password can't be verified, and to standard error the count per scheme.
role makes a role of your own, removes it, or lists all roles. remove --revoke takes the role from its users; without
it, a role that has users stays.
A refusal goes to standard error, with exit code 1.
The stack is STACK_NAME (default: latchkey) in the account and region of the `aws` command.
--sam-local means the service that deployment/sam-local.sh has started.
Needs: aws (with --sam-local: sam), jq.
END
}

sam_local=no check=false new_database_id=false new_proof_key=false unreadable=false
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
if [ "$*" = 'migrate --new-proof-key' ]; then
  new_proof_key=true
  set -- migrate
fi
if [ "$*" = 'list --unreadable' ]; then
  unreadable=true
  set -- list
fi
revoke=false
case "${1:-} ${2:-} $#" in
  'role add 3' | 'role remove 3' | 'role list 2') set -- "$2_role" "${@:3}" ;;
  'role remove 4') [ "$4" = --revoke ] && revoke=true && set -- remove_role "$3" ;;
esac
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
  'add_role 2' | 'remove_role 2' | 'list_role 1') ;;
  'sign-out 2' | 'disable 2' | 'enable 2' | 'delete 2') [ "$2" != --id ] || { usage >&2 && exit 2; } ;;
  'sign-out 3' | 'disable 3' | 'enable 3' | 'delete 3') [[ $2 = --id && $3 =~ ^-?[0-9]+$ ]] || { usage >&2 && exit 2; } ;;
  'grant 4' | 'revoke 4') [[ $2 = --id && $3 =~ ^-?[0-9]+$ ]] || { usage >&2 && exit 2; } ;;
  '-h 1' | '--help 1') usage && exit ;;
  *) usage >&2 && exit 2 ;;
esac

if [ "$sam_local" = yes ]; then
  config=$(cd "$(dirname "$0")/.." && pwd)/.local/sam-local/samconfig.toml
  [ -e "$config" ] || { echo "deployment/sam-local.sh isn't running." >&2 && exit 1; }
else
  # shellcheck source=SCRIPTDIR/stack.sh
  . "$(dirname "$0")/stack.sh"
  function_name=$(outputs | jq -r '.AdminFunctionName // empty')
  [ -n "$function_name" ] || { echo "There is no stack $STACK_NAME with the output AdminFunctionName in this account and region." >&2 && exit 1; }
fi
file=$(mktemp) errors=$(mktemp)
trap 'rm -f "$file" "$errors"' EXIT

# ask JQ...: invokes the function with the event that jq builds; sets answer.
ask() {
  if [ "$sam_local" = yes ]; then
    ask_sam "$@"
  else
    ask_aws "$@"
  fi
}
ask_aws() {
  local failed attempts=1
  # Versions 1 and 2 of `aws` agree only on fileb://. A migration may take minutes.
  until failed=$(aws lambda invoke --function-name "$function_name" --payload fileb://<(jq -nc "$@") \
    --cli-read-timeout 900 --query FunctionError --output text "$file" 2>"$errors"); do
    # Lambda hasn't started the function: it is creating network interfaces (see wake in stack.sh).
    if [ "$attempts" = 5 ] || ! grep -qE 'ResourceNotReadyException|state: (Pending|Inactive)' "$errors"; then
      cat "$errors" >&2
      exit 1
    fi
    [ "$attempts" -gt 1 ] || echo "$function_name was idle for weeks. Lambda is reconnecting it to the VPC, which takes about a minute." >&2
    aws lambda wait function-active-v2 --function-name "$function_name"
    attempts=$((attempts + 1))
  done
  answer=$(<"$file")
  if [ "$failed" != None ]; then
    jq -r '.errorMessage' <<<"$answer" >&2
    exit 1
  fi
}

# On a failure the log of the function and of sam goes to standard error.
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

# A username of an adopted database may contain terminal control sequences: it is printed in ASCII.
roles='if .roles == [] then "no role" else .roles | join(", ") end'
case $1 in
  migrate)
    ask --argjson check "$check" --argjson new "$new_database_id" --argjson proof "$new_proof_key" \
      '{verb: "migrate", check: $check, new_database_id: $new} + if $proof then {new_proof_key: true} else {} end'
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
  sign-out | disable | enable | delete)
    if [ "$#" -eq 3 ]; then
      ask --arg verb "${1/-/_}" --arg id "$3" '{verb: $verb, id: ($id | tonumber)}'
    else
      ask --arg verb "${1/-/_}" --arg username "$2" '{verb: $verb, username: $username}'
    fi
    if jq -e '.username | test("[^ -~]")' <<<"$answer" >/dev/null; then
      jq -ac . <<<"$answer"
    else
      case $1 in
        sign-out) what='signed out' ;;
        disable) what="disabled since $(jq -r .disabled_at <<<"$answer")" ;;
        *) what="${1}d" ;;
      esac
      jq -r --arg what "$what" \
        '"\(.username): \($what)\(if .ended == null then "" else ", sessions ended: \(.ended)" end)"' <<<"$answer"
    fi
    ;;
  add_role)
    ask --arg role "$2" '{verb: "add_role", role: $role}'
    jq -r '"\(.role): \(if .is_new then "added" else "exists already" end)"' <<<"$answer"
    ;;
  remove_role)
    ask --arg role "$2" --argjson revoke "$revoke" '{verb: "remove_role", role: $role, revoke: $revoke}'
    jq -r '"\(.role): \(if .users == null then "doesn\u0027t exist" elif .users == 0 then "removed"
      else "revoked from \(.users), removed" end)"' <<<"$answer"
    ;;
  list_role)
    ask '{verb: "list_roles"}'
    jq -ac '.roles[]' <<<"$answer"
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
