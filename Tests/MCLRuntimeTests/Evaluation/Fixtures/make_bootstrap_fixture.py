"""The paired bootstrap of NumPy, whose numbers PairedBootstrapTests.swift holds: python make_bootstrap_fixture.py

200 videos; the first run has video i right where i % 3 != 0, the second the same but for i % 10 == 1. The interval of 10,000
resamples, of 20 generators: the mean of each end, and how far it moves from one generator to the next.
"""
import numpy

videos = numpy.arange(200)
first = videos % 3 != 0
second = numpy.where(videos % 10 == 1, ~first, first)
difference = second.astype(int) - first.astype(int)
print("gained", (difference == 1).sum(), "lost", (difference == -1).sum(), "difference", difference.mean())
ends = []
for seed in range(20):
    drawn = numpy.random.default_rng(seed).integers(0, 200, (10_000, 200))
    ends.append(numpy.percentile(difference[drawn].mean(1), [2.5, 97.5]))
print("mean", numpy.mean(ends, 0), "deviation", numpy.std(ends, 0), "least", numpy.min(ends, 0), "most", numpy.max(ends, 0))
