#!/usr/bin/env bash
# What a new user does first: `cargo run`, and the lines that it prints pasted into a shell. Then Ctrl-C.
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
  printf '%s; it said:\n' "$*" >&2
  cat "$said" >&2
  exit 1
}
lines() { grep -E '^[[:space:]]*(curl |[a-z_A-Z]+=\$\()' "$said" | sed 's/^[[:space:]]*//'; }

# A new user has no data yet; a developer's are put back afterwards.
[ ! -e .local ] || mv .local .local.kept
set -m # a group of its own, so that it gets Ctrl-C as from a terminal
cargo run </dev/null >"$said" 2>&1 &
runner=$!
set +m

# Built already, it is up in seconds; from nothing, its build takes minutes.
for _ in $(seq 6000); do
  [ "$(lines | wc -l)" -lt 3 ] || break
  kill -0 "$runner" 2>/dev/null || fail "cargo run ended by itself"
  sleep 0.1
done
[ "$(lines | wc -l)" -ge 3 ] || fail "cargo run printed no three lines to paste"

# As pasted, one after another into one shell, but that a refusal is a failure.
{
  printf 'set -euo pipefail\ncurl() { command curl --fail-with-body -sS -m 40 "$@"; }\n'
  lines | while read -r line; do
    printf 'echo %q\n%s\necho\n' "\$ $line" "$line"
  done
} | bash || fail "a line that cargo run printed doesn't work when pasted"

kill -INT -- "-$runner"
for _ in $(seq 100); do
  kill -0 -- "-$runner" 2>/dev/null || break
  sleep 0.1
done
! kill -0 -- "-$runner" 2>/dev/null || fail "cargo run doesn't stop at Ctrl-C"
runner=
address=$(grep -oE 'http://[0-9a-zA-Z.:]+' "$said" | head -n 1)
! curl -s -m 5 -o /dev/null "$address" || fail "something still answers at $address after Ctrl-C"
echo "its lines work, and Ctrl-C ends it"
