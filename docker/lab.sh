#!/bin/sh
# From any machine to two healthy nodes that chat: sets up what is missing, brings the lab up, says how to attach, and on a
# terminal attaches to alice.
set -eu

cd "$(dirname "$0")/.."
prefix=${TINCAN_LAB_PREFIX:-}

docker/setup.sh engine base node

if ! docker compose up --detach --wait; then
  docker compose logs --tail 20 >&2
  echo "lab: the nodes did not become healthy; what they said is above" >&2
  exit 1
fi

cat >&2 <<EOF

alice and bob are up, one string between them. Chat from a terminal each:

  docker attach ${prefix}alice
  docker attach ${prefix}bob

Leave a window with Ctrl-P Ctrl-Q: the node goes on. All down again: docker compose down
EOF

if [ -t 0 ] && [ -t 1 ]; then
  printf '\nAttaching to alice.\n' >&2
  left=0
  docker attach "${prefix}alice" || left=$?
  # A detached window ends with a failure of `docker attach`; here it is a success.
  if [ "$(docker inspect --format '{{.State.Running}}' "${prefix}alice")" = true ]; then
    printf '\nalice goes on; back to her: docker attach %salice\n' "$prefix" >&2
    exit 0
  fi
  exit "$left"
fi
