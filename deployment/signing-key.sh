#!/usr/bin/env bash
# The operator's rotation of the key that signs tokens, in two steps. The key is made in Secrets Manager and goes
# from one call of it into the next: it is never shown, nor an argument of a command.
set -euo pipefail
here=$(dirname "$0")

usage() {
  cat <<'END'
Usage: deployment/signing-key.sh add              makes a new key beside the one that signs, and publishes its public half
       deployment/signing-key.sh promote          five minutes later: has the new key sign from now on
       deployment/signing-key.sh promote --now    the same without the wait, for an emergency
       deployment/signing-key.sh withdraw         or, instead: ends the new key, which has signed nothing
       deployment/signing-key.sh withdraw KID     ends a key that signs no more, with the tokens that it has signed

Each prints the answer of the admin function. Nobody is signed out by add and promote: the old key is accepted until
its last token has ended, and five minutes more. promote is refused where the new key isn't published, or where other
services may still keep the public keys of before it (five minutes): until they have the new one they refuse its tokens.
The stack is STACK_NAME (latchkey, if that isn't set), the account and the region are those of the `aws` command.
Needs: aws, jq.
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
# version STAGE: the id of the version that has this label, or nothing.
version() { jq -r --arg stage "$1" '[.Versions[] | select(.VersionStages | index($stage)) | .VersionId] | first // empty' <<<"$versions"; }
current=$(version AWSCURRENT)
pending=$(version AWSPENDING)
[ "$pending" != "$current" ] || pending=''

case $1 in
  add)
    [ -z "$pending" ] || refuse "There is a new key already: promote it, or withdraw it."
    # 64 hexadecimal digits, as the template has the first one made.
    key=$(aws secretsmanager get-random-password --password-length 64 --exclude-punctuation --query RandomPassword \
      --output text --exclude-characters ghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ --no-require-each-included-type)
    [[ $key =~ ^[0-9a-f]{64}$ ]] || refuse "Secrets Manager made something else than 64 hexadecimal digits."
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
