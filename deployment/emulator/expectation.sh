# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# Requests to the deployment, and what is expected of them.

# request METHOD PATH [what else curl takes]: sets status, type and body.
request() {
  asked="$1 $2"
  local told
  told=$(curl -sS -m 40 -o "$scratch/body" -w '%{http_code} %{content_type}' -X "$1" "${@:3}" "$api$2") || fail "$asked: no answer"
  status=${told%% *} type=${told#* } body=$(<"$scratch/body")
}
expect_status() { [ "$status" = "$1" ] || fail "$asked answered $status, not $1: $body"; }
# expect STATUS BODY: to the letter.
expect() {
  expect_status "$1"
  [ "$body" = "$2" ] || fail "$asked answered $body, not $2"
}
# expect_json STATUS FILTER: what jq's filter holds to be true of the body.
expect_json() {
  expect_status "$1"
  [[ $type == application/json* ]] || fail "$asked answered the type $type"
  jq -e "${@:3}" "$2" "$scratch/body" >/dev/null || fail "$asked answered $body, of which this isn't true: $2"
}
json=(-H 'Content-Type: application/json' --data)

# Ada is the one user of these scripts: `ada` is what she signs up with, `token` her token.
as_ada() { request "$1" "$2" -H "Authorization: Bearer $token"; }
sign_in() {
  request POST /api/auth/signin "${json[@]}" "$ada"
  expect_json 200 '.token_type == "bearer" and (.token | length > 0)'
  token=$(jq -r .token "$scratch/body")
}
# is_good: her token is.
is_good() { as_ada GET /api/auth/users/me && expect_json 200 '. == {username: "ada", email: "ada@example.com"}'; }
# part_of_token 0: its header; 1: its claims. kid: the key that signed it.
part_of_token() {
  jq -Rc --argjson part "$1" 'split(".")[$part] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson' <<<"$token"
}
kid() { part_of_token 0 | jq -r .kid; }

# admin VERB...: sets answer. refused VERB...: sets refusal, what it said.
admin() { answer=$(deployment/admin.sh "$@" 2>"$scratch/refusal") || fail "admin $*: $(<"$scratch/refusal")"; }
refused() {
  ! deployment/admin.sh "$@" >"$scratch/answer" 2>"$scratch/refusal" || fail "admin $* wasn't refused: $(<"$scratch/answer")"
  refusal=$(<"$scratch/refusal")
}
answered() { [ "$answer" = "$1" ] || fail "admin answered $answer, not $1"; }

# doctor: what deployment/doctor.sh says; the lines are in $scratch/doctor.
doctor() {
  LATCHKEY_BASE_URL=$api DATABASE_URL=$database_url PATH="${psql%/*}:$PATH" deployment/doctor.sh >"$scratch/doctor" 2>"$scratch/doctor.log" &&
    [ ! -s "$scratch/doctor.log" ]
}

# code: each function, its code and since when that is so. milliseconds: the time.
code() { aws lambda list-functions --query 'Functions[].[FunctionName,CodeSha256,LastModified]' --output text | sort; }
milliseconds() { python3 -c 'import time; print(int(time.time() * 1000))'; }
