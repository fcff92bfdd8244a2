#!/usr/bin/env bash
# Checks that verifiers of others accept Latchkey's tokens by the issuer's address alone, and no forged ones
# (.ci/verifiers). Needs PYTHON, a python with .ci/tools/clients.txt; npm and node; PostgreSQL; aws and ministack.
set -euo pipefail
cd "$(dirname "$0")/.."
modules=$(.ci/tools/node-modules)

# The versions that are installed here are among those that the examples ask for.
for list in examples/verifiers/*/requirements.txt; do
  "$PYTHON" -m pip install --quiet --no-index --no-deps --requirement "$list"
done

cargo build --quiet --package local
# With the workspace's profile, most of its dependencies are built already.
cargo build --quiet --locked --manifest-path examples/verifiers/axum/Cargo.toml --target-dir target \
  --config 'profile.dev.debug="line-tables-only"' --config profile.dev.package.aws-lc-sys.opt-level=3
"$PYTHON" -B .ci/verifiers "$modules" target/debug/axum-verifier
