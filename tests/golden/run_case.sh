#!/usr/bin/env bash
# Runs one case: a shell script that calls `imagewarden` in an empty folder, with `$examples` and `$data` at hand. Its output
# (stdout and stderr, with the exit status of each `run`) must equal CASE.out. Digests, times and ids that differ from run to run
# are blanked where the case pipes through `blank`.
set -u
program=$(realpath "$1")
case=$(realpath "$2")
expected=${case%.sh}.out
root=$(realpath "$(dirname "$0")/../..")
export examples=$root/examples data=$root/tests/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
# The defaults of who runs the tests are not part of them.
export HOME=$work
unset XDG_CONFIG_HOME COLUMNS "${!IMAGEWARDEN_@}"

# run ARGUMENT...: shows the command, its output and its exit status.
run() {
  local shown=" $*" status=0
  shown=${shown//$examples/examples}
  echo "\$ imagewarden${shown//$data/data}"
  "$program" "$@" 2>&1 || status=$?
  echo "[exit $status]"
}
# blank: what no two runs have in common: times, digests, who wrote.
blank() {
  sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' -e 's/\b[0-9a-f]{64}\b/HASH/g' -e 's/\b[0-9a-f]{32}\b/WRITER/g' \
    -e 's/"(writer|host|user)":"[^"]*"/"\1":"X"/g' -e 's/^((writer|host|user) +).*/\1X/' -e 's/^(day +)[0-9-]+/\1DAY/' -e "s/,$(hostname),$(id -un)(,|\r|\$)/,HOST,USER\1/"
}
export program
# shellcheck disable=SC1090
output=$(source "$case")
output=${output//$root\//}
if [ -n "${UPDATE_GOLDEN:-}" ]; then
  printf '%s\n' "$output" >"$expected"
  exit 0
fi
diff -u "$expected" <(printf '%s\n' "$output")
