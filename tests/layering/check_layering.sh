#!/usr/bin/env bash
# Fails where an include breaks the layering: own folders and third-party libraries. Argument: the source tree.
set -u
cd "$1" || exit 2
failed=0

# allow FOLDER OWN-FOLDERS LIBRARIES: extended regular expressions over the included path.
allow() {
  local folder=$1 own=$2 libraries=$3 file line include
  [ -d "$folder" ] || return 0
  for file in "$folder"/*.h "$folder"/*.cpp; do
    [ -f "$file" ] || continue
    while IFS= read -r line; do
      include=$(sed -E 's/^[^"<]*["<]([^">]*)[">].*/\1/' <<<"$line")
      case "$line" in
        *\"*) grep -Eq "^($own)/[^/]+\.h$" <<<"$include" || { echo "$file: \"$include\" is not allowed in $folder"; failed=1; } ;;
        *\<*)
          # A path with a slash or a .h is a library or the operating system; the standard library has neither.
          if grep -Eq '[/.]' <<<"$include"; then
            grep -Eq "^($libraries)$" <<<"$include" || { echo "$file: <$include> is not allowed in $folder"; failed=1; }
          fi ;;
      esac
    done < <(grep -E '^[[:space:]]*#[[:space:]]*include' "$file")
  done
}

posix='pwd\.h|unistd\.h|fcntl\.h|sys/[a-z]+\.h|dirent\.h|errno\.h'
allow engine/base      'engine/base' 'fmt/.*|tl/expected\.hpp|openssl/.*|simdjson\.h'
allow engine/condition 'engine/(base|condition)' 'tl/expected\.hpp|fmt/.*'
allow engine/ram       'engine/(base|condition|ram)' 'fmt/.*|tl/expected\.hpp'
allow engine/inventory 'engine/(base|inventory)' "fmt/.*|tl/expected\.hpp|simdjson\.h|zlib\.h|zstd(_errors)?\.h|$posix"
allow engine/rules     'engine/(base|condition|rules)' 'fmt/.*|tl/expected\.hpp'
allow engine/decide    'engine/(base|condition|ram|inventory|rules|decide)' 'fmt/.*|tl/expected\.hpp'
allow engine/capi      'engine/(base|condition|ram|inventory|rules|decide|capi)' 'tl/expected\.hpp|stddef\.h'
allow engine/policy    'engine/(base|condition|ram|inventory|rules|decide|policy)' 'fmt/.*|tl/expected\.hpp|yaml-cpp/.*'
allow audit            'engine/base|audit' "fmt/.*|tl/expected\.hpp|SQLiteCpp/.*|sqlite3\.h|openssl/.*|$posix"
allow report/record    'engine/[a-z]+|audit|report/record' 'fmt/.*'
allow report           'engine/[a-z]+|audit|report' 'fmt/.*|tl/expected\.hpp'
allow cli              'engine/[a-z]+|audit|report|report/record|cli' "boost/.*|fmt/.*|tl/expected\.hpp|toml\+\+/toml\.h|$posix|malloc\.h"
allow tests/oracle     'tests/oracle' 'nlohmann/.*'

# A header of a heavy library stays out of headers.
heavy=$(grep -snE '#include <(simdjson|sqlite3|SQLiteCpp|boost|openssl|toml|zlib|zstd)' engine/*/*.h audit/*.h report/*.h report/*/*.h cli/*.h)
if [ -n "$heavy" ]; then
  echo "$heavy"
  echo "a heavy library is included in a header"
  failed=1
fi
[ "$failed" -eq 0 ] && echo "layering holds"
exit "$failed"
