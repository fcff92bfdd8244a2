#!/usr/bin/env bash
# The functions for arm64, the template's default: built as a deployment builds them, their binaries read, and a request
# put through each of them. On another processor qemu runs them, some ten times slower. Installs what it needs, as
# .ci/run does; of that it needs cargo-lambda on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

lambda_dir=target/lambda
emulator=()
if [ "$(uname -m)" != aarch64 ]; then
  lambda_dir=target/lambda-arm64
  emulator=(qemu-aarch64-static -cpu neoverse-n1) # Graviton2, as Lambda has it
  packages=()
  command -v qemu-aarch64-static >/dev/null || packages+=(qemu-user-static)
  [ -e /lib/ld-linux-aarch64.so.1 ] || packages+=(libc6:arm64)
  # Rust's library for arm64 is on the server that rustup asks. Debian 12 has one too, with its own compiler.
  if ! timeout 120 rustup target add aarch64-unknown-linux-gnu >/dev/null 2>&1; then
    export RUSTC=/usr/bin/rustc
    [ -d /usr/lib/rustlib/aarch64-unknown-linux-gnu/lib ] || packages+=(rustc-web libstd-rust-web-dev:arm64)
  fi
  if [ ${#packages[@]} -gt 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    dpkg --add-architecture arm64
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "${packages[@]}"
  fi
fi

deployment/build.sh --arm64 --lambda-dir "$lambda_dir"
python3 -B .ci/binaries.py --arm64 --lambda-dir "$lambda_dir"
PYTHONPATH=benches python3 -B .ci/functions_answer.py "$lambda_dir" ${emulator[@]+"${emulator[@]}"}
