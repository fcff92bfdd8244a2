#!/usr/bin/env bash
# Checks what a deployment needs, and once it exists what runs: one line per check.
# shellcheck disable=SC2016 # the variables in single quotes are jq's
set -euo pipefail

usage() {
  cat <<'OF'
Usage: deployment/doctor.sh [Name=value ...]

The parameters are those of `sam deploy --parameter-overrides`; each defaults to the stack's value, then to the
template's. The script changes nothing. Each line begins with

  ok      the check passed
  RED     the deployment fails, or will; the line says what to do
  YELLOW  it works, but change this before production
  --      not checked; the line says why

The exit code is 1 if a line is RED. It checks the tools, the clock, the account, the binaries, the secrets and the VPC,
and after the first deployment also the functions, the keys, the database's logins and the answers.
It reads the logins from the database: by the Data API if that is enabled, or by psql as the owner in DATABASE_URL.
The stack is STACK_NAME (default: latchkey) in the account and region of the `aws` command.
LATCHKEY_BASE_URL is as for deployment/smoke.sh.
Needs: aws, curl, jq. The script checks everything else.
OF
}

for argument; do
  case $argument in
    -h | --help) usage && exit ;;
    [A-Z]*=*) ;;
    *) usage >&2 && exit 2 ;;
  esac
done
# '""' is sam's syntax for an empty parameter.
given=$(jq -nc '[$ARGS.positional[] | index("=") as $at | {key: .[:$at], value: (.[$at + 1:] | if . == "\"\"" then "" else . end)}]
  | from_entries' --args -- "$@")
cd "$(dirname "$0")/.."
. deployment/stack.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# ---- output ----

code=0
ok() { line 32 ok "$*"; }
red() { line 31 RED "$*" && code=1; }
# shellcheck disable=SC2317 # the parts call it
yellow() { line 33 YELLOW "$*"; }
unknown() { line 2 -- "$*"; }
line() {
  if [ -t 1 ]; then printf '\033[%sm%-6s\033[0m  %s\n' "$1" "$2" "$3"; else printf '%-6s  %s\n' "$2" "$3"; fi
}
# ask COMMAND...: writes the command's output to $scratch/answer; if it fails, prints a line with its last error.
ask() {
  "$@" >"$scratch/answer" 2>"$scratch/error" && return
  unknown "$what: ${*:1:3} fails ($(last_error))"
  return 1
}
last_error() { grep -v '^$' "$scratch/error" | tail -n 1; }
# of FILTER...: the result of a jq filter over the answer.
of() { jq -r "$@" "$scratch/answer"; }

# ---- the tools and the clock ----

# tool NAME VERSION COMMAND...: checks that the program has this version or a later one.
tool() {
  local found
  what="$1, $2 or later"
  if ! found=$("${@:3}" 2>&1 | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1); then
    red "$what: it isn't on the PATH. Install it by .ci/tools/install aws target/ci/aws (docs/operate/deploying.md)."
  elif [ "$(printf '%s\n' "$2" "$found" | sort -t . -k 1,1n -k 2,2n -k 3,3n | head -n 1)" = "$2" ]; then
    ok "$1 $found"
  else
    red "$what: this is $found. Install a newer one, such as that of .ci/tools/install (docs/operate/deploying.md)."
  fi
}
tool bash 3.2 bash --version
# The first versions with the waiters that the scripts use.
case $(aws --version 2>&1) in aws-cli/1.*) tool aws 1.25 aws --version ;; *) tool aws 2.7 aws --version ;; esac
tool sam 1.108 sam --version
tool cargo-lambda 1.2 cargo lambda --version
tool openssl 1.0 openssl version

region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
if [ -z "$region" ]; then
  red "the region: it isn't set. export AWS_REGION=..."
  exit 1
fi
what='the clock'
case $region in cn-*) suffix=amazonaws.com.cn ;; *) suffix=amazonaws.com ;; esac
if ask curl -sS -m 10 -o /dev/null -D - "${AWS_ENDPOINT_URL:-https://sts.$region.$suffix}/"; then
  away=$(of -Rs '[match("(?:^|\n)date: ([^\r\n]+)"; "i").captures[0].string]
    | first // empty | strptime("%a, %d %b %Y %H:%M:%S GMT") | mktime - now | fabs | floor' 2>/dev/null) || away=''
  if [ -z "$away" ]; then
    unknown "$what: the answer has no date"
  elif [ "$away" -gt 60 ]; then
    red "$what: it differs from AWS's by $away s, and AWS refuses signatures that are five minutes off. Set it by NTP."
  else
    ok "$what"
  fi
fi

# ---- the account ----

if ! aws sts get-caller-identity --output json >"$scratch/answer" 2>"$scratch/error"; then
  red "the credentials: $(last_error)"
  exit 1
fi
ok "account $(of .Account), region $region, as $(of '.Arn | sub("^[^/]*:"; "")')"

stack=$(stack '. // {} | tojson')
parameters=$(jq -c --argjson given "$given" \
  '{Architecture: "arm64", DatabaseRolePrefix: "latchkey"} + ([.Parameters[]? | {key: .ParameterKey, value: .ParameterValue}] | from_entries) + $given' <<<"$stack")
eval "$(jq -r 'to_entries[] | select(.key | test("^[A-Za-z0-9]+$")) | "parameter_\(.key)=\(.value | @sh)"' <<<"$parameters")"
value() {
  local name=parameter_$1
  printf '%s\n' "${!name:-}"
}
there=$(jq -r 'if [.Outputs[]?] == [] then "" else "yes" end' <<<"$stack")
trouble=$(trouble)
if [ -n "$trouble" ]; then
  red "$trouble"
elif [ -n "$there" ]; then
  ok "the stack $STACK_NAME is $(jq -r .StackStatus <<<"$stack")"
else
  unknown "the stack $STACK_NAME: it isn't deployed yet, so nothing that runs was checked."
fi

what="Lambda's quota"
if ask aws lambda get-account-settings --output json; then
  quota=$(of .AccountLimit.ConcurrentExecutions) reserved=0
  limits=$(awk -f deployment/doctor/reserved.awk template.yaml)
  for each in $limits; do
    wanted=$(value "$each")
    reserved=$((reserved + ${wanted:-0}))
  done
  if [ "$reserved" -gt 0 ] && [ "$quota" -lt $((reserved + 100)) ]; then
    red "$what: of $quota concurrent executions, $reserved can't be reserved, since 100 must stay unreserved. Request more \
(Service Quotas, L-B99A9384), or leave these empty: $(sort -u <<<"$limits" | paste -s -d  -)."
  elif [ "$quota" -lt 100 ]; then
    red "$what: the account may have $quota concurrent executions; beyond them callers get 503. Request 1,000, \
which is free: Service Quotas, L-B99A9384."
  else
    ok "$what: $quota concurrent executions"
  fi
fi

what="API Gateway's log role"
if ask aws apigateway get-account --output json; then
  role=$(of '.cloudwatchRoleArn // ""') chosen=$(value ApiGatewayLogRole)
  ours=$(jq -r 'any(.Parameters[]?; .ParameterKey == "ApiGatewayLogRole" and .ParameterValue == "make")' <<<"$stack")
  gone=''
  if [ -n "$role" ] && ! aws iam get-role --role-name "${role##*/}" --output json >/dev/null 2>"$scratch/error" &&
    grep -q NoSuchEntity "$scratch/error"; then
    gone=$role role=''
  fi
  if [ -z "$chosen" ]; then
    red "$what: set ApiGatewayLogRole=$(if [ -n "$role" ]; then echo exists; else echo make; fi), since the region has ${role:-none}."
  elif [ "$chosen" = exists ] && [ -z "$role" ]; then
    red "$what: ApiGatewayLogRole=exists, but the region has none${gone:+ ($gone was deleted)}. Set make."
  elif [ "$chosen" = make ] && [ -n "$role" ] && [ "$ours" = false ]; then
    red "$what: ApiGatewayLogRole=make would replace $role, which the region's other APIs use. Set exists."
  elif [ "$ours" = true ] && [ -n "$gone" ]; then
    red "$what: $gone was deleted, so nothing is logged. Deploy once with ApiGatewayLogRole=exists, then with make."
  else
    ok "$what: $chosen"
  fi
fi

# ---- the binaries ----

what='the binaries' architecture=$(value Architecture)
case $architecture in x86_64) machine=3e option=--x86-64 ;; *) machine=b7 option=--arm64 ;; esac
missing=() foreign=()
for each in functions/*; do
  bootstrap=target/lambda/${each#functions/}/bootstrap
  if [ ! -f "$bootstrap" ]; then
    missing+=("${each#functions/}")
  elif [ "$(od -An -tx1 -j18 -N1 "$bootstrap" | tr -d ' ')" != "$machine" ]; then # e_machine of ELF
    foreign+=("${each#functions/}")
  fi
done
if [ ${#foreign[@]} -gt 0 ]; then
  red "$what: not for $architecture: ${foreign[*]}. Run deployment/build.sh $option, or set another Architecture."
elif [ ${#missing[@]} -gt 0 ]; then
  unknown "$what: not built: ${missing[*]}"
else
  ok "$what: for $architecture"
fi

for part in database network running issuer; do
  # shellcheck disable=SC1090 # one of the files in doctor/
  . "deployment/doctor/$part.sh"
done
exit "$code"
