# Writes OUT, the source that says which program this is (engine/base/version.h), and INFO, the same for scripts, as JSON with the time of
# the commit; each only where it changes. VERSION: the project's. SOURCE: the source tree.
# The commit is that of git; in an archive of it, that which git wrote into scripts/commit.txt.
cmake_minimum_required(VERSION 3.25)
set(commit unknown)
set(date 0)
execute_process(COMMAND git -C ${SOURCE} rev-parse --show-toplevel
  OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
file(REAL_PATH ${SOURCE} source)
file(STRINGS ${SOURCE}/scripts/commit.txt archived)
if(NOT failed AND top STREQUAL source)
  execute_process(COMMAND git -C ${SOURCE} log -1 "--format=%H %ct"
    OUTPUT_VARIABLE archived OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  # `git status` would write to the index: a build changes nothing outside its folder.
  execute_process(COMMAND git -C ${SOURCE} --no-optional-locks status --porcelain --untracked-files=no
    OUTPUT_VARIABLE changed ERROR_QUIET)
endif()
if(archived MATCHES "^([0-9a-f]+) ([0-9]+)$")
  string(SUBSTRING ${CMAKE_MATCH_1} 0 12 commit)
  set(date ${CMAKE_MATCH_2})
  if(changed)
    string(APPEND commit -dirty)
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT "// Made by scripts/version.cmake. Do not edit.
#include \"engine/base/version.h\"

namespace imagewarden {
std::string_view version() { return \"@VERSION@\"; }
std::string_view commit() { return \"@commit@\"; }
}  // namespace imagewarden
")
file(CONFIGURE OUTPUT ${INFO} @ONLY CONTENT "{\"version\": \"@VERSION@\", \"commit\": \"@commit@\", \"date\": @date@}
")
