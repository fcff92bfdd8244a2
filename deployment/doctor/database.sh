# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # sourced by deployment/doctor.sh, whose names it uses; the $s are jq's
# Checks the secret of the database's owner, and the logins' memberships.

length=$(value DatabaseCa) length=${#length}
[ "$length" -le 2300 ] ||
  red "DatabaseCa: $length characters, of at most 2,300. One root certificate is enough: \"\$(openssl x509 -in root.pem)\"."

# names PATTERN: the names of the set parameters that match.
names() { jq -r --arg pattern "$1" 'to_entries[] | select(.value != "" and (.key | test($pattern))).key' <<<"$parameters"; }

logins='' # "PARAMETER LOGIN" lines
for name in $(names '^Database[A-Za-z]*SecretArn$'); do
  what=$name arn=$(value "$name")
  if [ "$(cut -d : -f 4 <<<"$arn")" != "$region" ]; then
    red "$what: the secret is in $(cut -d : -f 4 <<<"$arn"), the stack in $region."
    continue
  fi
  if ! aws secretsmanager get-secret-value --secret-id "$arn" --output json >"$scratch/answer" 2>"$scratch/error"; then
    if grep -q ResourceNotFoundException "$scratch/error"; then
      red "$what: there is no such secret here."
    else
      unknown "$what: it can't be read ($(last_error))"
    fi
    continue
  fi
  # A parameter may supply what the secret lacks. No value of the secret is printed.
  lacks=$(of --argjson parameters "$parameters" '(.SecretString // "" | try fromjson catch null) as $secret
    | if ($secret | type) != "object" then "all: it is no JSON object"
      else {username: "DatabaseUser", password: "", host: "DatabaseHost", dbname: "DatabaseName"} | to_entries
        | map(select(($secret[.key] // "") == "" and ($parameters[.value] // "") == "")
          | .key + if .value == "" then "" else " (or \(.value))" end) | join(", ") end')
  if [ -n "$lacks" ]; then
    red "$what: the secret lacks $lacks."
  else
    ok "$what: the secret is complete"
  fi
  login=$(of '.SecretString | try (fromjson | .username // "") catch ""')
  [ -z "$login" ] || logins+="$name $login"$'\n'
  key=$(aws secretsmanager describe-secret --secret-id "$arn" --output json 2>/dev/null | jq -r '.KmsKeyId // ""') || key=''
  case $key in
    '' | *alias/aws/secretsmanager) ;;
    *)
      [ -n "$(value DatabaseSecretsKeyArn)" ] ||
        red "$what: the secret is encrypted with your own KMS key, which no function may use. Set DatabaseSecretsKeyArn to it."
      ;;
  esac
done
rm -f "$scratch/answer" # it contains a password
[ -z "$(value DatabaseUser)" ] || logins+="DatabaseUser $(value DatabaseUser)"$'\n'

what="the functions' logins" by_iam=false
[ "$(value DatabaseAuth)" != iam ] || by_iam=true
if [ "$(value DatabaseLogins)" = separate ]; then
  ok "$what: one for each class of work"
  # The template has a secret for each login, named after its class of work.
  for class in $(sed -nE 's/^  ([A-Z][A-Za-z]+)Login:$/\1/p' template.yaml | sed -E 's/([a-z])([A-Z])/\1_\2/g' | tr '[:upper:]' '[:lower:]'); do
    logins+="DatabaseLogins $(value DatabaseRolePrefix)_${class}_$(if [ "$by_iam" = true ]; then echo iam; else echo login; fi)"$'\n'
  done
else
  yellow "$what: they log in as the owner, which has every right in the database. DatabaseLogins=separate gives each class of \
work its own login (docs/operate/deploying.md)."
fi

# sql STATEMENT: runs it as the owner, by psql or the Data API; prints its one value.
cluster=''
if [ -z "${DATABASE_URL:-}" ] && [ -n "$(value DatabaseSecretArn)" ] && [ -n "$(value DatabaseHost)" ]; then
  cluster=$(aws rds describe-db-clusters --output json 2>/dev/null | jq -r --arg host "$(value DatabaseHost)" \
    '[.DBClusters[] | select(.HttpEndpointEnabled and .Endpoint == $host).DBClusterArn] | first // ""') || cluster=''
fi
sql() {
  if [ -n "${DATABASE_URL:-}" ]; then
    psql -qAtX -d "$DATABASE_URL" -c "$1"
  else
    aws rds-data execute-statement --resource-arn "$cluster" --secret-arn "$(value DatabaseSecretArn)" \
      --database "$(value DatabaseName)" --sql "$1" --output json >"$scratch/records" &&
      jq -r '.records[0][0].stringValue' "$scratch/records"
  fi
}
what="the logins' memberships"
if [ -z "${DATABASE_URL:-}$cluster" ]; then
  unknown "$what: the database can't be queried. Set DATABASE_URL to the owner's login where the database can be reached."
else
  list=$(jq -Rrs '[split("\n")[] | select(. != "") | .[index(" ") + 1:]
    | "\u0027" + gsub("\u0027"; "\u0027\u0027") + "\u0027"] + ["current_user::text"] | join(", ")' <<<"$logins")
  # A superuser is a member of every role, but pg_hba.conf, which checks rds_iam, counts only explicit membership.
  if ask sql "SELECT json_object_agg(login, json_build_object(
      'is', r.oid IS NOT NULL,
      'iam', coalesce(NOT r.rolsuper AND (SELECT pg_has_role(r.oid, i.oid, 'MEMBER') FROM pg_roles AS i WHERE i.rolname = 'rds_iam'), false),
      'owner', coalesce(r.rolsuper OR (SELECT pg_has_role(r.oid, c.relowner, 'MEMBER') FROM pg_class AS c WHERE c.oid = to_regclass('users')), false)))::text
    FROM (SELECT DISTINCT unnest(ARRAY[$list]) AS login) AS l LEFT JOIN pg_roles AS r ON r.rolname = login"; then
    faults=$(of --arg logins "$logins" --argjson by_iam "$by_iam" '. as $all
      | (to_entries[] | select(.value.iam and ($by_iam | not)).key
          | "\(.) is a member of rds_iam, so RDS refuses its password. REVOKE rds_iam FROM \(.), or from the role between."),
        ($logins | split("\n")[] | select(. != "") | {parameter: .[:index(" ")], login: .[index(" ") + 1:]}
          | ($all[.login] // {is: false}) as $it
          | if $it.is | not then "\(.parameter): the database has no login \(.login)." + if .parameter == "DatabaseLogins" then " deployment/admin.sh logins makes it." else "" end
            elif $by_iam and ($it.iam | not) then "\(.login) is no member of rds_iam, so RDS refuses its token. GRANT rds_iam TO \(.login)."
            elif $it.owner and .parameter == "DatabaseLogins"
            then "\(.login) may do all that the owner of the tables may. Revoke the owner'\''s role from it."
            else empty end)')
    if [ -n "$faults" ]; then
      while IFS= read -r fault; do red "$what: $fault"; done <<<"$faults"
    else
      ok "$what"
    fi
  fi
fi
