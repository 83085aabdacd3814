#!/usr/bin/env bash
# Installs the Debian packages that mclc builds against, or those named, where they are missing. Safe to run again.
set -euo pipefail
packages=(llvm-dev libopenblas-dev liblinear-dev libavcodec-dev libavformat-dev libavutil-dev libswscale-dev)
[ $# -gt 0 ] && packages=("$@")
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ]; then run=(); elif command -v sudo >/dev/null; then run=(sudo); else
  echo "mclc needs packages that only root can install: apt-get install ${missing[*]}" >&2
  exit 2
fi
echo "installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" apt-get install -y -q "${missing[@]}" >/dev/null 2>&1 || {
  "${run[@]}" apt-get update -q >/dev/null
  "${run[@]}" apt-get install -y -q "${missing[@]}" >/dev/null
}
