#!/usr/bin/env bash
# Builds all functions for Lambda. Each folder of functions/ is a function.
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/build.sh [ARGUMENT ...]

Builds all functions for release into target/lambda. ARGUMENT goes to `cargo lambda build`, such as --arm64.
Needs: cargo, cargo-lambda.
OF
}

case ${1:-} in -h | --help) usage && exit ;; esac
cd "$(dirname "$0")/.."
case " $* " in *" --lambda-dir "*) ;; *) set -- --lambda-dir target/lambda "$@" ;; esac
packages=()
for folder in functions/*/; do packages+=("--package=$(basename "$folder")"); done
exec cargo lambda build --release --locked "${packages[@]}" "$@"
