# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# The first deployment: every function, the API and the signing key, but no table.

step "sam deploy"
deploy "${parameters[@]}"

step "deployment/doctor.sh reports the missing migration, and nothing else"
! doctor || fail "the doctor reports nothing: $(<"$scratch/doctor")"
[[ $(grep '^RED' "$scratch/doctor") == 'RED     the published signing keys: '* ]] || fail "the doctor reports: $(cat "$scratch/doctor" "$scratch/doctor.log")"
alarms=$(aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName, AlarmActions[0]]' --output text)
[ "$(cut -f 2 <<<"$alarms" | sort -u)" = "$(resource AlarmTopic)" ] || fail "an alarm isn't sent to AlarmEmail: $alarms"
