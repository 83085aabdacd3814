#!/usr/bin/env bash
# The main job on its embedded default: synthetic videos, their motion, and the tiny model trained on them.
set -euo pipefail
mclc=${1:-.build/release/mclc}
data=runs/demo-videos
run=runs/demo
"$mclc" synthesize --out "$data" --videos 240 --seed 1
"$mclc" compile models/tiny.mcl --program step
# Crop and flip only: with every colour augmentation nothing is learnt in so few steps.
"$mclc" train models/tiny.mcl --data "$data" --out "$run" --steps 400 --augmentation crop-and-flip --resume
echo "The loss curve is $run/loss.svg. Next, your own videos: $mclc train models/tiny.mcl --data FOLDER --out runs/mine --epochs 20"
