#!/bin/sh
# Fetches one package from the npm registry that this machine is set up to use, and refuses it unless it has the digest that
# whoever asks knows: a registry, or who stands before it, decides what it sends.
#
#   docker/fetch.sh NAME@VERSION sha512-DIGEST FILE
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm pack --loglevel error --pack-destination "$work" "$1" >/dev/null
found=sha512-$(node --eval 'process.stdout.write(
  require("crypto").createHash("sha512").update(require("fs").readFileSync(process.argv[1])).digest("base64"))' "$work"/*.tgz)
if [ "$found" != "$2" ]; then
  echo "fetch: $1 is not the package that was asked for: its digest is $found, not $2" >&2
  exit 1
fi
mv "$work"/*.tgz "$3"
