#!/usr/bin/env bash
# Makes the API's address the issuer of its tokens, by which other services find the public keys. A template can't do
# that: the functions' settings and the address of their API would refer to each other.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/issuer.sh [ADDRESS]

Deploys the stack's present template and code with TokenIssuer=ADDRESS, and with the issuer until now as
PreviousTokenIssuer, so that nobody is signed out. It does nothing if ADDRESS is the issuer already, and refuses a second
change while tokens of the issuer before the first may be valid.
ADDRESS defaults to LATCHKEY_BASE_URL, then to the output ApiUrl of the stack STACK_NAME (default: latchkey).
Needs: aws, sam, jq.
OF
}

case "${1:-} $#" in
  '-h 1' | '--help 1') usage && exit ;;
  -*) usage >&2 && exit 2 ;;
  *' 0') address=${LATCHKEY_BASE_URL:-} ;;
  *' 1') address=$1 ;;
  *) usage >&2 && exit 2 ;;
esac
cd "$(dirname "$0")/.."
. deployment/stack.sh

outputs=$(outputs)
issuer=$(jq -r '.TokenIssuer // empty' <<<"$outputs")
[ -n "$issuer" ] || { echo "the stack $STACK_NAME has no output TokenIssuer: deploy it first" >&2 && exit 1; }
[ -n "$address" ] || address=$(jq -r '.ApiUrl // empty' <<<"$outputs")
address=${address%/}
if [ "$issuer" = "$address" ]; then
  echo "$address is the issuer already"
  exit
fi
previous=$(stack 'first(.Parameters[]? | select(.ParameterKey == "PreviousTokenIssuer").ParameterValue) // ""')
case $previous in
  '' | "$issuer" | "$address") ;;
  *)
    echo "tokens of PreviousTokenIssuer, $previous, may still be valid: remove it when deployment/doctor.sh says so, then run this again" >&2
    exit 1
    ;;
esac
deployed=$(mktemp)
trap 'rm -f "$deployed"' EXIT
# As sam packaged it: its code is in S3.
aws cloudformation get-template --stack-name "$STACK_NAME" --template-stage Original --query TemplateBody --output text >"$deployed"
sam deploy --config-file "$PWD/samconfig.toml" --template-file "$deployed" --stack-name "$STACK_NAME" --s3-prefix "$STACK_NAME" \
  --no-confirm-changeset --no-progressbar --parameter-overrides "TokenIssuer=$address" "PreviousTokenIssuer=$issuer"
echo "The issuer is $address. Tokens of $issuer stay valid; deployment/doctor.sh says when PreviousTokenIssuer can go."
