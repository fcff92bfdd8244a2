# shellcheck shell=bash
# What a stack says of itself, for the scripts beside this one: they source it.
# The stack is STACK_NAME (latchkey, if that isn't set), the account and the region are those of the `aws` command.
export STACK_NAME=${STACK_NAME:-latchkey} AWS_PAGER=''

# outputs: all of them as one JSON object; {} where there is no such stack, or none that was ever deployed whole.
outputs() {
  local said
  if said=$(aws cloudformation describe-stacks --stack-name "$STACK_NAME" --query 'Stacks[0].Outputs' --output json 2>&1); then
    jq '(. // []) | map({key: .OutputKey, value: .OutputValue}) | from_entries' <<<"$said"
  elif [[ $said == *'does not exist'* ]]; then
    echo '{}'
  else
    printf '%s\n' "$said" >&2
    return 1
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
