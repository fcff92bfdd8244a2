# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# A first user signs up and in; the operator grants and revokes a role.

step "routes without a database answer before the migration"
request GET / && expect 200 '"Hello World"'
request GET /api/test/all && expect 200 '"public content"'

step "migrate, twice"
admin migrate
admin migrate

step "the public keys"
request GET /.well-known/jwks.json
expect_json 200 '.keys | length == 1 and all(.kty == "EC" and .crv == "P-256" and (has("d") | not))'
kid=$(jq -r '.keys[0].kid' "$scratch/body")

step "sign-up"
secret="correct horse $(python3 -c 'import secrets; print(secrets.token_hex(8))')"
ada=$(jq -nc --arg password "$secret" '{username: "ada", email: "ada@example.com", password: $password}')
request POST /api/auth/signup "${json[@]}" "$ada" && expect_json 200 '. == {username: "ada", email: "ada@example.com"}'
request POST /api/auth/signup "${json[@]}" "$ada" && expect 409 'Username already registered'
request POST /api/auth/signup "${json[@]}" '{"username": "bob"}' && expect_json 422 '.detail | length > 0'

step "sign-in"
request POST /api/auth/signin "${json[@]}" '{"username": "ada", "password": "wrong"}' && expect 401 'Incorrect username or password'
request POST /api/auth/signin "${json[@]}" '{"username": "nobody", "password": "wrong"}' && expect 401 'Incorrect username or password'
sign_in

step "the token: signed with the published key, issuer and audience of this stack"
header=$(part_of_token 0) claims=$(part_of_token 1)
jq -e --arg kid "$kid" '. == {typ: "at+jwt", alg: "ES256", kid: $kid}' >/dev/null <<<"$header" || fail "the token's header is $header"
jq -e --arg stack "$STACK_NAME" '.iss == $stack and .aud == $stack + "-api" and .exp - .iat == 3600' >/dev/null <<<"$claims" ||
  fail "the token's claims are $claims"

step "the token endpoint, with both kinds of form"
request POST /api/auth/token --data-urlencode username=ada --data-urlencode "password=$secret" -d grant_type=password
expect_json 200 '.token_type == "bearer" and .expires_in == 3600 and (.access_token | length > 0)'
request POST /api/auth/token -F username=ada -F "password=$secret"
expect_json 200 '.access_token | length > 0'
request POST /api/auth/token -d username=ada -d password=wrong
expect_json 401 '.error == "invalid_grant"'

step "routes that need a token"
is_good
as_ada GET /api/auth/users/me/items && expect_json 200 '. == [{item_id: "Foo", owner: "ada"}]'
as_ada GET /api/test/profile && expect_json 200 '. == {username: "ada", email: "ada@example.com"}'
for path in /api/auth/users/me /api/auth/users/me/items /api/test/{user,mod,admin,profile}; do
  request GET "$path" && expect_status 401
  request GET "$path" -H "Authorization: Bearer ${token%?}" && expect_status 401
done

step "a role: refused, granted, accepted, revoked, refused"
as_ada GET /api/test/user && expect 200 '"user content"'
as_ada GET /api/test/mod && expect_status 403
as_ada GET /api/test/admin && expect_status 403
admin grant ada ROLE_ADMIN
answered 'ada: ROLE_USER, ROLE_ADMIN'
as_ada GET /api/test/admin && expect 200 '"admin content"'
as_ada GET /api/test/mod && expect_status 403
admin list
jq -e '. == {id: 1, username: "ada", roles: ["ROLE_USER", "ROLE_ADMIN"], disabled_at: null}' >/dev/null <<<"$answer" || fail "admin listed $answer"
admin revoke ada ROLE_ADMIN
answered 'ada: ROLE_USER'
as_ada GET /api/test/admin && expect_status 403

step "the admin function explains a refusal"
refused grant nobody ROLE_ADMIN
[[ $refusal == *user*. ]] || fail "the refusal doesn't mention the user: $refusal"
refused grant ada ROLE_KING
[[ $refusal == *' role '*. ]] || fail "the refusal doesn't mention the role: $refusal"

step "no secret in a log"
logs +1 >"$scratch/logs"
[ -s "$scratch/logs" ] || fail "the log is empty"
for word in "$secret" "$token" "${token##*.}" ada@example.com "$password"; do
  ! grep -qF -- "$word" "$scratch/logs" || fail "a log contains $word"
done
