# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Deletes the stack: the database and the key remain, and a new stack uses them.

step "delete the stack"
key=$(resource SigningKey) users=$(sql 'SELECT count(*) FROM users') keys=$(sql 'SELECT count(*) FROM signing_keys')
issuer=$(output TokenIssuer)
digits=$(aws secretsmanager get-secret-value --secret-id "$key" --query SecretString --output text)
aws cloudformation delete-stack --stack-name "$STACK_NAME"
aws cloudformation wait stack-delete-complete --stack-name "$STACK_NAME"
[ "$(aws lambda list-functions --query 'length(Functions)')" = 0 ] || fail "functions remain"
[ "$(aws apigateway get-rest-apis --query 'length(items)')" = 0 ] || fail "an API remains"
[ "$(aws secretsmanager get-secret-value --secret-id "$key" --query SecretString --output text)" = "$digits" ] || fail "the key has changed"
[ "$(sql 'SELECT count(*) FROM users')" = "$users" ] || fail "users are missing"
[ "$(sql 'SELECT count(*) FROM signing_keys')" = "$keys" ] || fail "public keys are missing"
echo "       no function, no API; $users users, $keys public keys and the private key remain"

step "deploy a new stack over the same database"
deploy "${parameters[@]}" PreviousTokenIssuer="$issuer" # the address of the deleted API
admin migrate
admin logins --connection-limit 120 # the new stack's secrets have new passwords
is_good # a token of the deleted stack: its public key is in the database
sign_in && is_good
admin list
