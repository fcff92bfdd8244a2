#!/usr/bin/env bash
# Keeps the code that a stack's functions run now, so that deployment/rollback.sh can put it back.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/snapshot.sh DIRECTORY

Writes DIRECTORY/<function>.zip for each function, as Lambda has it, and DIRECTORY/functions.json, which lists them.
Of a stack that isn't there yet it writes an empty list.
The stack is STACK_NAME (latchkey, if that isn't set), the account and the region are those of the `aws` command.
Needs: aws, curl, jq, openssl.
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

mkdir -p "$directory"
list=$(functions)
kept='{}'
while IFS=$'\t' read -r name function; do
  [ -n "$name" ] || continue
  code=$(fetch_code "$function" "$directory/$name.zip")
  kept=$(jq -c --arg name "$name" --argjson code "$code" '.[$name] = $code' <<<"$kept")
done <<<"$list"
jq . <<<"$kept" >"$directory/functions.json"
jq -r --arg stack "$STACK_NAME" '"\($stack): the code of \(length) functions is kept"' <<<"$kept"
