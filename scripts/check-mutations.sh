#!/usr/bin/env bash
# Breaks the rule that a value has one meaning (docs/IR.md, "Floats") in three ways, in a copy of this checkout, and
# expects the tests of the rule to fail each time.
set -euo pipefail
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
tests='LawBitTests|ElementaryFunctionTests'

# mutate NAME FILE OLD NEW: replaces one text in the copy, runs the tests, puts the text back.
mutate() {
  cp "$copy/$2" "$copy/original"
  OLD="$3" NEW="$4" python3 - "$copy/$2" <<'PYTHON'
import os, sys
text = open(sys.argv[1]).read()
old, new = os.environ["OLD"], os.environ["NEW"]
if text.count(old) != 1: sys.exit(f"{sys.argv[1]} holds the text to change {text.count(old)} times; bring this script up to date")
open(sys.argv[1], "w").write(text.replace(old, new))
PYTHON
  (cd "$copy" && swift build -c release --build-tests >build.log 2>&1) || { tail -20 "$copy/build.log"; exit 1; }
  if (cd "$copy" && swift test -c release --disable-testable-imports --skip-build --filter "$tests" >test.log 2>&1); then
    echo "not caught: $1"
    exit 1
  fi
  grep -q 'recorded an issue' "$copy/test.log" || { tail -20 "$copy/test.log"; exit 1; }
  echo "caught: $1 ($(grep -c 'recorded an issue' "$copy/test.log") failures)"
  cp "$copy/original" "$copy/$2"
}

point=Sources/MCLKernels/Loop/PointEmitter.swift
mutate 'one function in float64: the root of a product that is not rounded before' $point \
  'case .unary(let function, let a): value = scalar.unary(function, argument(a), element)' \
  'case .unary(.squareRoot, let a):
        if case .binary(.multiply, let x, let y) = program.nodes[a].operation {
          let product = builder.build(.floatMultiply, scalar.widened(argument(x)), scalar.widened(argument(y)))
          value = scalar.narrowed(builder.callIntrinsic("llvm.sqrt", overloads: [product.type], [product]))
        } else {
          value = scalar.unary(.squareRoot, argument(a), element)
        }
      case .unary(let function, let a): value = scalar.unary(function, argument(a), element)'
mutate 'one family that skips a rounding: products added in epilogues' $point \
  '        let first = argument(a)' \
  '        if accumulator != nil, function == .add, element == .float32, hoisted[a] == nil,
          case .binary(.multiply, let x, let y) = program.nodes[a].operation
        {
          let sum = scalar.multiplyAdd(argument(x), argument(y), argument(b))
          values[node] = sum
          return sum
        }
        let first = argument(a)'
mutate 'one pass that re-associates: products that are put together' Sources/MCLPasses/Composition.swift \
  '    result.comprehension.body = comprehension.body.mapLeaves(replace)' \
  '    result.comprehension.body = comprehension.body.mapLeaves(replace)
    if case .binary(.multiply, .binary(.multiply, let x, let y), let z) = result.comprehension.body {
      result.comprehension.body = .binary(.multiply, x, .binary(.multiply, y, z))
    }'
