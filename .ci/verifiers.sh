#!/usr/bin/env bash
# Checks that verifiers of others accept Latchkey's tokens by the issuer's address alone, and no forged ones
# (.ci/verifiers). Needs PYTHON, a python with .ci/tools/clients.txt; npm and node; a JDK; PostgreSQL; aws and ministack.
set -euo pipefail
cd "$(dirname "$0")/.."
modules=$(.ci/tools/node-modules)
jars=$("$PYTHON" -B .ci/tools/spring_jars.py)

# The versions that are installed here are among those that the examples ask for.
for list in examples/verifiers/*/requirements.txt; do
  "$PYTHON" -m pip install --quiet --no-index --no-deps --requirement "$list"
done
spring=examples/verifiers/spring
boot=$(sed -n '/<parent>/,/<\/parent>/s/.*<version>\(.*\)<\/version>.*/\1/p' $spring/pom.xml)
[ -f "$jars/spring-boot-$boot.jar" ] || { echo "$spring/pom.xml: Spring Boot $boot isn't in $jars" >&2 && exit 1; }

classes=target/spring-verifier
rm -rf "$classes"
javac -Xlint:all -Werror -d "$classes" -cp "$jars/*" $spring/src/main/java/example/*.java
cp $spring/src/main/resources/* "$classes"
cargo build --quiet --package local
# With the workspace's profile, most of its dependencies are built already.
cargo build --quiet --locked --manifest-path examples/verifiers/axum/Cargo.toml --target-dir target \
  --config 'profile.dev.debug="line-tables-only"' --config profile.dev.package.aws-lc-sys.opt-level=3
"$PYTHON" -B .ci/verifiers "$modules" target/debug/axum-verifier "$PWD/$classes:$jars/*"
