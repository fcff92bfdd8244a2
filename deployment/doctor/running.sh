# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # sourced by deployment/doctor.sh, whose names it uses; the $s are jq's
# Checks what runs: the functions, the keys, the answers.

[ -n "$there" ] || return 0

what='the functions' idle=''
while IFS=$'\t' read -r name function; do
  ask aws lambda get-function-configuration --function-name "$function" --output json || continue
  state=$(of '.State // "Active"')
  case $state in
    Active) ;;
    Inactive) idle+=" $name" ;;
    *) red "$what: $name is $state. $(of '.StateReason // ""')" ;;
  esac
done < <(functions)
if [ -n "$idle" ]; then
  yellow "$what: these were idle for weeks, and the next call of each fails:$idle. deployment/upgrade.sh activates them."
else
  ok "$what: none is idle"
fi

api=${LATCHKEY_BASE_URL:-$(jq -r '.Outputs[] | select(.OutputKey == "ApiUrl").OutputValue' <<<"$stack")}
api=${api%/}
what='the published signing keys'
if ask curl -sS -m 35 -w '\n%{http_code}' "$api/.well-known/jwks.json"; then
  status=$(tail -n 1 "$scratch/answer")
  if [ "$status" != 200 ]; then
    red "$what: $status. Has the database been migrated (deployment/admin.sh migrate), and can the functions reach it?"
  elif keys=$(of -es 'first.keys | select(length > 0) | map(.kid) | join(", ")' 2>/dev/null); then
    signs=$(of -rs 'first.keys[0].alg') algorithm=$(value SigningAlgorithm)
    if [ "$signs" = "${algorithm:-ES256}" ]; then
      ok "$what: $keys"
    else
      yellow "$what: the one that signs is for $signs, and SigningAlgorithm is ${algorithm:-ES256}. Rotate the key by \
deployment/signing-key.sh."
    fi
  else
    red "$what: there are none, so every token is refused. Run deployment/admin.sh migrate."
  fi
fi

what='a preflight' origin=$(value AllowedOrigins)
origin=${origin%%,*}
origin=${origin:-http://localhost:3000}
if ask curl -sS -m 35 -o /dev/null -D - -X OPTIONS "$api/api/auth/signin" -H "Origin: $origin" \
  -H 'Access-Control-Request-Method: POST' -H 'Access-Control-Request-Headers: content-type'; then
  status=$(of -Rs '[match("^HTTP/[0-9.]+ ([0-9]+)").captures[0].string] | first // ""')
  allowed=$(of -Rs '[match("\naccess-control-allow-origin: ([^\r\n]+)"; "i").captures[0].string] | first // ""')
  if [[ $status == 20[04] ]] && [ "$allowed" = "$origin" ]; then
    ok "$what: API Gateway allows $origin"
  elif [ -n "${AWS_ENDPOINT_URL:-}" ]; then
    unknown "$what: the emulator answers it itself"
  else
    red "$what: $status for ${allowed:-no origin}; expected 200 for $origin. No browser can sign in."
  fi
fi

if [ "$(jq -r '.EnableTerminationProtection // false' <<<"$stack")" = true ]; then
  ok "termination protection"
else
  yellow "termination protection: off. Run aws cloudformation update-termination-protection --enable-termination-protection \
--stack-name $STACK_NAME"
fi
if [ -n "$(value AlarmTopicArn)$(value AlarmEmail)" ]; then
  ok "alarms"
else
  yellow "alarms: nobody is notified. Set AlarmEmail or AlarmTopicArn."
fi
case $origin in
  http://localhost*) yellow "the web page: $origin is for development. Set AllowedOrigins to your pages' origins." ;;
esac
