#!/usr/bin/env bash
# The C example and the error paths, compiled as C99 without a warning against the installed copy, and run under valgrind where
# it is there. The example's lines are those of the program. Arguments: the prefix, the source tree.
set -euo pipefail
prefix=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source"
read -ra flags < <(pkg-config --cflags --libs imagewarden)
for program in examples/embedding/decide.c tests/embed/errors.c; do
  cc -std=c99 -g -Wall -Wextra -pedantic -Werror "$program" "${flags[@]}" -o "$work/$(basename "$program" .c)"
done
run=()
if command -v valgrind >/dev/null; then
  run=(valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
    --error-exitcode=99)
fi
now=2026-11-24T08:00:00Z
images=(m-s6b9q5fa4cohko2fb img-u7rficosnfwnmeegq m-w3v79l5bjevtem13g no-such-image "")
"${run[@]}" "$work/decide" examples/acme user/alice $now "${images[@]}" >"$work/lines" 2>"$work/err" || { cat "$work/err"; exit 1; }
status=0
"$prefix/bin/imagewarden" check "${images[@]}" --as user/alice --inventory examples/acme --now $now --no-audit --quiet \
  --format ndjson >"$work/wanted" || status=$?
[ "$status" -eq 1 ] && cmp "$work/lines" "$work/wanted"
[ "$(cat "$work/err")" = "4 denied" ] || { cat "$work/err"; exit 1; }

mkdir "$work/bad" "$work/worse"
cp -r examples/acme/account.json "$work/bad"
echo '{"Data": [' >"$work/bad/ListImage.json"
cp -r "$work/bad/." "$work/worse"
echo '{' >"$work/worse/DescribeTemplates.json"
"${run[@]}" "$work/errors" examples/acme "$work/bad" "$work/worse" "$work/missing" "$work/bad/ListImage.json" || exit 1
