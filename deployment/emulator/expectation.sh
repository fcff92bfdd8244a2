# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Requests to the deployment, and their expected answers.

# request METHOD PATH [CURL_ARGUMENT...]: sets status, type and body.
request() {
  asked="$1 $2"
  local answered_with
  answered_with=$(curl -sS -m 40 -o "$scratch/body" -w '%{http_code} %{content_type}' -X "$1" "${@:3}" "$api$2") || fail "$asked: no answer"
  status=${answered_with%% *} type=${answered_with#* } body=$(<"$scratch/body")
}
expect_status() { [ "$status" = "$1" ] || fail "$asked answered $status, not $1: $body"; }
# expect STATUS BODY: compares both exactly.
expect() {
  expect_status "$1"
  [ "$body" = "$2" ] || fail "$asked answered $body, not $2"
}
# expect_json STATUS FILTER: the JSON body satisfies the jq filter.
expect_json() {
  expect_status "$1"
  [[ $type == application/json* ]] || fail "$asked answered the type $type"
  jq -e "${@:3}" "$2" "$scratch/body" >/dev/null || fail "$asked answered $body, which doesn't satisfy $2"
}
json=(-H 'Content-Type: application/json' --data)

# ada is the one user of these scripts: `ada` is the body of the sign-up and sign-in, `token` the user's token.
as_ada() { request "$1" "$2" -H "Authorization: Bearer $token" "${@:3}"; }
sign_in() {
  request POST /api/auth/signin "${json[@]}" "$ada"
  expect_json 200 '.token_type == "bearer" and (.token | length > 0)'
  token=$(jq -r .token "$scratch/body")
}
# is_good: the token is accepted.
is_good() { as_ada GET /api/auth/users/me && expect_json 200 '. == {username: "ada", email: "ada@example.com"}'; }
# part_of_token 0: the token's header; 1: its claims. kid: the key that signed it.
part_of_token() {
  jq -Rc --argjson part "$1" 'split(".")[$part] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson' <<<"$token"
}
kid() { part_of_token 0 | jq -r .kid; }

# admin VERB...: sets answer. refused VERB...: expects a failure and sets refusal, its message.
admin() { answer=$(deployment/admin.sh "$@" 2>"$scratch/refusal") || fail "admin $*: $(<"$scratch/refusal")"; }
refused() {
  ! deployment/admin.sh "$@" >"$scratch/answer" 2>"$scratch/refusal" || fail "admin $* wasn't refused: $(<"$scratch/answer")"
  refusal=$(<"$scratch/refusal")
}
answered() { [ "$answer" = "$1" ] || fail "admin answered $answer, not $1"; }

# doctor: runs deployment/doctor.sh; its lines are in $scratch/doctor.
doctor() {
  LATCHKEY_BASE_URL=$api DATABASE_URL=$database_url PATH="${psql%/*}:$PATH" deployment/doctor.sh >"$scratch/doctor" 2>"$scratch/doctor.log" &&
    [ ! -s "$scratch/doctor.log" ]
}

# code: each function with its code's digest and time of change. milliseconds: the time.
code() { aws lambda list-functions --query 'Functions[].[FunctionName,CodeSha256,LastModified]' --output text | sort; }
milliseconds() { python3 -c 'import time; print(int(time.time() * 1000))'; }
