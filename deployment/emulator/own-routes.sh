# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Adds the examples of a team's own: a function in Latchkey's API, and another API that uses the authorizer. Then removes
# them.

step "build the authorizer with the examples' routes (a debug build), and the template with the example's function"
cp examples/own-routes.json "$upgrade"
cargo build --quiet --offline --manifest-path "$upgrade/Cargo.toml" --bin authorizer --target-dir target >"$scratch/build.log" 2>&1 ||
  fail "the authorizer doesn't build: $(tail -n 20 "$scratch/build.log")"
cargo test --quiet --locked -p local --test generated the_example >"$scratch/build.log" 2>&1 || fail "$(tail -n 20 "$scratch/build.log")"
own=$scratch/own # a folder with all that the template names
mkdir -p "$own/target/lambda"
cp target/examples/template.yaml "$own"
cp -R examples "$own"
for folder in target/lambda/*/; do ln -s "$PWD/$folder" "$own/target/lambda"; done
rm "$own/target/lambda/authorizer"
mkdir "$own/target/lambda/authorizer"
cp target/debug/authorizer "$own/target/lambda/authorizer/bootstrap"

step "a function of a team's own in the same API"
# others: the code of all functions but the authorizer and the example's.
others() { code | cut -f 1,2 | grep -v -e AuthorizerFunction -e ReportsFunction; }
own_authorizer=$(code | cut -f 1,2 | grep AuthorizerFunction)
template=$own/template.yaml deploy "${parameters[@]}"
own_others=$(others)
sign_in
# only_with_token METHOD PATH...: without a token and with a forged one, each route is refused.
only_with_token() {
  while [ $# -gt 0 ]; do
    request "$1" "$2" && expect_status 401
    request "$1" "$2" -H "Authorization: Bearer ${token%?}" && expect_status 401
    shift 2
  done
}
only_with_token GET /reports GET /reports/7 POST /reports
as_ada GET /reports && expect_json 200 '. == {reports: ["7"], for: "ada"}'
as_ada GET /reports/7 && expect_json 200 '.title | length > 0'
as_ada POST /reports && expect_status 403
request OPTIONS /reports -H 'Origin: http://localhost:3000' && expect_status 200

step "its role: granted, revoked, removed"
admin role add ROLE_EDITOR
admin grant ada ROLE_EDITOR
as_ada POST /reports && expect_json 201 '.author > 0'
as_ada GET /api/test/admin && expect_status 403
is_good

step "nothing but Latchkey's API may call it"
reports=$(resource ReportsFunction)
! aws lambda get-function-url-config --function-name "$reports" >/dev/null 2>&1 || fail "it has a URL"
aws lambda get-policy --function-name "$reports" --query Policy --output text >"$scratch/policy"
jq -e --arg api ":$api_id/" '.Statement | length > 0 and all(.Principal.Service == "apigateway.amazonaws.com" and
  (.Condition.ArnLike["AWS:SourceArn"] // .Condition.ArnLike["aws:SourceArn"] | contains($api)))' "$scratch/policy" >/dev/null ||
  fail "its policy is $(<"$scratch/policy")"

step "another API, in a stack of its own, by the authorizer's ARN"
deploy_stack orders examples/orders/template.yaml AuthorizerArn="$(output AuthorizerArn)"
accounts=$api orders_form='^https://([a-z0-9]+)\.execute-api\..*/live$'
[[ $(output ApiUrl orders) =~ $orders_form ]] || fail "the output ApiUrl of orders is $(output ApiUrl orders)"
orders=$endpoint/_aws/execute-api/${BASH_REMATCH[1]}/live
api=$orders
only_with_token GET /orders DELETE /orders/7
as_ada GET /orders && expect 200 '{"for": "ada"}'
as_ada DELETE /orders/7 && expect 200 '{"for": "ada"}'

step "a role taken away closes its routes in both, and no others"
admin revoke ada ROLE_EDITOR
api=$accounts
sign_in # a new token has no cached policy
as_ada POST /reports && expect_status 403
as_ada GET /reports && expect_status 200
api=$orders
as_ada DELETE /orders/7 && expect_status 403
as_ada GET /orders && expect_status 200

step "an API that own-routes.json doesn't name is refused"
sed 's/LatchkeyRoutes: orders/LatchkeyRoutes: other/' examples/orders/template.yaml >"$scratch/other.yaml"
deploy_stack orders "$scratch/other.yaml" AuthorizerArn="$(output AuthorizerArn)"
api=$accounts
sign_in
api=$orders
as_ada GET /orders
[[ $status = 50[03] ]] || fail "$asked answered $status: $body"
api=$accounts
admin role remove ROLE_EDITOR

step "removed again: the authorizer has its code of before, and no other function has changed"
aws cloudformation delete-stack --stack-name orders
aws cloudformation wait stack-delete-complete --stack-name orders
deploy "${parameters[@]}"
[ "$(code | cut -f 1,2 | grep AuthorizerFunction)" = "$own_authorizer" ] || fail "the authorizer has changed: $(code)"
[ "$(others)" = "$own_others" ] || fail "a function has changed: $(diff <(echo "$own_others") <(others))"
as_ada GET /reports
[[ $status = 40[34] ]] || fail "$asked answered $status: $body"
is_good
