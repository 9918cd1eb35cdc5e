#!/bin/sh
# Gets a Chrome or Chromium for the tests that look at the lab's report: present → used; missing on Debian, as root →
# installed from the distribution's own packages. Elsewhere it says exactly what to do, and fails.
#
#   docker/browser.sh         sees to it that there is one
#   docker/browser.sh find    prints the path of the one that is there; fails if there is none, and installs nothing
#
# CHROME=… or PUPPETEER_EXECUTABLE_PATH=… names a browser of your own. TINCAN_SETUP=no and =yes: as in apt.sh.
set -eu

me=browser
# shellcheck source=docker/apt.sh
. "$(dirname "$0")/apt.sh"

main() {
  case ${1:-} in
    find) find_browser ;;
    '')
      find_browser >/dev/null && return
      install_browser
      find_browser >/dev/null || fail "chromium was installed, but does not answer to its name"
      ;;
    *) fail "unknown word $1; there is only 'find'" ;;
  esac
}

find_browser() {
  chosen=${CHROME:-${PUPPETEER_EXECUTABLE_PATH:-}}
  if [ -n "$chosen" ]; then
    command -v "$chosen" || fail "$chosen, which you chose as the browser, is not a program"
    return
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable chrome \
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' \
    /Applications/Chromium.app/Contents/MacOS/Chromium; do
    command -v "$name" && return
  done
  return 1
}

install_browser() {
  # Ubuntu's package of that name only fetches a snap, which can't open a file of ours and is not there in a container.
  [ "$(distribution)" != ubuntu ] || fail "no Chrome or Chromium is here; install one and run this again, or name it with CHROME=…"
  may_install "Chromium is missing" chromium "install Chrome or Chromium, or name one with CHROME=…, then run this again"
  apt_get update
  apt_get install --yes --no-install-recommends chromium
}

main "$@"
