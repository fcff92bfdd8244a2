# shellcheck shell=bash
# What most mistakes fail in, cheapest first.

cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
for tool in cargo sam 'cargo deny'; do $tool --version; done

step "cargo fmt"
cargo fmt --all --check
rustfmt --edition 2024 --check functions/*/openapi.rs # which cargo fmt does not find
cargo fmt --manifest-path fuzz/Cargo.toml --check
cargo fmt --manifest-path examples/verifiers/axum/Cargo.toml --check

step "the workflows"
target/ci/workflows/bin/actionlint -shellcheck "$(command -v shellcheck)"
target/ci/workflows/bin/zizmor --offline --no-progress .github

step "what the documents name"
python3 -B -m doctest .ci/documents.py
python3 .ci/documents.py

step "the names of functions"
python3 -B -m doctest .ci/names.py

step "modules use each other in one direction"
python3 -B -m doctest .ci/cycles.py
python3 -B .ci/cycles.py

step "no long file, and how much Rust is deployed"
python3 -B -m doctest .ci/lines.py
python3 -B .ci/lines.py

step "plain words"
python3 -B -m doctest .ci/words.py
python3 .ci/words.py

step "the template, as written and as AWS transforms it"
AWS_DEFAULT_REGION=us-east-1 sam validate --lint
target/ci/aws/bin/python -B .ci/template template.yaml database.yaml deployment/pipeline.yaml .github/workflows/deploy.yml target/ci/transformed.json
cfn-lint target/ci/transformed.json database.yaml deployment/pipeline.yaml
# All of the recipes' properties are known but one, which is too new for cfn-lint (docs/use/verifying-tokens.md).
unknown=$(cfn-lint --format parseable examples/verifiers/aws/*.yaml || true)
[[ $unknown =~ ^[^$'\n']*rest-api.yaml:[0-9:]*:E3002:[^$'\n']*JwtConfiguration[^$'\n']*$ ]] || { echo "$unknown" && false; }

step "cargo deny: bans, licences, sources"
cargo metadata --locked --format-version 1 >/dev/null # Cargo.lock fits
cargo deny --all-features check --hide-inclusion-graph bans licenses sources

step "cargo deny: advisories"
if timeout 120 cargo deny fetch db >target/ci/advisories.log 2>&1; then
  cargo deny check --disable-fetch advisories
else
  echo "not checked: the database of advisories can't be had here ($(grep -m1 -o 'Could not[^"]*' target/ci/advisories.log || echo 'see cargo deny fetch db'))"
fi

step "cargo clippy"
cargo clippy --locked --workspace --all-targets -- -D warnings

step "each function with its own features of shared, and without the move from the legacy app"
python3 -B -m doctest .ci/features.py
groups=$(python3 -B .ci/features.py)
while read -ra functions; do
  echo "cargo clippy ${functions[*]}"
  cargo clippy --locked --quiet "${functions[@]}" --no-default-features -- -D warnings
done <<<"$groups"
read -ra plain <<<"$groups"
tree=$(cargo tree --locked "${plain[@]}" --edges normal,build --prefix none)
if grep -E '^(tokio-postgres|deadpool|rustls|aws-(lc|sdk)|bcrypt|jsonwebtoken)' <<<"$tree"; then
  echo "one of ${plain[*]} reaches the crates above, which only a database, keys or password hashes need" >&2
  exit 1
fi

step "cargo doc"
RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --quiet

step "cargo test --workspace"
cargo test --locked --workspace

step "the scripts"
shellcheck .ci/run .ci/dry-run .ci/deleting-legacy .ci/tools/{install,node-modules} .ci/*.sh .ci/parts/*.sh deployment/*.sh deployment/*/*.sh
python3 -B -m doctest .ci/portable.py
python3 -B .ci/portable.py
python3 -B -m unittest discover --quiet --start-directory .ci/scripts
