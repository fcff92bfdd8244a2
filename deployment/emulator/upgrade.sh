# shellcheck shell=bash disable=SC2154,SC2034 # sourced by deployment/emulator.sh, whose names it uses
# An upgrade with a migration: admin first, then migrate, while the previous release's functions still answer.

upgrade=target/upgrade # a copy of the source with one more migration, and another version
number=$(($(find migrations -name 'V*__*.sql' | sed -E 's/.*V([0-9]+)__.*/\1/' | sort -n | tail -n 1) + 1))

step "build the next release's admin, with one more migration (a debug build)"
rm -rf "$upgrade" && mkdir -p "$upgrade"
cp -a .cargo "$upgrade"
for entry in *; do [ "$entry" = target ] || cp -a "$entry" "$upgrade"; done
# The version keeps the copy's packages apart from ours in one target folder, where both share all that they depend on.
sed -i.bak 's/^version = "0\.1\.0"$/version = "0.1.1"/' "$upgrade/Cargo.toml"
! cmp -s "$upgrade/Cargo.toml" "$upgrade/Cargo.toml.bak" || fail "the copy has no other version"
# By the rules of migrations/README.md: it only adds, and locks an existing table only briefly, at its end.
cat >"$upgrade/migrations/V${number}__devices.sql" <<'SQL'
CREATE TABLE devices (id serial PRIMARY KEY, user_id integer NOT NULL);
SELECT pg_sleep(3);
ALTER TABLE users ADD COLUMN seen_at timestamptz;
SQL
cargo build --quiet --offline --manifest-path "$upgrade/Cargo.toml" --bin admin --target-dir target >"$scratch/build.log" 2>&1 ||
  fail "admin doesn't build: $(tail -n 20 "$scratch/build.log")"
mkdir -p "$built/admin"
cp target/debug/admin "$built/admin/bootstrap"

step "deploy admin, and migrate while the old functions answer"
admin_function=$(output AdminFunctionName)
aws lambda get-function --function-name "$admin_function" --query Code.Location --output text >"$scratch/last-admin.url"
curl -sf -m 60 -o "$scratch/last-admin.zip" "$(<"$scratch/last-admin.url")" || fail "the download of the previous admin's zip failed"
before=$(code | grep -v "$admin_function")

# knock NUMBER: sends requests and logs each status while the file `knocking` exists.
knock() {
  local count=0 name
  while [ -e "$scratch/knocking" ]; do
    name=knock-$1-$((count += 1))
    ask() { curl -sS -m 40 -o /dev/null -w "%{http_code} $2\n" -X "$1" "${@:3}" "$api$2" || echo "000 $2"; }
    ask GET /api/auth/users/me -H "Authorization: Bearer $token"
    ask POST /api/auth/signup "${json[@]}" "{\"username\": \"$name\", \"email\": \"$name@example.com\", \"password\": \"$secret\"}"
    ask POST /api/auth/signin "${json[@]}" "$ada"
    ask GET /.well-known/jwks.json
    ask GET /api/test/user -H "Authorization: Bearer $token"
  done >"$scratch/knocks-$1" 2>&1
}
touch "$scratch/knocking" # gone with its folder if this script fails
knockers=()
for number_of in 1 2 3; do
  knock "$number_of" &
  knockers+=($!)
done
knocks() { cat "$scratch"/knocks-[0-9] | wc -l; }
wait_for 30 "${knockers[0]}" [ -s "$scratch/knocks-1" ]
cargo lambda deploy --binary-path "$built/admin/bootstrap" "$admin_function" >"$scratch/update.log" 2>&1 ||
  fail "cargo lambda deploy: $(tail -n 5 "$scratch/update.log")"
first=$(knocks)
admin migrate
during=$(($(knocks) - first))
rm "$scratch/knocking"
wait "${knockers[@]}"
jq -e --arg name "V${number}__devices" '.applied == [$name]' >/dev/null <<<"$answer" || fail "migrate answered $answer"
! cat "$scratch"/knocks-[0-9] | grep -v '^200 ' || fail "a request failed during the migration"
[ "$during" -ge 10 ] || fail "only $during requests were answered during the migration"
[ "$(code | grep -v "$admin_function")" = "$before" ] || fail "another function has changed"
echo "       $(knocks) requests to the old functions, $during of them during the migration: all 200"

step "roll back: the previous admin over the newer tables"
aws lambda update-function-code --function-name "$admin_function" --zip-file "fileb://$scratch/last-admin.zip" >/dev/null
admin list
is_good
sign_in && is_good
# Undo the migration, which exists only in this script.
sql "DROP TABLE devices; ALTER TABLE users DROP COLUMN seen_at; DELETE FROM refinery_schema_history WHERE version = $number"
admin migrate
