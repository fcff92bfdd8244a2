# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # sourced by deployment/doctor.sh, whose names it uses; the $s are jq's
# Checks the issuer: that its document can be reached and names it, and that the tokens have it.

issuer=$(jq -r '.Outputs[]? | select(.OutputKey == "TokenIssuer").OutputValue' <<<"$stack")
previous=$(value PreviousTokenIssuer) domain=$(value DomainName) wanted=$(value TokenIssuer)
wanted=${wanted:-${domain:+https://$domain}}
wanted=${wanted:-$STACK_NAME}
what='the previous issuer' life=$(value AccessTokenSeconds)
# CloudFormation's time may have a fraction, and has an offset or a Z.
age=$(jq -r '.LastUpdatedTime // .CreationTime | sub("[.][0-9]+"; "") | sub("[+]00:00$"; "Z") | fromdate | now - . | floor' \
  <<<"$stack" 2>/dev/null) || age=0
before=$(jq -r '.Parameters[]? | select(.ParameterKey == "PreviousTokenIssuer").ParameterValue' <<<"$stack")
case $before in
  '' | "$previous" | "$wanted" | "$issuer") ;;
  *) [ "$age" -gt "${life:-3600}" ] || red "$what: tokens of $before may still be valid. Deploy this ${life:-3600} s after the last deployment." ;;
esac
if [ -n "$previous" ]; then
  if [ "$previous" = "$wanted" ]; then
    yellow "$what: it is the issuer itself. Run sam deploy --parameter-overrides PreviousTokenIssuer='\"\"'."
  elif [ "$issuer" = "$wanted" ] && [ "$age" -gt "${life:-3600}" ]; then
    yellow "$what: the tokens of $previous have expired. Run sam deploy --parameter-overrides PreviousTokenIssuer='\"\"'."
  else
    ok "$what: $previous, until its last token has expired"
  fi
fi

[ -n "$there" ] && [ -n "$issuer" ] || return 0
what='the issuer' of_tokens=''
if [ "$wanted" != "$issuer" ] && [ "$previous" != "$issuer" ]; then
  red "$what: tokens of $issuer would be refused, since it becomes $wanted. Set PreviousTokenIssuer=$issuer."
fi
while IFS=$'\t' read -r name function; do
  case $name in signin | token | authorizer) ;; *) continue ;; esac
  ask aws lambda get-function-configuration --function-name "$function" --query 'Environment.Variables.TOKEN_ISSUER' --output text || return 0
  [ "$(<"$scratch/answer")" = "$issuer" ] || of_tokens+=" $name: $(<"$scratch/answer")"
done < <(functions)
if [ -n "$of_tokens" ]; then
  red "$what: it is $issuer, but not of$of_tokens. Run sam deploy."
  return
fi
case $issuer in
  *://*) ;;
  *)
    yellow "$what: $issuer is a name, by which no other service finds the public keys. Run deployment/issuer.sh."
    return
    ;;
esac
if ! curl -sS -m 35 -w '\n%{http_code}' "$issuer/.well-known/openid-configuration" >"$scratch/answer" 2>"$scratch/error"; then
  red "$what: $issuer can't be reached ($(last_error)). Is it the API's address?"
elif [ "$(tail -n 1 "$scratch/answer")" != 200 ]; then
  red "$what: $issuer/.well-known/openid-configuration answers $(tail -n 1 "$scratch/answer"). Is it the API's address?"
elif named=$(of -es 'first.issuer // ""' 2>/dev/null) && [ "$named" != "$issuer" ]; then
  red "$what: the document at $issuer names another issuer, ${named:-none}. Run deployment/issuer.sh."
else
  ok "$what: $issuer, as its document and the tokens have it"
fi
