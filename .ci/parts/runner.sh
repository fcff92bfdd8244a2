# shellcheck shell=bash
# What else a debug build can show. All packages are selected where tests are run, so that their features, and what is
# built of them, are the same as in the fast part.

step "the fuzz targets, each through its corpus"
# Not instrumented, so that little is built for it: to go beyond the corpora is for a longer run (fuzz/README.md).
export CARGO_TARGET_DIR=$PWD/target
cargo clippy --locked --manifest-path fuzz/Cargo.toml --no-deps --all-targets -- -D warnings
for target in $(cargo fuzz list); do
  cargo run --locked --quiet --manifest-path fuzz/Cargo.toml --bin "$target" -- \
    -runs=0 -artifact_prefix=target/ci/ "fuzz/corpus/$target"
done
unset CARGO_TARGET_DIR

step "a function more, and the files that it changes"
.ci/dry-run

step "the day on which the move from the legacy app is deleted"
.ci/deleting-legacy

step "connections that are killed, for half a minute"
FAULT_SECONDS=30 cargo test --locked --workspace --test faults -- --nocapture kill | grep -v '^{'

step "every order in which three tabs refresh a session twice"
cargo test --locked --workspace --test session_model -- --ignored

step "the suite through a pooler"
LATCHKEY_PGBOUNCER=/usr/sbin/pgbouncer cargo test --locked --workspace --test service

step "cargo run, and the lines it prints"
.ci/first-minute.sh

step "the legacy app, side by side"
PYTHONPATH=benches python3 -B -m doctest tests/side-by-side/{database,recorded,replay,summary}.py
tests/side-by-side/run

step "the description of the API, and its page in a browser"
PYTHON=$PWD/target/ci/api/bin/python .ci/docs.sh

step "the page of mails, and the runner's mails, in a browser"
PYTHON=$PWD/target/ci/api/bin/python .ci/mail-page.sh

step "a client that stays signed in, in two tabs of a browser"
PYTHON=$PWD/target/ci/api/bin/python .ci/two-tabs.sh

step "clients that four generators make of the description"
PYTHON=$PWD/target/ci/clients/bin/python .ci/clients.sh

step "verifiers that know the issuer alone"
PYTHON=$PWD/target/ci/clients/bin/python .ci/verifiers.sh

step "the bench, for a moment: that it works, not what it finds"
python3 -B -m doctest benches/{example,mail,percentile,prices,round_trips,runtime_api,signin,wire}.py
benches/run throughput --profile dev --seconds 1 --rounds 1 --users 8
