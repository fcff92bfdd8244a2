#!/usr/bin/env bash
# Saves the code that a stack's functions run, for deployment/rollback.sh.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/snapshot.sh DIRECTORY

Downloads each function's zip to DIRECTORY/<function>.zip, and lists them in DIRECTORY/functions.json.
The list is empty if there is no stack yet.
The stack is STACK_NAME (default: latchkey) in the account and region of the `aws` command.
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
jq -r --arg stack "$STACK_NAME" '"\($stack): saved the code of \(length) functions"' <<<"$kept"
