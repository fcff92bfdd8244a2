# shellcheck shell=bash
# For .ci/run, which sources this: what each part needs, and how it gets there.

# needs_of PART: sets packages, of Debian, and tools, lists in .ci/tools.
needs_of() {
  # shellcheck disable=SC2034 # for .ci/run
  case $1 in
    fast)
      packages=(build-essential curl git jq openssl postgresql shellcheck)
      tools=(aws cargo-deny workflows)
      ;;
    runner)
      packages=(build-essential chromium chromium-driver curl default-jdk-headless git jq nodejs npm openssl pgbouncer postgresql wrk)
      tools=(api aws cargo-fuzz clients emulator)
      ;;
    deployment)
      packages=(binutils build-essential curl git jq openssl postgresql wrk)
      tools=(aws emulator passlib)
      ;;
    arm64)
      packages=(binutils build-essential git postgresql)
      tools=(aws)
      ;;
  esac
}

is_there() {
  case $1 in
    binutils) command -v readelf ;;
    build-essential) command -v cc ;;
    chromium-driver) command -v chromedriver ;;
    default-jdk-headless) command -v javac ;;
    nodejs) command -v node ;;
    pgbouncer) [ -x /usr/sbin/pgbouncer ] ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb ;;
    python3-venv) python3 -c 'import ensurepip, venv' ;;
    *) command -v "$1" ;;
  esac >/dev/null 2>&1
}

# install_packages PACKAGE...: installs those that aren't there.
install_packages() {
  local missing=() package
  for package; do is_there "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  # Of PostgreSQL and pgbouncer the programs alone: Debian would start a server of each.
  install -d /etc/postgresql-common /etc/systemd/system
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  [ -e /etc/systemd/system/pgbouncer.service ] || ln -s /dev/null /etc/systemd/system/pgbouncer.service
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}"
}

# fetch TOOLS...: begins to install these lists of .ci/tools under target/ci, where they stay for the next run.
fetch() {
  local tools process
  mkdir -p target/ci
  for tools; do
    process=installs_${tools//-/_}
    [ -z "${!process:-}" ] || continue
    .ci/tools/install "$tools" "target/ci/$tools" >"target/ci/$tools.log" 2>&1 &
    printf -v "$process" %s $!
  done
}

# await TOOLS...: until these are there.
await() {
  local tools process
  for tools; do
    process=installs_${tools//-/_}
    wait "${!process}" || { cat "target/ci/$tools.log" >&2 && return 1; }
  done
}
