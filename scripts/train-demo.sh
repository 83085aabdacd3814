#!/usr/bin/env bash
# The main job on its embedded default: synthetic videos, their motion, and the tiny model trained on them.
set -euo pipefail
mclc=${1:-.build/release/mclc}
data=runs/demo-videos
run=runs/demo
"$mclc" synthesize --out "$data" --videos 240 --seed 1
"$mclc" compile models/tiny.mcl --program step
"$mclc" train models/tiny.mcl --recipe demo --data "$data" --out "$run" --resume
echo "The loss curve is $run/loss.svg. Next, your own videos: $mclc train models/tiny.mcl --data FOLDER --out runs/mine --epochs 20"
