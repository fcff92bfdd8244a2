#!/usr/bin/env bash
# What the black-box suite can hold `sam local start-api` to, with the real one, where Docker can be had: from the
# script in ../shared that brings an engine and the image to a machine without a registry, or as an engine that runs.
# Where it can't, this says so and is no failure. It takes the functions as they were built last.
set -euo pipefail
cd "$(dirname "$0")/.."

bring=../shared/tools/sam-local-image.sh
if [ -x "$bring" ]; then
  SAM_DOCKER_DIR=$(mktemp -d /tmp/docker.XXXXXX) # a socket's path has to be short
  export SAM_DOCKER_DIR
  trap '"$bring" clean' EXIT
  trap 'exit 130' INT TERM HUP
  "$bring" up || { echo "not checked: $bring brought no Docker" && exit; }
  engine=$("$bring" env)
  eval "$engine"
  export SAM_SKIP_PULL_IMAGE=1 # it is there, and there is nowhere to look for a newer one
elif ! docker version >/dev/null 2>&1; then
  echo "not checked: no Docker engine answers here"
  exit
fi
deployment/sam-local.sh --no-build --then 'cargo test -p black-box -- --test-threads 16'
