#!/usr/bin/env bash
# Restores the code that deployment/snapshot.sh saved.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/rollback.sh DIRECTORY

Updates each function to its zip in DIRECTORY, unless it already runs it, and waits until the update is complete.
It leaves as they are:
  the database   migrations only go forward; the previous release works on the new schema (migrations/README.md)
  admin          an older admin refuses the new schema, and then keys can't be rotated
  the template   parameters, routes and rights; to restore them, deploy the previous release's template
The stack is STACK_NAME (default: latchkey) in the account and region of the `aws` command.
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
  echo "${put[i]}: restored"
done
[ ${#put[@]} -gt 0 ] || echo "nothing to restore: each function runs the saved code"
