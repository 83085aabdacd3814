#!/usr/bin/env bash
# Makes DocC archives of the libraries, with the page of those that have one; a warning about one of their pages, such as a link to nothing, fails.
set -euo pipefail
cd "$(dirname "$0")/.."
docs=.build/docs
rm -rf "$docs"
mkdir -p "$docs/graphs"
build=${1:-$(swift build -c release --show-bin-path)}
for folder in Sources/MCL* Sources/LLVMBindings; do
  module=$(basename "$folder")
  case $module in *TestKit) continue ;; esac
  page=$folder/$module.docc
  [ -d "$page" ] || page=
  mkdir -p "$docs/graphs/$module"
  swift symbolgraph-extract -module-name "$module" -I "$build/Modules" -I Sources/CLLVM -I Sources/CFFmpeg -I Sources/CHeap \
    -target "$(swift -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -1)" \
    -minimum-access-level public -output-dir "$docs/graphs/$module"
  docc convert ${page:+"$page"} --additional-symbol-graph-dir "$docs/graphs/$module" \
    --fallback-display-name "$module" --fallback-bundle-identifier "mclc.$module" \
    --output-path "$docs/$module.doccarchive" >"$docs/$module.log" 2>&1 || { cat "$docs/$module.log" >&2; exit 1; }
  if grep -q '^ *--> .*\.md:' "$docs/$module.log"; then
    cat "$docs/$module.log" >&2
    exit 1
  fi
  echo "$docs/$module.doccarchive"
done
