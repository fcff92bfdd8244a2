#!/usr/bin/env bash
# Puts back the code that deployment/snapshot.sh kept.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/rollback.sh DIRECTORY

Gives each function the zip that DIRECTORY has for it, where it runs another one now, and waits until it is in use.
What stays as it is:
  the database   migrations go forward only; what the last release runs works on the new schema (migrations/README.md)
  admin          the one that knows the new schema: an older one would refuse to migrate, and keys couldn't be rotated
  the template   its parameters, routes and rights; deploy the last release's template to go back on those
The stack is STACK_NAME (latchkey, if that isn't set), the account and the region are those of the `aws` command.
Needs: aws, jq.
OF
}

case "${1:-} $#" in
  '-h 1' | '--help 1') usage && exit ;;
  -*) usage >&2 && exit 2 ;;
  *' 1') directory=$1 ;;
  *) usage >&2 && exit 2 ;;
esac
# shellcheck source=SCRIPTDIR/stack.sh
. "$(dirname "$0")/stack.sh"

kept=$(<"$directory/functions.json")
list=$(functions)
put=()
while IFS=$'\t' read -r name function; do
  digest=$(jq -r --arg name "$name" '.[$name].CodeSha256 // empty' <<<"$kept")
  if [ -z "$name" ] || [ "$name" = admin ] || [ -z "$digest" ]; then
    continue
  fi
  await_update "$function"
  [ "$(code_digest "$function")" != "$digest" ] || continue
  aws lambda update-function-code --function-name "$function" --zip-file "fileb://$directory/$name.zip" \
    --architectures "$(jq -r --arg name "$name" '.[$name].Architecture' <<<"$kept")" --query CodeSha256 --output text >/dev/null
  put+=("$name" "$function")
done <<<"$list"

for ((i = 0; i < ${#put[@]}; i += 2)); do
  await_update "${put[i + 1]}"
  echo "${put[i]}: put back"
done
[ ${#put[@]} -gt 0 ] || echo "nothing to put back: each function runs what was kept"
