# shellcheck shell=bash
# For scripts that run at the top of the project. serve OVERRIDE...: starts a runner in a temporary folder with its own
# data, and changes to that folder, which is removed at the end; sets root, latchkey, folder and api.
folder=$(mktemp -d)
runner=
end() {
  if [ -n "$runner" ]; then
    kill "$runner" 2>/dev/null || true
    wait "$runner" || true
  fi
  rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

serve() {
  # shellcheck disable=SC2034 # root and latchkey are for the script
  root=$PWD latchkey=$PWD/target/debug/latchkey api=
  cargo build --quiet -p local
  cp template.yaml "$folder"
  cd "$folder" || exit
  "$latchkey" --port 0 --parameter-overrides "$@" >said 2>log &
  runner=$!
  for _ in $(seq 600); do
    api=$(grep -oE 'http://[0-9a-zA-Z.:]+' said | head -n 1) && break
    kill -0 "$runner" 2>/dev/null || break
    sleep 0.1
  done
  [ -n "$api" ] || { cat said log >&2 && exit 1; }
}
