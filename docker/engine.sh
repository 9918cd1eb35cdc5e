#!/bin/sh
# Gets Docker Engine with its compose and buildx plugins on this machine, and running: present → used; installed but
# stopped → started; missing on Debian or Ubuntu, as root → installed from the distribution's own packages.
# Elsewhere it says exactly what to do, and fails. It knows nothing of images or of tincan.
#
# TINCAN_SETUP=no: install and start nothing, only say what is missing. TINCAN_SETUP=yes: don't ask first (apt.sh).
set -eu

# compose.yaml asks for a health check's start_interval: Engine 25, and a Compose that knows the word.
ENGINE_MIN=25
COMPOSE_MIN=2.20
START_TIMEOUT_SEC=30
NEWER_SUITE=trixie
OTHER_DISTRIBUTION="install Docker Engine $ENGINE_MIN or newer and the plugins from your distribution, then run this again"

PATH=$PATH:/usr/sbin:/sbin

me=engine
# shellcheck source=docker/apt.sh
. "$(dirname "$0")/apt.sh"

main() {
  if ! answers; then
    explain_what_only_the_person_can_mend
    if ! have dockerd || ! have docker; then
      install_engine
    fi
    answers || start_engine
  fi
  plugins_present || install_plugins
  check_versions
}

have() { command -v "$1" >/dev/null 2>&1; }
answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
plugins_present() { docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; }
has_systemd() { [ -d /run/systemd/system ]; }

# Cases where starting or installing an engine here would be wrong, whatever else is missing.
explain_what_only_the_person_can_mend() {
  if [ -n "${DOCKER_HOST:-}" ]; then
    fail "no engine answers at DOCKER_HOST=$DOCKER_HOST; start it, or unset DOCKER_HOST to use this machine"
  fi
  if [ "$(uname)" != Linux ]; then
    have docker && fail "Docker is installed but not running; start Docker Desktop (or: colima start) and run this again"
    fail "Docker is missing; install and start Docker Desktop" \
      "(or: brew install colima docker docker-compose docker-buildx && colima start), then run this again"
  fi
  if [ -S /var/run/docker.sock ] && ! [ -w /var/run/docker.sock ]; then
    fail "this user may not use the engine; run: sudo usermod --append --groups docker $(id -un), log in anew, run this again"
  fi
}

start_engine() {
  if [ "${TINCAN_SETUP:-}" = no ] || ! is_root; then
    has_systemd && fail "Docker Engine is installed but not running; run: sudo systemctl start docker"
    fail "Docker Engine is installed but not running; run as root: dockerd &"
  fi
  if has_systemd; then
    say "starting Docker Engine"
    systemctl start docker
    answers || fail "Docker Engine does not answer; see: journalctl --unit docker"
    return
  fi

  log=$(mktemp -t tincan-dockerd.XXXXXX)
  say "starting Docker Engine (no service manager here; its log: $log)"
  # A session of its own: the engine must outlive this script and its terminal.
  setsid nohup dockerd >"$log" 2>&1 </dev/null &
  engine=$!
  deadline=$(($(date +%s) + START_TIMEOUT_SEC))
  until answers; do
    if ! kill -0 "$engine" 2>/dev/null || [ "$(date +%s)" -ge "$deadline" ]; then
      tail -n 5 "$log" >&2
      fail "Docker Engine did not come up within $START_TIMEOUT_SEC s; its last words are above"
    fi
    sleep 0.2
  done
}

install_engine() {
  case $(distribution) in
    ubuntu) packages="docker.io $(plugin_packages)" ;;
    *) packages="docker.io docker-cli $(plugin_packages)" ;;
  esac
  may_install "Docker Engine is missing" "$packages" "$OTHER_DISTRIBUTION"
  apt_install "$packages"
}

install_plugins() {
  packages=$(plugin_packages)
  may_install "Docker's compose and buildx plugins are missing" "$packages" "$OTHER_DISTRIBUTION"
  apt_install "$packages"
  plugins_present || fail "the client $(command -v docker) does not find its compose and buildx plugins; see: docker info"
}

plugin_packages() {
  if installed docker-ce-cli; then
    echo docker-compose-plugin docker-buildx-plugin
    return
  fi
  case $(distribution) in
    ubuntu) echo docker-compose-v2 docker-buildx ;;
    *) echo docker-compose docker-buildx ;;
  esac
}

installed() {
  dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

codename() {
  # shellcheck disable=SC1091
  (. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
}

# Bookworm's own engine (20.10, no compose v2) is too old. The next suite of the same mirror, with the same keyring, has one
# that runs on bookworm's libraries; the pin lets nothing else in, now or at a later upgrade.
use_newer_suite_on_bookworm() {
  if [ "$(codename)" != bookworm ] || installed docker-ce-cli; then
    return
  fi
  # apt tells of the sources that it has fetched, so it fetches first.
  apt_get update
  # shellcheck disable=SC2016
  entry=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT) $(SOURCESENTRY)' 'Created-By: Packages' |
    awk '$2 == "bookworm" && $3 == "main" { print; exit }')
  [ -n "$entry" ] || fail "no package source for bookworm was found in /etc/apt"
  site=${entry%% *}
  file=${entry##* }
  keyring=$(sed -n -e 's/^Signed-By: *\(\/[^ ]*\).*/\1/p' -e 's/.*signed-by=\(\/[^] ]*\).*/\1/p' "${file%:*}" | head -n 1)
  say "Docker alone comes from $NEWER_SUITE, same mirror (see tincan-docker in /etc/apt/sources.list.d and preferences.d)"
  cat >/etc/apt/sources.list.d/tincan-docker.sources <<EOF
Types: deb
URIs: $site
Suites: $NEWER_SUITE
Components: main
Signed-By: ${keyring:-/usr/share/keyrings/debian-archive-keyring.gpg}
EOF
  mkdir -p /etc/apt/preferences.d
  cat >/etc/apt/preferences.d/tincan-docker <<EOF
Package: *
Pin: release n=$NEWER_SUITE
Pin-Priority: -1

Package: docker.io docker-cli docker-compose docker-buildx containerd
Pin: release n=$NEWER_SUITE
Pin-Priority: 990
EOF
}

apt_install() {
  use_newer_suite_on_bookworm
  apt_get update
  # shellcheck disable=SC2086
  apt_get install --yes --no-install-recommends ca-certificates $1
}

check_versions() {
  engine_version=$(docker version --format '{{.Server.Version}}')
  at_least "$engine_version" "$ENGINE_MIN" ||
    fail "Docker Engine $engine_version is too old; $ENGINE_MIN or newer is needed"
  compose_version=$(docker compose version --short)
  at_least "$compose_version" "$COMPOSE_MIN" ||
    fail "Docker Compose $compose_version is too old; $COMPOSE_MIN or newer is needed"
}

# Compares MAJOR.MINOR numerically; a missing minor counts as 0.
at_least() {
  printf '%s\n%s\n' "${1#v}" "$2" | awk -F '[.+-]' 'NR == 1 { a = $1 * 1000 + $2 } NR == 2 { b = $1 * 1000 + $2 } END { exit a < b }'
}

main "$@"
