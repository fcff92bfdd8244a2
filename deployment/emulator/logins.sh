# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Gives each class of work its own login. The later parts run with these.

# The secrets of the logins in the template.
logins=$(sed -nE 's/^  ([A-Z][A-Za-z]*Login):$/\1/p' template.yaml)
# login LOGIN: the username and the password in that secret, as JSON.
login() { aws secretsmanager get-secret-value --secret-id "$(resource "$1")" --query SecretString --output text; }
# refused_to LOGIN STATEMENT...: PostgreSQL refuses each statement to the login of that secret for lack of rights.
refused_to() {
  local secret user login_password statement
  secret=$(login "$1")
  user=$(jq -r .username <<<"$secret") login_password=$(jq -r .password <<<"$secret")
  for statement in "${@:2}"; do
    ! PGPASSWORD=$login_password "$psql" -h 127.0.0.1 -p "$database_port" -U "$user" -d postgres -qAtX -c "$statement" \
      >"$scratch/answer" 2>&1 || fail "PostgreSQL allowed $user this: $statement"
    grep -q 'permission denied' "$scratch/answer" || fail "$statement: $(<"$scratch/answer")"
  done
}

step "sam deploy: secrets for the owner's login and for the others"
owner_arn=$(aws secretsmanager create-secret --name latchkey/owner --query ARN --output text \
  --secret-string file://<(jq -nc --arg password "$password" '{username: "latchkey", password: $password}'))
parameters=("${parameters[@]/#DatabaseUrl=*/DatabaseUrl=\"\"}" DatabaseSecretArn="$owner_arn" DatabaseHost=127.0.0.1
  DatabasePort="$database_port" DatabaseName=postgres DatabaseLogins=prepared)
deploy "${parameters[@]}"
is_good
deployment/admin.sh migrate 2>"$scratch/warnings" >/dev/null
grep -q 'log in as the owner' "$scratch/warnings" || fail "migrate doesn't warn that the functions log in as the owner"

step "the logins, twice"
admin logins
admin logins --connection-limit 120 # the suite sends a hundred requests at once
for login in $logins; do
  refused_to "$login" 'SELECT password FROM users' "INSERT INTO users (username, email) VALUES ('eve', 'eve@example.com')" \
    'INSERT INTO users_to_roles SELECT 1, id FROM roles'
done
refused_to JwksLogin 'SELECT email FROM users'

step "sam deploy: each function with its own login"
parameters=("${parameters[@]/#DatabaseLogins=prepared/DatabaseLogins=separate}")
deploy "${parameters[@]}"
is_good
sign_in && is_good
as_ada GET /api/auth/sessions && expect_json 200 '.sessions | length > 0'
request POST /api/auth/token --data-urlencode username=ada --data-urlencode "password=$secret"
expect_json 200 '.access_token | length > 0'
request POST /api/auth/signin "${json[@]}" "$(jq -c '. + {session: "token"}' <<<"$ada")" && expect_status 200
request POST /api/auth/refresh "${json[@]}" "$(jq -c '{refresh_token}' "$scratch/body")" && expect_json 200 '.refresh_token | length > 0'
as_ada POST /api/auth/users/me/password "${json[@]}" "$(jq -nc --arg it "$secret" '{old_password: $it, new_password: $it}')"
expect_status 204
request POST /api/auth/introspect -u "introspect:$introspection_secret" -d "token=$token" && expect_json 200 '.active'
request GET /.well-known/jwks.json && expect_json 200 '.keys | length == 1'
request POST /api/auth/signup "${json[@]}" "$ada" && expect 409 'Username already registered'
deployment/admin.sh migrate 2>"$scratch/warnings" >/dev/null
[ ! -s "$scratch/warnings" ] || fail "migrate warns: $(<"$scratch/warnings")"
users=$(sql "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'latchkey' ORDER BY usename")
wanted=$({
  echo latchkey # admin's
  # jwks keeps no connection, and mail is off.
  grep -vE '^(Jwks|Mail.*|ResetPassword|Verify|ChangeEmail)Login$' <<<"$logins" |
    while read -r login; do login "$login" | jq -r .username; done
} | LC_ALL=C sort)
[ "$users" = "$wanted" ] || fail "the functions' logins are $users, not $wanted"

step "deployment/doctor.sh: no fault; then a login that is a member of rds_iam"
doctor || fail "the doctor reports: $(cat "$scratch/doctor" "$scratch/doctor.log")"
sql "CREATE ROLE rds_iam; GRANT rds_iam TO latchkey_signin_login"
! doctor || fail "the doctor reports nothing: $(<"$scratch/doctor")"
[[ $(grep '^RED' "$scratch/doctor") == "RED     the logins' memberships: latchkey_signin_login is a member of rds_iam"* ]] ||
  fail "the doctor reports: $(cat "$scratch/doctor" "$scratch/doctor.log")"
sql 'DROP ROLE rds_iam'
