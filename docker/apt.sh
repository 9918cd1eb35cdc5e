# For the scripts beside it that may install packages of the distribution; sourced, never run.
#
# Owns: the manners. Debian or Ubuntu, as root; asked first on a terminal, announced and done otherwise.
# TINCAN_SETUP=no: install nothing, only say what is missing. TINCAN_SETUP=yes: don't ask first.
# $me is what the script that sources it calls itself.
# shellcheck shell=sh

# shellcheck disable=SC2154
say() { printf '%s: %s\n' "$me" "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

is_root() { [ "$(id -u)" = 0 ]; }

distribution() {
  # shellcheck disable=SC1091
  (. /etc/os-release 2>/dev/null && echo "${ID:-}")
}

# Returns when installing is possible and wanted; otherwise says what to do, and ends the script.
# $1 says what is missing, $2 names the packages, $3 says what to do on another distribution.
may_install() {
  case $(distribution) in
    debian | ubuntu) ;;
    *) fail "$1; $3" ;;
  esac
  by_hand="TINCAN_SETUP=yes $0"
  [ "${TINCAN_SETUP:-}" != no ] || fail "$1 and TINCAN_SETUP=no forbids installing; run as root: $by_hand"
  is_root || fail "$1; run: sudo $by_hand"
  if [ "${TINCAN_SETUP:-}" != yes ] && [ -t 0 ] && [ -t 2 ]; then
    printf '%s: %s. Install %s from this distribution? [Y/n] ' "$me" "$1" "$2" >&2
    read -r answer
    case $answer in
      [nN]*) fail "nothing was installed; to do it later, run as root: $by_hand" ;;
    esac
  fi
  say "$1: installing $2"
}

# Quiet, but with the whole story when it fails; and patient with another apt at work.
apt_get() {
  apt_log=$(mktemp)
  if ! DEBIAN_FRONTEND=noninteractive apt-get --option DPkg::Lock::Timeout=120 -qq "$@" >"$apt_log" 2>&1; then
    tail -n 30 "$apt_log" >&2
    fail "apt-get $* failed; its last words are above"
  fi
  rm -f "$apt_log"
}
