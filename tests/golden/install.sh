#!/usr/bin/env bash
# `cmake --install` into an empty folder: the program runs from there, and its completions and manual pages are there and whole.
# Arguments: cmake, the build folder.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" --install "$2" --prefix "$work/usr" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
cd "$work"
export HOME=$work PATH=$work/usr/bin:$PATH
unset XDG_CONFIG_HOME "${!IMAGEWARDEN_@}"
imagewarden --version
share=$work/usr/share
bash -n "$share/bash-completion/completions/imagewarden"
[ -s "$share/zsh/site-functions/_imagewarden" ] && [ -s "$share/fish/vendor_completions.d/imagewarden.fish" ]
# Where the other shells are, they read theirs too.
if command -v zsh >/dev/null; then zsh -n "$share/zsh/site-functions/_imagewarden"; fi
if command -v fish >/dev/null; then fish --no-execute "$share/fish/vendor_completions.d/imagewarden.fish"; fi
pages=0
while read -r verb; do
  page=$share/man/man1/imagewarden-${verb// /-}.1
  [ -s "$page" ] || { echo "no page for \`$verb\`"; exit 1; }
  ! grep -q "^\.SH NAME" "$page" && { echo "$page has no name"; exit 1; }
  pages=$((pages + 1))
done < <(imagewarden --help | sed -n '/^verbs:/,/^$/s/^  \(.*[^ ]\)  .*/\1/p' | sed 's/  .*//')
[ -s "$share/man/man1/imagewarden.1" ]
[ "$pages" -gt 20 ] || { echo "only $pages verbs"; exit 1; }
# The data that the program holds, to read and to start from; what Debian wants to know of the licence.
root=$(realpath "$here/../..")
diff -r "$root/rules" "$share/imagewarden/rules" && diff -r "$root/docs/schema" "$share/imagewarden/schema"
cmp "$root/LICENSE" "$share/doc/imagewarden/copyright" && [ -s "$share/doc/imagewarden/CHANGELOG.md" ]
# What is installed decides, from its own files alone.
mkdir exports
echo '{"AccountId": "1", "Regions": ["cn-hangzhou"]}' >exports/account.json
status=0
imagewarden check img-1 --as root --inventory exports --no-audit --format csv >answer.csv || status=$?
[ "$status" -eq 3 ] && [ "$(wc -l <answer.csv)" -eq 2 ]
echo "$pages pages"
