# shellcheck shell=bash disable=SC2154 # `scratch` is the script's that sources this
# A fresh PostgreSQL for the scripts beside this file, which source it: a database of their own, gone when they end.
# They have a function `fail`, an array `missing` of what isn't there, and a folder `scratch` for its files.

# find_postgres: sets postgres, the folder of its programs; or names it as missing.
find_postgres() {
  local directory
  postgres=
  for directory in "${PG_BIN:-}" $(tr : ' ' <<<"$PATH") $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t / -k 5rn); do
    if [ -x "$directory/initdb" ] && [ -x "$directory/postgres" ]; then
      postgres=$directory && return
    fi
  done
  missing+=("PostgreSQL's initdb and postgres")
}

# find_postgres_user: sets postgres_user where we are root, as which PostgreSQL refuses to run.
find_postgres_user() {
  postgres_user=
  [ "$(id -u)" = 0 ] || return 0
  command -v setpriv >/dev/null || fail "root can't run PostgreSQL and setpriv isn't installed: run this as another user"
  postgres_user=$(id -un postgres 2>/dev/null || echo nobody)
}

# as_postgres PROGRAM ARGUMENT...: in this shell's place, as a user that PostgreSQL runs as, where that user may stand.
as_postgres() {
  cd /
  if [ -n "$postgres_user" ]; then
    exec setpriv --reuid="$postgres_user" --regid="$(id -gn "$postgres_user")" --clear-groups "$@"
  fi
  exec "$@"
}

# start_postgres OPTION...: sets server (its process), database_port, and password, that of the user latchkey.
# Only that password lets in, and nobody else's; what is written may be lost. The options are the server's own, and at
# least one.
start_postgres() {
  find_postgres_user
  database_port=$(free_port)
  password=$(python3 -c 'import secrets; print(secrets.token_hex(16))')
  install -d -m 700 ${postgres_user:+-o "$postgres_user"} "$scratch/database"
  (umask 077 && printf '%s' "$password" >"$scratch/database.password")
  [ -z "$postgres_user" ] || chown "$postgres_user" "$scratch/database.password"
  (as_postgres "$postgres/initdb" --pgdata="$scratch/database" --username=latchkey --pwfile="$scratch/database.password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync) >"$scratch/initdb.log" 2>&1 ||
    fail "initdb: $(tail -n 3 "$scratch/initdb.log")"
  server_options=("$@")
  run_postgres
  wait_for 20 "$server" accepts "$database_port" || fail "PostgreSQL doesn't answer: $(tail -n 3 "$scratch/postgres.log")"
}

# run_postgres: starts the server that start_postgres has set up; sets server. It may not answer yet.
run_postgres() {
  (as_postgres "$postgres/postgres" -D "$scratch/database" -p "$database_port" -c unix_socket_directories= \
    -c fsync=off -c max_connections=500 "${server_options[@]}") >>"$scratch/postgres.log" 2>&1 &
  server=$!
}

# accepts PORT: whether somebody listens there.
accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for SECONDS PID COMMAND...: until COMMAND succeeds; fails at once when the process is gone.
wait_for() {
  local end=$((SECONDS + $1)) pid=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# stop SIGNAL PID
stop() {
  kill "-$1" "$2" 2>/dev/null || return 0
  for _ in $(seq 100); do
    kill -0 "$2" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$2" 2>/dev/null || true
}
