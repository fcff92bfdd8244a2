# shellcheck shell=bash
# The release build for arm64, the template's default.

step "the functions for arm64: their binaries, and a request through each"
.ci/arm64.sh
