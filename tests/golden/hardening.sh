#!/usr/bin/env bash
# The hardening of scripts/release_flags.cmake is in the program, and in every object of ours. Argument: the program; then the archives
# of our layers. A program that was linked without shared libraries is looked at for what such a one can have.
set -euo pipefail
program=$1
shift
failed=0
fault() { echo "$1"; failed=1; }
headers=$(readelf --wide --file-header --program-headers --dynamic "$program")
is_static=true
grep -q '(NEEDED)' <<<"$headers" && is_static=false

grep -Eq 'Type: +DYN' <<<"$headers" || fault "not position independent"
grep -Eq '\(FLAGS_1\).*\bPIE\b' <<<"$headers" || fault "a shared object, not a program"
grep -q 'GNU_RELRO' <<<"$headers" || fault "no RELRO"
grep -Eq '\(FLAGS_1\).*\bNOW\b|\(FLAGS\).*BIND_NOW' <<<"$headers" || fault "the tables of addresses stay writable: not BIND_NOW"
grep -Eq 'GNU_STACK .* RW +0x' <<<"$headers" || fault "the stack is executable"
grep -Eq 'LOAD .* RWE ' <<<"$headers" && fault "a segment is writable and executable"
if ! $is_static; then
  symbols=$(readelf --wide --dyn-syms "$program")
  grep -q ' __stack_chk_fail@' <<<"$symbols" || fault "no stack protector"
  grep -Eq ' __[a-z_]+_chk@' <<<"$symbols" || fault "no fortified function"
fi

# Objects: of the machine code in each, before link time optimisation.
stack=0 objects=0 clash=0
for archive in "$@"; do
  unmarked=$(readelf --wide --notes "$archive" 2>/dev/null | awk '
    /^File: / { if (file != "" && !marked) print file; file = $2; marked = 0 }
    /x86 feature:.*IBT.*SHSTK/ { marked = 1 }
    END { if (file != "" && !marked) print file }')
  case "$(uname -m)" in
    x86_64) [ -z "$unmarked" ] || fault "no control flow protection: $unmarked" ;;
  esac
  objects=$((objects + $(ar t "$archive" | wc -l)))
  stack=$((stack + $(readelf --wide --symbols "$archive" 2>/dev/null | grep -c ' UND __stack_chk_fail$' || true)))
done
if [ $# -gt 0 ]; then
  # Some objects hold no buffer, and none that would be left out holds one.
  [ "$stack" -gt $((objects / 2)) ] || fault "only $stack of $objects objects have a stack protector"
fi
# A frame of more than a page is touched page by page, so that it cannot jump over the guard.
clash=$(objdump --disassemble --no-show-raw-insn "$program" "$@" | grep -Ec 'or[ql] +\$0x0,(0x[0-9a-f]+)?\(%rsp' || true)
[ "$(uname -m)" != x86_64 ] || [ "$clash" -gt 0 ] || fault "no stack clash protection"
[ "$failed" -eq 0 ] && echo "hardened: $objects objects, $stack with a stack protector, $clash probes of the stack"
exit "$failed"
