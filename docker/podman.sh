#!/bin/sh
# Gets Podman for the tests that play docker/kubernetes and compose.yaml with it: present → used; missing on Debian or Ubuntu, as
# root → installed from the distribution's own packages. Elsewhere it says exactly what to do, and fails.
#
# TINCAN_SETUP=no and =yes: as in apt.sh.
set -eu

# The network and its names, and the program that holds a pod together; what runs the containers came with Docker.
PACKAGES='podman netavark aardvark-dns catatonit'

me=podman
# shellcheck source=docker/apt.sh
. "$(dirname "$0")/apt.sh"

main() {
  present && return
  may_install "Podman is missing" "$PACKAGES" "install Podman with netavark, aardvark-dns and catatonit, then run this again"
  apt_get update
  # shellcheck disable=SC2086
  apt_get install --yes --no-install-recommends $PACKAGES
  present || fail "Podman was installed, but does not answer"
}

present() { podman --version >/dev/null 2>&1 && command -v catatonit >/dev/null; }

main "$@"
