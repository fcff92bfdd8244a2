#!/usr/bin/env bash
# Rotates the key that signs tokens, in two steps. Secrets Manager (64 digits) or openssl (an RSA key) creates the key, and
# one call passes it to the next: it is never printed, never an argument of a command, and never in a file.
set -euo pipefail
here=$(dirname "$0")

usage() {
  cat <<'END'
Usage: deployment/signing-key.sh add              creates a new key beside the current one, of the stack's SigningAlgorithm,
                                                  and publishes its public key
       deployment/signing-key.sh promote          an hour later (RS256: two): the new key signs from now on
       deployment/signing-key.sh promote --now    the same without the wait, for an emergency
       deployment/signing-key.sh withdraw         removes the new key before it has signed
       deployment/signing-key.sh withdraw KID     removes a retired key, and invalidates the tokens that it has signed

Each prints the admin function's answer. add and promote sign nobody out: the old key is accepted until its last token
has expired, and five minutes more. promote is refused if the new key isn't published, or for less than an hour (RS256:
two): other services may cache the public keys that long, and refuse the new key's tokens meanwhile.
The stack is STACK_NAME (default: latchkey) in the account and region of the `aws` command.
Needs: aws, jq; for RS256 openssl.
END
}

now=no
if [ "$*" = 'promote --now' ]; then
  now=yes
  set -- promote
fi
case "${1:-} $#" in
  'add 1' | 'promote 1' | 'withdraw 1') ;;
  'withdraw 2') exec "$here/admin.sh" withdraw-key "$2" ;;
  '-h 1' | '--help 1') usage && exit ;;
  *) usage >&2 && exit 2 ;;
esac

refuse() {
  printf '%s\n' "$*" >&2
  exit 1
}

secret=$(aws cloudformation describe-stack-resource --stack-name "${STACK_NAME:-latchkey}" --logical-resource-id SigningKey \
  --query StackResourceDetail.PhysicalResourceId --output text)
versions=$(aws secretsmanager list-secret-version-ids --secret-id "$secret" --output json)
# version STAGE: the id of the version with this staging label, or nothing.
version() { jq -r --arg stage "$1" '[.Versions[] | select(.VersionStages | index($stage)) | .VersionId] | first // empty' <<<"$versions"; }
current=$(version AWSCURRENT)
pending=$(version AWSPENDING)
[ "$pending" != "$current" ] || pending=''

case $1 in
  add)
    [ -z "$pending" ] || refuse "There is a new key already: promote it, or withdraw it."
    algorithm=$(aws cloudformation describe-stacks --stack-name "${STACK_NAME:-latchkey}" --output text \
      --query "Stacks[0].Parameters[?ParameterKey=='SigningAlgorithm'].ParameterValue")
    if [ "$algorithm" = RS256 ]; then
      key=$(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 2>/dev/null) || refuse "openssl makes no RSA key."
    else
      # 64 hexadecimal digits, like the template's GenerateSecretString.
      key=$(aws secretsmanager get-random-password --password-length 64 --exclude-punctuation --query RandomPassword \
        --output text --exclude-characters ghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ --no-require-each-included-type)
      [[ $key =~ ^[0-9a-f]{64}$ ]] || refuse "Secrets Manager's answer isn't 64 hexadecimal digits."
    fi
    aws secretsmanager put-secret-value --secret-id "$secret" --version-stages AWSPENDING \
      --secret-string file://<(printf '%s' "$key") >/dev/null
    ;;
  promote)
    [ -n "$pending" ] || refuse "There is no new key: add one first."
    [ "$now" = yes ] || "$here/admin.sh" check-promotion >/dev/null
    aws secretsmanager update-secret-version-stage --secret-id "$secret" --version-stage AWSCURRENT \
      --move-to-version-id "$pending" --remove-from-version-id "$current" >/dev/null
    aws secretsmanager update-secret-version-stage --secret-id "$secret" --version-stage AWSPENDING \
      --remove-from-version-id "$pending" >/dev/null
    ;;
  withdraw)
    [ -n "$pending" ] || refuse "There is no new key."
    aws secretsmanager update-secret-version-stage --secret-id "$secret" --version-stage AWSPENDING \
      --remove-from-version-id "$pending" >/dev/null
    ;;
esac
"$here/admin.sh" migrate
