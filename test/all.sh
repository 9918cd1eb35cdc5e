#!/bin/sh
# Everything that this project can say about itself, on any machine: sets up what is missing, then checks, unit tests, the
# simulator and the container suites, in this order. Ends in one line with the totals; fails if anything failed, and in CI if
# anything was skipped.
set -u
cd "$(dirname "$0")/.." || exit 1

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
failed=0

heading() { printf '\n== %s\n' "$*" >&2; }

docker/setup.sh packages || exit 1
PATH=$PWD/node_modules/.bin:$PATH
if ! docker/setup.sh engine base node interop; then
  echo "test: going on without containers; their suites will be skipped" >&2
  # Whoever was asked once is not asked again.
  export TINCAN_SETUP=no
fi
docker/setup.sh browser || echo "test: going on without a browser; the report's looks will not be tested" >&2
docker/setup.sh podman || echo "test: going on without Podman; its suite will be skipped" >&2

heading "format, types, lint"
npm run --silent check || failed=1

heading "unit tests"
npm run --silent test:unit -- --json --outputFile="$results/unit.json" >&2 || failed=1

heading "simulated networks"
npm run --silent test:simulation -- --json --outputFile="$results/simulation.json" >&2 || failed=1

heading "nodes that are killed"
# Each round has a fresh seed.
npm run --silent crash -- --rounds 20 >&2 || failed=1

heading "container suites"
npm run --silent test:containers -- --json --outputFile="$results/containers.json" >&2 || failed=1

if [ -f lab-report/report.html ]; then printf '\nThe fault lab has a report to read: lab-report/report.html\n' >&2; fi
node test/totals.ts "$results/unit.json" "$results/simulation.json" "$results/containers.json" || failed=1
exit "$failed"
