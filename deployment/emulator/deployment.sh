# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# The first deployment: every function, the API, the signing key; no table yet.

step "sam deploy"
deploy "${parameters[@]}"
