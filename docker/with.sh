#!/bin/sh
# Runs a command of this checkout once all is there that it needs: the npm packages, and what the steps of setup.sh get.
# The command finds the pinned Node first, whatever Node the machine has.
#
#   docker/with.sh [--or-without] [STEP…] -- COMMAND…
#
# --or-without: where a step fails, the command runs all the same, for it can do without and says so itself.
set -eu

cd "$(dirname "$0")/.."

main() {
  insists=yes
  steps=
  while [ "$1" != -- ]; do
    case $1 in
      --or-without) insists=no ;;
      *) steps="$steps $1" ;;
    esac
    shift
  done
  shift

  docker/setup.sh packages
  # shellcheck disable=SC2086
  if [ -n "$steps" ]; then docker/setup.sh $steps || [ "$insists" = no ] || exit 1; fi
  PATH=$PWD/node_modules/.bin:$PATH
  export PATH
  exec "$@"
}

main "$@"
