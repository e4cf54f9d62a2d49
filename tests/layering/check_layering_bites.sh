#!/usr/bin/env bash
# The layering check must fail on a tree that breaks it, once for each kind of breach.
set -u
here=$(dirname "$0")
failed=0
while IFS='|' read -r file include; do
  tree=$(mktemp -d)
  mkdir -p "$tree/$(dirname "$file")"
  printf '#include %s\n' "$include" >"$tree/$file"
  if "$here/check_layering.sh" "$tree" >/dev/null 2>&1; then
    echo "not found: $file includes $include"
    failed=1
  fi
  rm -rf "$tree"
done <<'END'
engine/base/a.cpp|"engine/condition/condition.h"
engine/condition/a.cpp|"engine/ram/document.h"
engine/inventory/a.cpp|"engine/rules/ruleset.h"
engine/decide/a.cpp|"audit/log.h"
audit/a.cpp|"engine/decide/decide.h"
engine/capi/a.cpp|"engine/policy/diff.h"
report/record/a.cpp|"report/html.h"
audit/a.cpp|<boost/program_options.hpp>
report/a.cpp|"cli/sink.h"
report/a.cpp|<openssl/evp.h>
audit/a.cpp|"report/proof_page.h"
engine/decide/a.cpp|<sqlite3.h>
engine/base/a.cpp|"../base/error.h"
engine/inventory/a.h|<simdjson.h>
tests/oracle/a.cpp|"engine/base/error.h"
END
exit "$failed"
