# shellcheck shell=bash
# For .ci/dry-run and .ci/deleting-legacy, which source this.

# copied NAME: makes a copy of the project as it is now, tracked and committed, and goes there.
copied() {
  local copy=$PWD/target/ci/$1
  # A folder of its own: cargo would take what is built of the copy for what is built of the project. The dependencies
  # that are built already are copied, and no executables.
  export CARGO_TARGET_DIR=$copy-target
  rm -rf "$CARGO_TARGET_DIR" "$copy"
  mkdir -p "$CARGO_TARGET_DIR/debug" "$copy"
  if [ -d target/debug/.fingerprint ]; then
    cp -pR target/debug/.fingerprint target/debug/build "$CARGO_TARGET_DIR/debug/"
    (
      cd target/debug || exit
      find deps -type f \( -name '*.rlib' -o -name '*.rmeta' -o -name '*.so' -o -name '*.d' \) -print0 |
        tar --create --null --files-from=-
    ) | tar --extract --directory "$CARGO_TARGET_DIR/debug"
  fi
  # What is tracked, as it is now. Its times are those of the copy, so that cargo builds it.
  git ls-files -z | tar --create --null --files-from=- | tar --extract --touch --directory "$copy"
  cd "$copy" || return
  git init --quiet .
  git add --all
  git -c user.name=dry-run -c user.email=dry-run@example.com -c commit.gpgsign=false commit --quiet --message before
}
