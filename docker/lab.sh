#!/bin/sh
# From any machine to two healthy nodes that chat, and back.
#
#   docker/lab.sh                    npm run lab: sets up what is missing, brings alice and bob up, says how to attach, and
#                                    on a terminal attaches to alice
#   docker/lab.sh down [--volumes]   npm run lab:down: takes down all that is up of the lab, with the crowd and the relay;
#                                    --volumes: and forgets who alice and bob were
set -eu

cd "$(dirname "$0")/.."
prefix=${TINCAN_LAB_PREFIX:-}
project=${COMPOSE_PROJECT_NAME:-tincan}
ALL_PROFILES='--profile crowd --profile members --profile faults'

say() { printf 'lab: %s\n' "$*" >&2; }
refuse() {
  say "$1"
  printf '\nusage: npm run lab\n       npm run lab:down [-- --volumes]\n' >&2
  exit 2
}

main() {
  case "$*" in
    '') up ;;
    down) down ;;
    'down --volumes') down --volumes ;;
    *) refuse "can't do anything with: $*" ;;
  esac
}

up() {
  docker/setup.sh engine
  owner=$(other_checkout)
  if [ -n "$owner" ]; then
    say "the lab of another checkout is up already: $owner"
    say "take it down (npm run lab:down, there or here), or give this one names of its own:"
    say "TINCAN_LAB_PREFIX=my- TINCAN_IMAGES=my COMPOSE_PROJECT_NAME=my npm run lab"
    exit 1
  fi
  docker/setup.sh base node
  if ! docker compose up --detach --wait --no-build; then
    docker compose logs --tail 20 >&2
    say "the nodes did not become healthy; what they said is above"
    exit 1
  fi
  greet
  if [ -t 0 ] && [ -t 1 ]; then attach; fi
}

down() {
  docker/setup.sh engine
  owner=$(other_checkout)
  [ -z "$owner" ] || say "this lab was brought up by another checkout: $owner"
  # shellcheck disable=SC2086
  docker compose $ALL_PROFILES down --remove-orphans "$@"
}

# The path of another checkout whose containers have this lab's project name; empty where there is none. A container that was not
# made by compose has the project's label from its image, and no path.
other_checkout() {
  docker ps --all --filter "label=com.docker.compose.project=$project" \
    --format '{{.Label "com.docker.compose.project.working_dir"}}' |
    grep -vxF -e "" -e "$PWD" -e "$(pwd -P)" | head -n 1 || true
}

greet() {
  # shellcheck disable=SC2086
  others=$(docker compose $ALL_PROFILES ps --services --status running | grep -vx -e alice -e bob | sort | xargs)
  case $others in
    *relay*) string="the relay of an earlier lab between them. It may still do harm: docker attach ${prefix}relay, then help" ;;
    *) string="one string between them" ;;
  esac
  cat >&2 <<END

alice and bob are up, $string. Chat from a terminal each:

  docker attach ${prefix}alice
  docker attach ${prefix}bob

Leave a window with Ctrl-P Ctrl-Q: the node goes on. All down again: npm run lab:down
END
  [ -z "$others" ] || say "these were up before, too: $others. For alice and bob alone: npm run lab:down, then npm run lab"
}

attach() {
  printf '\nAttaching to alice.\n' >&2
  left=0
  docker attach "${prefix}alice" || left=$?
  # A detached window ends with a failure of `docker attach`; here it is a success.
  if [ "$(docker inspect --format '{{.State.Running}}' "${prefix}alice")" = true ]; then
    printf '\nalice goes on; back to her: docker attach %salice\n' "$prefix" >&2
    exit 0
  fi
  exit "$left"
}

main "$@"
