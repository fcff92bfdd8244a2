# shellcheck shell=bash
# What a stack says of itself, for the scripts beside this one: they source it.
# The stack is STACK_NAME (latchkey, if that isn't set), the account and the region are those of the `aws` command.
export STACK_NAME=${STACK_NAME:-latchkey} AWS_PAGER=''

# stack FILTER: what jq's filter makes of the stack as CloudFormation describes it; of null where there is no such stack.
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

# outputs: all of them as one JSON object; {} where there is no such stack, or none that was ever deployed whole.
outputs() { stack '(.Outputs // []) | map({key: .OutputKey, value: .OutputValue}) | from_entries'; }

# trouble: why the stack can't be deployed as it is, and what to do; nothing where it can.
trouble() {
  local status
  status=$(stack '.StackStatus // ""') || return
  case $status in
    ROLLBACK_COMPLETE | ROLLBACK_FAILED | CREATE_FAILED)
      printf '%s is %s: %s\n' "$STACK_NAME" "$status" "its first deployment failed, and CloudFormation updates no such stack. \
docs/operate/deploying.md, \"A first deployment that failed\", says how to see why and how to begin again."
      ;;
    DELETE_FAILED)
      printf '%s is %s: %s\n' "$STACK_NAME" "$status" "see why (aws cloudformation describe-stack-events --stack-name \
$STACK_NAME), and delete the stack again."
      ;;
    UPDATE_ROLLBACK_FAILED)
      printf '%s is %s: %s\n' "$STACK_NAME" "$status" "aws cloudformation continue-update-rollback --stack-name \
$STACK_NAME brings it back to what it was."
      ;;
    REVIEW_IN_PROGRESS) ;; # there is nothing in it yet
    *_IN_PROGRESS) printf '%s is %s: wait until that is over.\n' "$STACK_NAME" "$status" ;;
  esac
}

# log_role: the ApiGatewayLogRole that takes no role away from the other APIs of the region. API Gateway goes on naming a
# role that was deleted, as after a first deployment that failed.
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

# functions: a line for each, the name of its binary and what it is called on AWS, admin first.
functions() {
  outputs | jq -r 'to_entries | map(select(.key | endswith("FunctionName")) | [(.key | rtrimstr("FunctionName") | ascii_downcase), .value])
    | sort_by(.[0] != "admin", .[0]) | .[] | @tsv'
}

# fetch_code FUNCTION FILE: the zip that it runs now, checked against the digest that Lambda tells; prints that and the
# architecture as JSON. The address that Lambda gives the zip out at is good for anyone for ten minutes: never show it.
fetch_code() {
  local code
  # A caller in $( ) goes on after an error: each is told here.
  code=$(aws lambda get-function --function-name "$1" --output json --query \
    '{Location: Code.Location, CodeSha256: Configuration.CodeSha256, Architecture: Configuration.Architectures[0]}') || return
  curl -sS --fail --retry 3 --max-time 120 -o "$2" --config <(jq -r '"url = \(.Location | @json)"' <<<"$code") || return
  [ "$(openssl dgst -sha256 -binary "$2" | base64)" = "$(jq -r .CodeSha256 <<<"$code")" ] ||
    { echo "the code of $1 didn't arrive whole" >&2 && return 1; }
  jq -c 'del(.Location)' <<<"$code"
}

# code_digest FUNCTION: of the zip that it runs now.
code_digest() { aws lambda get-function-configuration --function-name "$1" --query CodeSha256 --output text; }

# await_update FUNCTION: until an update of it is through; until then the code of before may be asked.
await_update() { aws lambda wait function-updated-v2 --function-name "$1"; }

# wake FUNCTION: after some weeks without a call, Lambda takes the network interfaces of a function in a VPC away. The
# next call fails, whatever it says, and has Lambda make new ones.
# https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
wake() {
  case $(aws lambda get-function-configuration --function-name "$1" --query State --output text) in
    Inactive) aws lambda invoke --function-name "$1" --payload fileb://<(printf '{}') /dev/null >/dev/null 2>&1 || true ;;
    Pending) ;;
    *) return 0 ;;
  esac
  aws lambda wait function-active-v2 --function-name "$1"
}
