# shellcheck shell=bash
# Functions that read the stack and its functions, for the scripts in this folder to source.
# The stack is STACK_NAME (default: latchkey) in the account and region of the `aws` command.
export STACK_NAME=${STACK_NAME:-latchkey} AWS_PAGER=''

# stack FILTER: the result of a jq filter over CloudFormation's description of the stack; over null if there is no stack.
stack() {
  local said errors code=0
  errors=$(mktemp)
  if said=$(aws cloudformation describe-stacks --stack-name "$STACK_NAME" --query 'Stacks[0]' --output json 2>"$errors"); then
    jq -r "$1" <<<"$said" || code=1
  elif grep -q 'does not exist' "$errors"; then
    jq -rn "null | $1" || code=1
  else
    cat "$errors" >&2
    code=1
  fi
  rm -f "$errors"
  return "$code"
}

# outputs: the stack's outputs as one JSON object; {} if there is no stack or its first deployment failed.
outputs() { stack '(.Outputs // []) | map({key: .OutputKey, value: .OutputValue}) | from_entries'; }

# parameter NAME: its value in the stack; empty if there is none.
parameter() { stack "first(.Parameters[]? | select(.ParameterKey == \"$1\").ParameterValue) // \"\""; }

# trouble: why the stack can't be updated, and what to do; empty if it can.
trouble() {
  local status
  status=$(stack '.StackStatus // ""') || return
  case $status in
    ROLLBACK_COMPLETE | ROLLBACK_FAILED | CREATE_FAILED)
      printf '%s is %s: %s\n' "$STACK_NAME" "$status" "its first deployment failed, and CloudFormation can't update such a stack. \
See \"A first deployment that failed\" in docs/operate/deploying.md."
      ;;
    DELETE_FAILED)
      printf '%s is %s: %s\n' "$STACK_NAME" "$status" "find the cause (aws cloudformation describe-stack-events --stack-name \
$STACK_NAME), then delete the stack again."
      ;;
    UPDATE_ROLLBACK_FAILED)
      printf '%s is %s: %s\n' "$STACK_NAME" "$status" "run aws cloudformation continue-update-rollback --stack-name \
$STACK_NAME to restore its last state."
      ;;
    REVIEW_IN_PROGRESS) ;; # the stack is empty
    *_IN_PROGRESS) printf '%s is %s: wait until this operation has ended.\n' "$STACK_NAME" "$status" ;;
  esac
}

# log_role: the value of ApiGatewayLogRole that keeps the log role of the region's other APIs. API Gateway still names a
# role that was deleted, such as after a first deployment that failed.
log_role() {
  local role error
  role=$(aws apigateway get-account --query cloudwatchRoleArn --output text) || return
  case $role in '' | None) echo make && return ;; esac
  if error=$(aws iam get-role --role-name "${role##*/}" 2>&1 >/dev/null) || [[ $error != *NoSuchEntity* ]]; then
    echo exists
  else
    echo make
  fi
}

# functions: one line per function, its binary's name and its name on AWS, admin first.
functions() {
  outputs | jq -r 'to_entries | map(select(.key | endswith("FunctionName")) | [(.key | rtrimstr("FunctionName") | gsub("(?<x>[a-z0-9])(?<y>[A-Z])"; "\(.x)-\(.y)") | ascii_downcase), .value])
    | sort_by(.[0] != "admin", .[0]) | .[] | @tsv'
}

# fetch_code FUNCTION FILE: downloads the zip that the function runs and checks its digest; prints the digest and the
# architecture as JSON. Anyone can use Lambda's address of the zip for ten minutes: never print it.
fetch_code() {
  local code
  # In $( ) bash ignores `set -e`, so each error returns explicitly.
  code=$(aws lambda get-function --function-name "$1" --output json --query \
    '{Location: Code.Location, CodeSha256: Configuration.CodeSha256, Architecture: Configuration.Architectures[0]}') || return
  curl -sS --fail --retry 3 --max-time 120 -o "$2" --config <(jq -r '"url = \(.Location | @json)"' <<<"$code") || return
  [ "$(openssl dgst -sha256 -binary "$2" | base64)" = "$(jq -r .CodeSha256 <<<"$code")" ] ||
    { echo "the download of $1's code is incomplete" >&2 && return 1; }
  jq -c 'del(.Location)' <<<"$code"
}

# code_digest FUNCTION: the digest of the zip that the function runs.
code_digest() { aws lambda get-function-configuration --function-name "$1" --query CodeSha256 --output text; }

# await_update FUNCTION: waits until an update is complete; until then Lambda may run the old code.
await_update() { aws lambda wait function-updated-v2 --function-name "$1"; }

# wake FUNCTION: Lambda removes the network interfaces of a function in a VPC that was idle for weeks. The next call
# fails, and makes Lambda create new ones.
# https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
wake() {
  case $(aws lambda get-function-configuration --function-name "$1" --query State --output text) in
    Inactive) aws lambda invoke --function-name "$1" --payload fileb://<(printf '{}') /dev/null >/dev/null 2>&1 || true ;;
    Pending) ;;
    *) return 0 ;;
  esac
  aws lambda wait function-active-v2 --function-name "$1"
}
