#!/bin/sh
# A Docker Swarm of two machines on this one: two engines, each in a network namespace of its own, joined by a cable, and alice
# and bob on one each (stack.yaml). As root, on Linux.
#
#   docker/swarm.sh         npm run lab:swarm: brings all of it up, and says how to attach
#   docker/swarm.sh down    npm run lab:swarm -- down: takes all of it down
#
# Exit code 3: this machine does not permit it, and why.
set -eu

cd "$(dirname "$0")/.."
IMAGE=${TINCAN_IMAGES:-tincan}-node
# Short: a socket's path has room for 107 bytes. The directory is also the lock: there is one swarm at a time.
DIRECTORY=/tmp/tincan-swarm
MACHINES='a b'
# Of the block for tests between networks (RFC 2544).
ADDRESS_A=198.18.77.1
ADDRESS_B=198.18.77.2

say() { printf 'swarm: %s\n' "$*" >&2; }
not_here() {
  say "not on this machine: $*"
  exit 3
}

main() {
  case "$*" in
    '' | up) up ;;
    down) down ;;
    *)
      printf 'usage: npm run lab:swarm\n       npm run lab:swarm -- down\n' >&2
      exit 2
      ;;
  esac
}

on() {
  machine=$1
  shift
  docker --host "unix://$DIRECTORY/$machine/sock" "$@"
}

up() {
  [ "$(id -u)" = 0 ] || not_here "network namespaces need root"
  for tool in dockerd ip nsenter setsid; do command -v $tool >/dev/null || not_here "there is no $tool"; done
  mkdir -m 700 "$DIRECTORY" 2>/dev/null || {
    say "a swarm is up already; take it down: npm run lab:swarm -- down"
    exit 1
  }
  trap 'status=$?; [ $status = 0 ] || down; exit $status' EXIT
  lay_cable 2>"$DIRECTORY/why" || not_here "$(head -n 1 "$DIRECTORY/why")"
  for machine in $MACHINES; do start_engine $machine; done
  say "two engines are up; bringing the image to both"
  docker save --output "$DIRECTORY/image.tar" "$IMAGE"
  for machine in $MACHINES; do on $machine load --quiet --input "$DIRECTORY/image.tar" >/dev/null; done
  rm "$DIRECTORY/image.tar"
  on a swarm init --advertise-addr $ADDRESS_A --default-addr-pool 10.77.0.0/16 >/dev/null
  token=$(on a swarm join-token --quiet worker)
  on b swarm join --advertise-addr $ADDRESS_B --token "$token" $ADDRESS_A:2377 >/dev/null
  on a node update --label-add tincan=alice "$(on a node ls --quiet --filter role=manager)" >/dev/null
  od -An -N16 -tx1 /dev/urandom | on a secret create tincan-room-key - >/dev/null
  TINCAN_IMAGE=$IMAGE on a stack deploy --detach=true --resolve-image never --compose-file docker/stack.yaml tincan >/dev/null
  wait_until "alice and bob to be healthy" both_healthy
  cat >&2 <<END

alice and bob are up, each on an engine of its own, with VXLAN between them. Chat from a terminal each:

  docker -H unix://$DIRECTORY/a/sock attach $(on a ps --quiet --filter name=tincan_alice)
  docker -H unix://$DIRECTORY/b/sock attach $(on b ps --quiet --filter name=tincan_bob)

Leave a window with Ctrl-P Ctrl-Q. All down again: npm run lab:swarm -- down
END
}

lay_cable() {
  for machine in $MACHINES; do
    ip netns add tincan-swarm-$machine
    ip -netns tincan-swarm-$machine link set lo up
  done
  ip -netns tincan-swarm-a link add cable type veth peer name cable netns tincan-swarm-b
  ip -netns tincan-swarm-a address add $ADDRESS_A/30 dev cable
  ip -netns tincan-swarm-b address add $ADDRESS_B/30 dev cable
  for machine in $MACHINES; do ip -netns tincan-swarm-$machine link set cable up; done
}

# By nsenter, for `ip netns exec` mounts a /sys in which the engine finds no control groups.
start_engine() {
  own=$DIRECTORY/$1
  mkdir "$own"
  nsenter --net=/run/netns/tincan-swarm-"$1" setsid dockerd --config-file /dev/null --host "unix://$own/sock" \
    --data-root "$own/data" --exec-root "$own/exec" --pidfile "$own/pid" \
    --containerd-namespace "tincan-swarm-$1" --containerd-plugins-namespace "tincan-swarm-$1-plugins" >"$own/log" 2>&1 &
  wait_until "engine $1 to answer; see $own/log" answers "$1"
}

answers() { on "$1" info >/dev/null 2>&1; }

both_healthy() {
  [ -n "$(on a ps --quiet --filter name=tincan_alice --filter health=healthy)" ] &&
    [ -n "$(on b ps --quiet --filter name=tincan_bob --filter health=healthy)" ]
}

# $1 says what is waited for; the rest is the command that succeeds then.
wait_until() {
  awaited=$1
  shift
  ends=$(($(date +%s) + 60))
  until "$@"; do
    if [ "$(date +%s)" -ge $ends ]; then
      say "waited 60 s for $awaited"
      exit 1
    fi
    sleep 0.5
  done
}

# Only what `up` made: by the process ids, names and mounts that it wrote down or chose.
down() {
  for machine in $MACHINES; do
    on $machine swarm leave --force >/dev/null 2>&1 || true
    pid=$(cat "$DIRECTORY/$machine/pid" 2>/dev/null || true)
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
  done
  sed -n "s#^[^ ]* \($DIRECTORY/[^ ]*\) .*#\1#p" /proc/mounts | sort -r | while read -r mount; do umount "$mount" || true; done
  for machine in $MACHINES; do ip netns delete tincan-swarm-$machine 2>/dev/null || true; done
  rm -rf "$DIRECTORY"
}

main "$@"
