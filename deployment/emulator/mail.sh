# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Mail: none without a sender; then by SES, by the clock and at once, whose secrets do what they say; then by SMTP, into a
# folder that the black-box suite reads. The later parts run with that.

someone='{"email": "ada@example.com"}'
step "without MailSender: mail's routes answer 404, and nothing looks for mails"
for path in forgot-password request-verify-token reset-password verify; do
  request POST "/api/auth/$path" "${json[@]}" "$someone" && expect_status 404
done
as_ada POST /api/auth/change-email "${json[@]}" "$someone" && expect_status 404
request GET /mail && expect_status 404
[ "$(aws events list-rules --query 'length(Rules)')" = 0 ] || fail "there is a rule: $(aws events list-rules)"
[ "$(sql 'SELECT count(*) FROM mails')" = 0 ] || fail "a mail was asked for"

# ses ADDRESS: the mails that SES has accepted for an address, oldest first, as a JSON array.
ses() { curl -sS -m 10 "$endpoint/_ministack/ses/messages" | jq -c --arg to "$1" '[.messages[][] | select(.To == [$to])]'; }
# mailed SECONDS NUMBER SUBJECT [ADDRESS]: waits for that many mails with this subject; sets mail, the last one's text.
mailed() {
  local end=$((SECONDS + $1)) found
  until found=$(ses "${4:-ada@example.com}" | jq -c --arg subject "$3" '[.[] | select(.Subject == $subject)]') &&
    [ "$(jq length <<<"$found")" -ge "$2" ]; do
    [ "$SECONDS" -lt "$end" ] || fail "\"$3\" didn't come within $1 s: $(ses "${4:-ada@example.com}" | jq -c 'map(.Subject)')"
    sleep 0.1
  done
  jq -e 'all(.Source == "Latchkey <accounts@example.com>")' >/dev/null <<<"$found" || fail "another sender: $found"
  mail=$(jq -r --argjson number "$2" '.[$number - 1].BodyText' <<<"$found")
}
# token_in PARAMETER: the secret in the mail's link. code_in_mail: its code.
token_in() { grep -oE "^https://app\.example\.com/mail#$1=[A-Za-z0-9_-]{43}\$" <<<"$mail" | cut -d = -f 2; }
code_in_mail() { grep -xE '[0-9A-Z]{4}-[0-9A-Z]{4}' <<<"$mail"; }
# reset STATUS BODY SECRET: sets ada's password to $new, by a jq object with the mail's secret.
reset() {
  request POST /api/auth/reset-password -D "$scratch/headers" "${json[@]}" "$(jq -nc --arg password "$new" "$3 + {password: \$password}")"
  expect "$1" "$2"
}
new_secret() { new="battery staple $(python3 -c 'import secrets; print(secrets.token_hex(8))')"; }
# has_reset: the old token and password are no good any more, the new password is.
has_reset() {
  grep -qi '^set-cookie: .*httponly' "$scratch/headers" || fail "$asked set no cookie: $(<"$scratch/headers")"
  as_ada GET /api/auth/users/me && expect_status 401
  request POST /api/auth/signin "${json[@]}" "$ada" && expect_status 401
  secret=$new
  ada=$(jq -nc --arg password "$secret" '{username: "ada", email: "ada@example.com", password: $password}')
  sign_in && is_good
}

step "a sender: by its clock, the mailer sends what was asked for"
aws sesv2 create-email-identity --email-identity example.com >/dev/null
# The emulator's identity has no DKIM tokens for the outputs.
parameters+=(MailSender=accounts@example.com MailLinkUrl=https://app.example.com/mail MailIdentity=exists MailsPerNetwork=off
  MailNudge=off 'MailSchedule="rate(1 minute)"')
deploy "${parameters[@]}"
request GET /mail && expect_status 200
asked_at=$SECONDS
request POST /api/auth/forgot-password "${json[@]}" "$someone" && expect 202 null
request POST /api/auth/forgot-password "${json[@]}" '{"email": "nobody@example.com"}' && expect 202 null
[ "$(ses ada@example.com)" = '[]' ] || fail "a mail came at once"
mailed 100 1 'Reset your password for Latchkey'
echo "       after $((SECONDS - asked_at)) s"

step "the mail's link resets the password, once"
token_before=$(token_in reset)
new_secret
reset 200 null "{token: \"$token_before\"}"
has_reset
reset 400 'Invalid or expired link or code' "{token: \"$token_before\"}"

step "at once: the mailer is invoked by the request"
parameters+=(MailNudge=on 'MailSchedule="rate(1 hour)"')
deploy "${parameters[@]}"
request POST /api/auth/forgot-password "${json[@]}" "$someone" && expect 202 null
mailed 20 2 'Reset your password for Latchkey'

step "the mail's code resets the password, once"
code=$(code_in_mail)
new_secret
reset 400 'Invalid or expired link or code' "{email: \"ada@example.com\", code: \"0000-0000\"}"
reset 200 null "{email: \"ada@example.com\", code: \"$code\"}"
has_reset
reset 400 'Invalid or expired link or code' "{token: \"$(token_in reset)\"}"

step "another address: asked for with the password, confirmed in its mailbox"
as_ada POST /api/auth/change-email "${json[@]}" '{"email": "ada@example.org", "password": "wrong"}' && expect_status 403
as_ada POST /api/auth/change-email "${json[@]}" "$(jq -nc --arg it "$secret" '{email: "ada@example.org", password: $it}')"
expect 202 null
mailed 20 2 'Your password for Latchkey has changed'
mailed 20 1 'Your address for Latchkey is about to change'
mailed 20 1 'Confirm your new address for Latchkey' ada@example.org
change=$(token_in change)
request POST /api/auth/verify "${json[@]}" "{\"token\": \"$change\"}"
expect_json 200 '. == {username: "ada", email: "ada@example.org"}'
sql "UPDATE users SET email = 'ada@example.com' WHERE username = 'ada'" # as the other parts know it

step "a verification, of ada's own address"
request POST /api/auth/request-verify-token "${json[@]}" "$someone" && expect 202 null
mailed 20 1 'Your address for Latchkey has changed'
mailed 20 1 'Your address for Latchkey has changed' ada@example.org
mailed 20 1 'Confirm your address for Latchkey'
verify=$(token_in verify)
request POST /api/auth/verify "${json[@]}" "{\"token\": \"$verify\"}" && expect_json 200 '. == {username: "ada", email: "ada@example.com"}'
[ "$(sql "SELECT verified_email = email FROM users WHERE username = 'ada'")" = t ] || fail "the address isn't verified"

step "each of mail's functions has used its own login"
users=$(sql "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'latchkey'")
for work in mail_request reset_password verify change_email mailer; do
  grep -qx "latchkey_${work}_login" <<<"$users" || fail "latchkey_${work}_login isn't connected: $users"
done
refused_to MailRequestLogin 'SELECT claim_mails(now(), 1)' 'SELECT email FROM users'
refused_to ResetPasswordLogin 'SELECT link_hash FROM one_time_secrets' \
  "SELECT store_secret('reset', 1, 'ada@example.com', '\\x01', '\\x01', now(), now())"

step "no secret and no address in a log or in the database"
logs +1 >"$scratch/logs"
grep -q '"event":"mail_sent"' "$scratch/logs" || fail "the log has no mail_sent"
sql 'SELECT t::text FROM users AS t UNION ALL SELECT t::text FROM mails AS t UNION ALL SELECT t::text FROM one_time_secrets AS t' >"$scratch/rows"
for word in "$token_before" "$code" "${code/-/}" "$change" "$verify"; do
  [ -n "$word" ] || fail "a mail had no secret"
  ! grep -qF -- "$word" "$scratch/logs" "$scratch/rows" || fail "a log or the database contains $word"
done
! grep -qF 'ada@example' "$scratch/logs" || fail "a log contains ada's address"

step "by SMTP, over TLS and with a password"
mail_port=$(free_port) mail_password=$(openssl rand -hex 16)
python3 deployment/emulator/mail_server.py "$mail_port" "$mail_folder" "$mail_keys/server.pem" "$mail_keys/server.key" latchkey \
  "$mail_password" >"$scratch/mail_server.log" 2>&1 &
mail_server=$!
wait_for 10 "$mail_server" accepts "$mail_port" || fail "the mail server doesn't answer: $(<"$scratch/mail_server.log")"
smtp=$(jq -nc --argjson port "$mail_port" --arg it "$mail_password" '{host: "localhost", port: $port, implicit_tls: true, username: "latchkey", password: $it}')
smtp_arn=$(aws secretsmanager create-secret --name latchkey/smtp --query ARN --output text --secret-string "$smtp")
parameters+=(MailTransport=smtp SmtpSecretArn="$smtp_arn" 'MailSchedule="rate(1 minute)"')
deploy "${parameters[@]}"
[ -z "$(aws sesv2 list-configuration-sets --query 'ConfigurationSets[]' --output text)" ] || fail "SES's configuration set is still there"
request POST /api/auth/forgot-password "${json[@]}" "$someone" && expect 202 null
wait_for 20 "$mail_server" grep -qsr '^To: ada@example.com' "$mail_folder" ||
  fail "no mail in $mail_folder: $(<"$scratch/mail_server.log")"
grep -qsr '^Auto-Submitted: auto-generated' "$mail_folder" || fail "the mail has other headers"
sql 'DELETE FROM limits' # ada has asked three times
