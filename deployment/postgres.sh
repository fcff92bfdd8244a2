# shellcheck shell=bash disable=SC2154 # the sourcing script sets `scratch`
# A temporary PostgreSQL for the scripts in this folder, which source this file. They provide a function `fail`, an array
# `missing` of missing programs, and a temporary folder `scratch`.

# find_postgres: sets postgres, the folder of its programs, or adds it to missing.
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

# find_postgres_user: sets postgres_user if this is root, since PostgreSQL refuses to run as root.
find_postgres_user() {
  postgres_user=
  [ "$(id -u)" = 0 ] || return 0
  command -v setpriv >/dev/null || fail "root can't run PostgreSQL and setpriv isn't installed: run this as another user"
  postgres_user=$(id -un postgres 2>/dev/null || echo nobody)
}

# as_postgres PROGRAM ARGUMENT...: replaces this shell by the program, as postgres_user, in a directory that user can read.
as_postgres() {
  cd /
  if [ -n "$postgres_user" ]; then
    exec setpriv --reuid="$postgres_user" --regid="$(id -gn "$postgres_user")" --clear-groups "$@"
  fi
  exec "$@"
}

# start_postgres OPTION...: sets server (its process), database_port, and the password of its one user, latchkey. The
# options (one or more) are those of `postgres`. Data isn't synced to disk.
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

# run_postgres: starts the server that start_postgres has set up, without waiting for it; sets server.
run_postgres() {
  (as_postgres "$postgres/postgres" -D "$scratch/database" -p "$database_port" -c unix_socket_directories= \
    -c fsync=off -c max_connections=500 "${server_options[@]}") >>"$scratch/postgres.log" 2>&1 &
  server=$!
}

# accepts PORT: whether a process listens on this port.
accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for SECONDS PID COMMAND...: waits until COMMAND succeeds; fails as soon as the process has ended.
wait_for() {
  local end=$((SECONDS + $1)) pid=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# stop SIGNAL PID: ends the process, after ten seconds by KILL.
stop() {
  kill "-$1" "$2" 2>/dev/null || return 0
  for _ in $(seq 100); do
    kill -0 "$2" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$2" 2>/dev/null || true
}
