# Shared by the scripts: sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# install_packages LIST: installs the Debian packages of a list that are not there yet.
install_packages() {
  local missing=() package
  while read -r package; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done <"$1"
  [ ${#missing[@]} -eq 0 ] && return 0
  local run=()
  [ "$(id -u)" -eq 0 ] || run=(sudo)
  echo "installing: ${missing[*]}" >&2
  "${run[@]}" apt-get update -qq >&2
  "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# build PRESET [TARGET...]: configures and builds; quiet where there is nothing to do.
build() {
  local preset=$1
  shift
  local targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  cmake --preset "$preset" >"/tmp/imagewarden-configure.$$" 2>&1 || { cat "/tmp/imagewarden-configure.$$" >&2; return 1; }
  rm -f "/tmp/imagewarden-configure.$$"
  cmake --build --preset "$preset" "${targets[@]}" >&2
}
