#!/bin/sh
# Makes a fresh machine ready for tincan. Each step does nothing, quickly, when it has nothing to do.
#
#   docker/setup.sh [STEP…]     without a step: all of them, in this order
#
#   engine     Docker Engine with compose and buildx (engine.sh)
#   packages   the npm packages of package-lock.json, among them the Node that runs everything
#   base       the image that ours stand on: official, or built here where no registry answers (base.sh)
#   node       the image tincan-node
#   interop    the image tincan-interop: other people's programs, for the tests
#   browser    a Chrome or Chromium, for the tests of the lab's report (browser.sh)
#   podman     Podman, for the tests that play the manifests and compose.yaml with it (podman.sh)
#
# TINCAN_SETUP=no forbids installing or starting anything: then it says what is missing and what to run.
# NODE_IMAGE=… names a base image of your own, TINCAN_IMAGES=… what the names of ours start with (default tincan).
set -eu

OFFICIAL_IMAGE=node:26-slim
LOCAL_IMAGE=tincan-base:node26
PULL_PATIENCE_SEC=15
IMAGES=${TINCAN_IMAGES:-tincan}

cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

main() {
  [ $# -gt 0 ] || set -- engine packages base node interop browser podman
  for step in "$@"; do
    case $step in
      engine) docker/engine.sh ;;
      packages) install_packages ;;
      base) choose_base ;;
      node) choose_base; build_node ;;
      interop) choose_base; build_interop ;;
      browser) docker/browser.sh ;;
      podman) docker/podman.sh ;;
      *) fail "no step is called $step; there are engine, packages, base, node, interop, browser and podman" ;;
    esac
  done
}

install_packages() {
  if ! packages_present; then
    command -v npm >/dev/null 2>&1 || fail "npm is missing; install Node 20 or newer"
    [ "${TINCAN_SETUP:-}" != no ] || fail "npm packages are missing and TINCAN_SETUP=no forbids installing; run: npm ci"
    say "installing the npm packages"
    quietly npm ci --no-audit --no-fund
  fi
  node_modules/.bin/node --version >/dev/null 2>&1 ||
    fail "npm has brought no Node 26, which is an optional package for Linux and macOS; see 'npm config get omit', then run: npm ci"
}

# npm writes this file last, so that an interrupted run is not taken for a finished one. Packages behind a link are kept by
# whoever made the link.
packages_present() {
  installed=node_modules/.package-lock.json
  [ -L node_modules ] || { [ -f "$installed" ] && [ -z "$(find package-lock.json -newer "$installed")" ]; }
}

# Sets NODE_IMAGE: the person's choice, else the official image where there is one, else our own. What was found out is
# remembered in .env, where `docker compose build` looks for it too.
choose_base() {
  [ -n "${NODE_IMAGE:-}" ] && return
  remembered=$(remembered_base)
  if [ -n "$remembered" ] && [ "$remembered" != "$LOCAL_IMAGE" ]; then
    NODE_IMAGE=$remembered
  elif [ -z "$remembered" ] && { image_exists "$OFFICIAL_IMAGE" || pull_official; }; then
    NODE_IMAGE=$OFFICIAL_IMAGE
  else
    docker/base.sh
    NODE_IMAGE=$LOCAL_IMAGE
    [ -n "$remembered" ] || remember_base
  fi
  export NODE_IMAGE
}

image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

remembered_base() {
  if [ -f .env ]; then sed -n 's/^NODE_IMAGE=//p' .env | tail -n 1; fi
}

remember_base() {
  printf '%s\n' "# No registry had $OFFICIAL_IMAGE when docker/setup.sh asked. To have it ask again, delete the next line." \
    "NODE_IMAGE=$NODE_IMAGE" >>.env
}

# A registry that answers may take as long as it needs; one that gives no sign of life soon is taken for absent.
pull_official() {
  pull_log=$(mktemp)
  docker pull "$OFFICIAL_IMAGE" >"$pull_log" 2>&1 &
  pulling=$!
  trap 'kill "$pulling"; exit 130' INT
  patience_ends=$(($(date +%s) + PULL_PATIENCE_SEC))
  until [ -s "$pull_log" ] || ! kill -0 "$pulling" 2>/dev/null; do
    if [ "$(date +%s)" -ge "$patience_ends" ]; then
      kill "$pulling" 2>/dev/null || true
      echo "no answer within $PULL_PATIENCE_SEC s" >"$pull_log"
    fi
    sleep 0.1
  done
  if grep -q 'Pulling from' "$pull_log"; then say "pulling $OFFICIAL_IMAGE"; fi
  pulled=0
  wait "$pulling" || pulled=$?
  trap - INT
  [ "$pulled" = 0 ] || say "$OFFICIAL_IMAGE can't be pulled ($(tail -n 1 "$pull_log")); building a base image here instead"
  rm -f "$pull_log"
  return "$pulled"
}

# Built by compose, exactly as `docker compose build` does it, so that the one never undoes the other's work.
build_node() {
  image_exists "$IMAGES-node" || say "building the image $IMAGES-node"
  quietly docker compose build alice
}

build_interop() {
  image_exists "$IMAGES-interop" || say "building the image $IMAGES-interop"
  quietly docker buildx build --load --progress plain --file docker/Dockerfile --target interop --tag "$IMAGES-interop" \
    --build-arg "NODE_IMAGE=$NODE_IMAGE" --secret "id=authority,src=${NODE_EXTRA_CA_CERTS:-/dev/null}" .
}

quietly() {
  quiet_log=$(mktemp)
  if ! "$@" >"$quiet_log" 2>&1; then
    tail -n 20 "$quiet_log" >&2
    fail "this failed: $*; its last words are above, all of them in $quiet_log"
  fi
  rm -f "$quiet_log"
}

main "$@"
