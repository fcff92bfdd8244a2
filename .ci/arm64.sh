#!/usr/bin/env bash
# Builds the functions for arm64, the template's default, checks the binaries, and invokes each function once. On another
# processor qemu runs them, about ten times slower. Needs cargo-lambda on the PATH, and installs everything else.
set -euo pipefail
cd "$(dirname "$0")/.."

lambda_dir=target/lambda
emulator=()
if [ "$(uname -m)" != aarch64 ]; then
  lambda_dir=target/lambda-arm64
  emulator=(qemu-aarch64-static -cpu neoverse-n1) # Graviton2, Lambda's processor
  packages=()
  command -v qemu-aarch64-static >/dev/null || packages+=(qemu-user-static)
  [ -e /lib/ld-linux-aarch64.so.1 ] || packages+=(libc6:arm64)
  # If rustup can't download Rust's library for arm64, use Debian 12's library and compiler.
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
