# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# The first deployment: every function, the API, the signing key; no table yet.

step "sam deploy"
deploy "${parameters[@]}"

step "what deployment/doctor.sh misses: the migration, and that alone"
! doctor || fail "the doctor is content: $(<"$scratch/doctor")"
[[ $(grep '^RED' "$scratch/doctor") == 'RED     the published signing keys: '* ]] || fail "the doctor says: $(cat "$scratch/doctor" "$scratch/doctor.log")"
alarms=$(aws cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName, AlarmActions[0]]' --output text)
[ "$(cut -f 2 <<<"$alarms" | sort -u)" = "$(resource AlarmTopic)" ] || fail "not each alarm is sent to AlarmEmail: $alarms"
