# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# The stack deleted: the database and the key are still there, and a new stack goes on with them.

step "the stack deleted"
key=$(resource SigningKey) users=$(sql 'SELECT count(*) FROM users') keys=$(sql 'SELECT count(*) FROM signing_keys')
digits=$(aws secretsmanager get-secret-value --secret-id "$key" --query SecretString --output text)
aws cloudformation delete-stack --stack-name "$STACK_NAME"
aws cloudformation wait stack-delete-complete --stack-name "$STACK_NAME"
[ "$(aws lambda list-functions --query 'length(Functions)')" = 0 ] || fail "there still are functions"
[ "$(aws apigateway get-rest-apis --query 'length(items)')" = 0 ] || fail "there still is an API"
[ "$(aws secretsmanager get-secret-value --secret-id "$key" --query SecretString --output text)" = "$digits" ] || fail "the key is another one"
[ "$(sql 'SELECT count(*) FROM users')" = "$users" ] || fail "users are missing"
[ "$(sql 'SELECT count(*) FROM signing_keys')" = "$keys" ] || fail "public keys are missing"
echo "       no function, no API; $users users, $keys public keys and the private one are there"

step "from nothing once more, over the same database"
deploy "${parameters[@]}"
admin migrate
admin logins --connection-limit 120 # the passwords in the new stack's secrets are others
is_good # a token of the stack that is gone: its public key stands in the database
sign_in && is_good
admin list
