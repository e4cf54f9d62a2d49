#!/usr/bin/env bash
# find_package takes the installed copy for its own minor release and refuses any other. Arguments: cmake, the prefix.
set -euo pipefail
cmake=$1 prefix=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package(imagewarden ${wanted} CONFIG)
if(imagewarden_FOUND)
  message(STATUS "answer: found ${imagewarden_VERSION}")
else()
  list(REMOVE_DUPLICATES imagewarden_CONSIDERED_VERSIONS)  # one prefix can be on the search path twice
  message(STATUS "answer: refused ${imagewarden_CONSIDERED_VERSIONS}")
endif()
END
version=$("$prefix/bin/imagewarden" --version | sed -n '1s/^imagewarden \([0-9.]*\).*/\1/p')
IFS=. read -r major minor patch <<<"$version"
for wanted in "$major.$minor" "$version" "$major.$minor.$((patch + 1))" "$major.$((minor + 1))" "$((major + 1)).0" "$((major + 1)).$minor"; do
  case $wanted in
    "$major.$minor" | "$version") answer="found $version" ;;
    *) answer="refused $version" ;;
  esac
  "$cmake" -S "$work" -B "$work/build" -Dwanted="$wanted" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  grep -qxF -- "-- answer: $answer" "$work/log" || { echo "$wanted: no \`$answer\`"; cat "$work/log"; exit 1; }
done
