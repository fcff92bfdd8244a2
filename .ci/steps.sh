# shellcheck shell=bash
# For .ci/run, which sources this: named steps, their times, and a table of them at the end.

name='' began=0 cpu_seconds=0 cpu_began=0 table=()
times=$(mktemp)

# read_cpu: sets cpu_seconds, the seconds of processor time of all commands that have ended.
read_cpu() {
  times >"$times" # not in a subshell, which has times of its own
  cpu_seconds=$(awk -F '[ms ]+' 'NR == 2 { printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }' "$times")
}

# step NAME: what follows is this step.
step() {
  finish
  name=$* began=$SECONDS
  read_cpu
  cpu_began=$cpu_seconds
  printf '\n==== %s\n' "$name"
}

finish() {
  [ -n "$name" ] || return 0
  local row
  read_cpu
  row=$(printf '%5d s %6d s  %s' $((SECONDS - began)) $((cpu_seconds - cpu_began)) "$name")
  table+=("$row")
  printf -- '---- %s: %d s\n' "$name" $((SECONDS - began))
  name=''
}

at_exit() {
  local code=$? failed=$name
  finish
  rm -f "$times"
  printf '\n%7s %8s  %s\n' time processor step
  printf '%s\n' ${table[@]+"${table[@]}"}
  if [ "$code" = 0 ]; then
    printf '\nAll of it holds, after %d min %d s.\n' $((SECONDS / 60)) $((SECONDS % 60))
  else
    printf '\nFAILED in "%s", after %d min %d s.\n' "$failed" $((SECONDS / 60)) $((SECONDS % 60))
  fi
}
trap at_exit EXIT
trap 'exit 130' INT TERM HUP
