# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # sourced by deployment/emulator.sh, whose names it uses; the $s are of jq
# A login of its own for each kind of function, in place of the owner's for all: members of the group roles that
# `migrate` has made, each in a secret as RDS writes it. What comes later runs with these.

# secret NAME JQ...: makes a secret of the JSON that jq makes; prints its ARN.
secret() {
  aws secretsmanager create-secret --name "$1" --secret-string file://<(jq -nc "${@:2}") --query ARN --output text
}
# login NAME GROUP: sets login_password, that of a new login.
login() {
  login_password=$(python3 -c 'import secrets; print(secrets.token_hex(16))')
  sql "CREATE ROLE $1 LOGIN PASSWORD '$login_password' IN ROLE $2"
}
# refused_to LOGIN PASSWORD STATEMENT: by PostgreSQL, since the login lacks the right.
refused_to() {
  ! PGPASSWORD=$2 "$psql" -h 127.0.0.1 -p "$database_port" -U "$1" -d postgres -qAtX -c "$3" >"$place/answer" 2>&1 ||
    fail "$1 may do this: $3"
  grep -q 'permission denied' "$place/answer" || fail "$3: $(<"$place/answer")"
}

step "a login for each kind of function, and a secret for each login"
owner_arn=$(secret latchkey/owner --arg password "$password" --argjson port "$database_port" \
  '{engine: "postgres", username: "latchkey", password: $password, host: "127.0.0.1", port: $port, dbname: "postgres"}')
login latchkey_writer latchkey_signin,latchkey_signup
refused_to latchkey_writer "$login_password" "INSERT INTO roles (name) VALUES ('ROLE_KING')"
refused_to latchkey_writer "$login_password" 'DELETE FROM signing_keys'
write_arn=$(secret latchkey/writer --arg password "$login_password" --argjson port "$database_port" \
  '{engine: "postgres", username: "latchkey_writer", password: $password, host: "127.0.0.1", port: $port, dbname: "postgres"}')
login latchkey_reader latchkey_authorizer,latchkey_jwks
refused_to latchkey_reader "$login_password" 'SELECT password FROM users'
refused_to latchkey_reader "$login_password" 'DELETE FROM users'
# As RDS writes that of a user it manages; the template's parameters say the rest.
read_arn=$(secret latchkey/reader --arg password "$login_password" '{username: "latchkey_reader", password: $password}')

step "sam deploy: three secrets in place of the URL"
parameters=("${parameters[@]/#DatabaseUrl=*/DatabaseUrl=\"\"}" DatabaseSecretArn="$owner_arn" DatabaseReadSecretArn="$read_arn"
  DatabaseWriteSecretArn="$write_arn" DatabaseHost=127.0.0.1 DatabasePort="$database_port" DatabaseName=postgres)
deploy "${parameters[@]}"
is_good
sign_in && is_good
request GET /.well-known/jwks.json && expect_json 200 '.keys | length == 1'
request POST /api/auth/signup "${json[@]}" "$ada" && expect 409 'Username already registered'
admin list
logins=$(sql "SELECT string_agg(DISTINCT usename, ' ' ORDER BY usename) FROM pg_stat_activity WHERE application_name = 'latchkey'")
[ "$logins" = 'latchkey latchkey_reader latchkey_writer' ] || fail "the functions' logins are: $logins"
