#!/usr/bin/env bash
# Does what a new user does first: runs `cargo run`, pastes the lines that it prints into a shell, reads a mail where it
# says, and presses Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."

said=$(mktemp)
runner=
end() {
  [ -z "$runner" ] || kill -KILL -- "-$runner" 2>/dev/null || true
  rm -f "$said"
  if [ -e .local.kept ]; then
    rm -rf .local && mv .local.kept .local
  fi
}
trap end EXIT
trap 'exit 130' INT TERM HUP
fail() {
  printf '%s; its output:\n' "$*" >&2
  cat "$said" >&2
  exit 1
}
lines() { grep -E '^[[:space:]]*(curl |[a-z_A-Z]+=\$\()' "$said" | sed 's/^[[:space:]]*//'; }

# Starts without data, like a new user; a developer's data is restored afterwards.
[ ! -e .local ] || mv .local .local.kept
set -m # its own process group, for Ctrl-C as from a terminal
cargo run </dev/null >"$said" 2>&1 &
runner=$!
set +m

# A first build takes minutes.
for _ in $(seq 6000); do
  [ "$(lines | wc -l)" -lt 3 ] || break
  kill -0 "$runner" 2>/dev/null || fail "cargo run ended by itself"
  sleep 0.1
done
[ "$(lines | wc -l)" -ge 3 ] || fail "cargo run printed fewer than three lines to paste"

# Runs the lines one after another in one shell; an error status is a failure.
{
  printf 'set -euo pipefail\ncurl() { command curl --fail-with-body -sS -m 40 "$@"; }\n'
  lines | while read -r line; do
    printf 'echo %q\n%s\necho\n' "\$ $line" "$line"
  done
} | bash || fail "a line that cargo run printed doesn't work when pasted"

address=$(grep -oE 'http://[0-9a-zA-Z.:]+' "$said" | head -n 1)
mails=$(grep -oE 'http://[0-9a-zA-Z.:]+/_mails' "$said") || fail "cargo run doesn't say where its mails are"
for _ in $(seq 300); do
  list=$(curl -sS -m 40 "$mails")
  [[ $list != *'Confirm your address'* ]] || break
  sleep 0.1
done
[[ $list == *'Confirm your address'* ]] || fail "no mail at $mails"

kill -INT -- "-$runner"
for _ in $(seq 100); do
  kill -0 -- "-$runner" 2>/dev/null || break
  sleep 0.1
done
! kill -0 -- "-$runner" 2>/dev/null || fail "cargo run doesn't stop at Ctrl-C"
runner=
! curl -s -m 5 -o /dev/null "$address" || fail "a process still answers at $address after Ctrl-C"
echo "its lines work, its mails can be read, and Ctrl-C ends it"
