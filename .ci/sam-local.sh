#!/usr/bin/env bash
# Runs the black-box suite against `sam local start-api` with the binaries in target/lambda, if there is Docker: a running
# engine, or the script in ../shared that starts one on a machine without a registry. Otherwise prints that nothing was
# checked, and succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."

bring=../shared/tools/sam-local-image.sh
if [ -x "$bring" ]; then
  SAM_DOCKER_DIR=$(mktemp -d /tmp/docker.XXXXXX) # a socket's path must be short
  export SAM_DOCKER_DIR
  trap '"$bring" clean' EXIT
  trap 'exit 130' INT TERM HUP
  "$bring" up || { echo "not checked: $bring started no Docker" && exit; }
  engine=$("$bring" env)
  eval "$engine"
  export SAM_SKIP_PULL_IMAGE=1 # the image is local, and there is no registry
elif ! docker version >/dev/null 2>&1; then
  echo "not checked: no Docker engine answers here"
  exit
fi
deployment/sam-local.sh --no-build --then 'cargo test --locked --workspace --test service -- --test-threads 16'
