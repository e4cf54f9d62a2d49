#!/usr/bin/env bash
# Installs the two components into the prefix, and looks at what came: each file is of one component, the C library exports what
# its header declares and nothing else, no header is one that is internal, archives hold code and no compiler's notes.
# Arguments: cmake, the build folder, the prefix (removed first), the source tree.
set -euo pipefail
cmake=$1 build=$2 prefix=$3 source=$4
fail() { echo "$*"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$prefix"
"$cmake" --install "$build" --prefix "$prefix" --component runtime >"$work/log" || fail "$(cat "$work/log")"
(cd "$prefix" && find . ! -type d | sort) >"$work/runtime"
grep -qx ./bin/imagewarden "$work/runtime" || fail "no program"
grep -q '/libimagewarden\.so\.0$' "$work/runtime" || fail "no C library"
! grep -E '\.(h|a|cmake|pc|so)$' "$work/runtime" || fail "parts of dev are in runtime"
"$cmake" --install "$build" --prefix "$prefix" --component dev >"$work/log" || fail "$(cat "$work/log")"
(cd "$prefix" && find . ! -type d | sort) >"$work/all"
comm -13 "$work/runtime" "$work/all" >"$work/dev"
! grep -vE '\.(h|a|cmake|pc|so)$' "$work/dev" || fail "parts of runtime are in dev"
"$cmake" --install "$build" --prefix "$work/whole" >"$work/log" || fail "$(cat "$work/log")"
(cd "$work/whole" && find . ! -type d | sort) | diff "$work/all" - || fail "the components are not the whole"
! grep -E '(impl|capi/.*)\.h$' "$work/dev" || fail "internal headers"

library=$(find "$prefix" -name 'libimagewarden.so.0')
readelf -d "$library" | grep -q 'SONAME.*\[libimagewarden\.so\.0\]' || fail "another soname"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$work/exported"
grep -oE '\biw_[a-z_]+\(' "$prefix/include/imagewarden.h" | tr -d '(' | sort -u >"$work/declared"
[ "$(wc -l <"$work/declared")" -gt 10 ] || fail "few functions: $(cat "$work/declared")"
diff "$work/declared" "$work/exported" || fail "the header and the library differ"

archives=$(find "$prefix" -name 'libimagewarden_*.a')
for archive in $archives; do
  ! readelf -SW "$archive" | grep -q '\.gnu\.lto' || fail "$archive holds intermediate code"
done
! grep -rE 'Werror|imagewarden_flags' "$prefix" --include=*.cmake --include=*.pc || fail "our flags leak"
! grep -rF -e "$source" -e "$build" "$prefix" --include=*.cmake --include=*.pc --include=*.h || fail "paths of the build leak"
echo "$(wc -l <"$work/runtime") files of runtime, $(wc -l <"$work/dev") of dev, $(wc -l <"$work/exported") functions"
