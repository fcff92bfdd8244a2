# shellcheck shell=bash
# One release build of the functions, and all that needs it.

step "the functions, built for release"
processor=--x86-64
[ "$(uname -m)" = x86_64 ] || processor=--arm64
cargo lambda --version
deployment/build.sh "$processor"

step "the functions' binaries: their size, and what they link"
python3 -B -m doctest .ci/binaries.py
arguments=()
[ "$processor" = --x86-64 ] || arguments=(--arm64)
python3 -B .ci/binaries.py ${arguments[@]+"${arguments[@]}"}

step "the functions' round trips, their memory, and the processor's time of a start"
benches/run functions --no-build --rounds 1 --check

step "the life of a deployment"
deployment/emulator.sh --no-build --then 'target/ci/passlib/bin/python .ci/passlib_agrees.py && cargo test --locked --workspace --test service'

step "the suite's part that sam local can serve"
.ci/sam-local.sh
