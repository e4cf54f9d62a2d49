#!/usr/bin/env bash
# What scripts/version.cmake says of a tree: its commit, changes in it, an archive of it, a tree in somebody else's repository; and that
# nothing is written where nothing changed. Arguments: cmake, the source tree.
set -euo pipefail
cmake=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
export GIT_AUTHOR_DATE=@1795507200 GIT_COMMITTER_DATE=@1795507200 GIT_CONFIG_NOSYSTEM=1
unset "${!GIT_DIR@}" "${!GIT_WORK_TREE@}" "${!GIT_INDEX_FILE@}"

# says TREE COMMIT DATE
says() {
  "$cmake" -DSOURCE="$1" -DVERSION=9.8.7 -DOUT="$work/version.cpp" -DINFO="$work/version.json" -P "$source/scripts/version.cmake"
  local want="{\"version\": \"9.8.7\", \"commit\": \"$2\", \"date\": $3}"
  [ "$(cat "$work/version.json")" = "$want" ] || { echo "$1: $(cat "$work/version.json"), expected $want"; exit 1; }
  grep -qF "commit() { return \"$2\"; }" "$work/version.cpp" && grep -qF 'version() { return "9.8.7"; }' "$work/version.cpp"
}

tree=$work/tree
mkdir -p "$tree/scripts"
cp "$source/scripts/version.cmake" "$source/scripts/commit.txt" "$source/scripts/.gitattributes" "$tree/scripts"
says "$tree" unknown 0
git -C "$work" -c init.defaultBranch=main init -q "$tree"
git -C "$tree" add .
git -C "$tree" commit -qm one
commit=$(git -C "$tree" rev-parse HEAD)
commit=${commit:0:12}
says "$tree" "$commit" 1795507200
before=$(stat -c %y "$work/version.cpp")
says "$tree" "$commit" 1795507200
[ "$(stat -c %y "$work/version.cpp")" = "$before" ] || { echo "written again, with nothing new"; exit 1; }
echo new >"$tree/not-of-the-project"
says "$tree" "$commit" 1795507200
echo "# more" >>"$tree/scripts/version.cmake"
says "$tree" "$commit-dirty" 1795507200

mkdir "$work/archive"
git -C "$tree" archive HEAD | tar -x -C "$work/archive"
says "$work/archive" "$commit" 1795507200
# The commit of a repository around the tree is not that of the tree.
git -C "$work" -c init.defaultBranch=main init -q "$work/archive"
git -C "$work/archive" commit -q --allow-empty -m other
mkdir "$work/archive/inner"
cp -r "$source/scripts" "$work/archive/inner/scripts"
grep -q Format "$work/archive/inner/scripts/commit.txt" || exit 0  # the tests run in an archive
says "$work/archive/inner" unknown 0
