#!/bin/sh
# Gets a Docker Engine running inside the dev container: after its creation, and at each of its starts.
set -eu
cd "$(dirname "$0")/.."

# The engine limits memory and processes of the lab's containers. The kernel lets it do so only if no process stands in
# the control group above theirs, which is where all processes of this container begin.
groups=/sys/fs/cgroup
if [ -f "$groups/cgroup.controllers" ] && mkdir -p "$groups/init"; then
  while read -r process; do
    # A process may have ended since the list was read.
    echo "$process" >"$groups/init/cgroup.procs" 2>/dev/null || true
  done <"$groups/cgroup.procs"
  sed 's/[^ ]*/+&/g' "$groups/cgroup.controllers" >"$groups/cgroup.subtree_control"
fi

exec docker/setup.sh engine
