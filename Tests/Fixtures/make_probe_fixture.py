#!/usr/bin/env python3
"""Writes probe.safetensors: features of four overlapping classes, and what liblinear, scikit-learn and PyTorch make of them.

Needs numpy, scikit-learn, liblinear-official, torch and safetensors. Features are [videos, views, 16].
- svm.labels: liblinear -s 2 -c 1 -e 0.01 without bias on the means, which scikit-learn's LinearSVC confirms.
- knn20.labels, knn50.labels: scikit-learn's votes by exp(cosine / 0.07).
- recall.videos, recall.clips: at 1, 5, 10, 20, 50, by numpy.
- linear.*: PyTorch's SGD on rows in a given order from given weights, 5 epochs of 3 batches of 20.
"""
import math
import os

import numpy as np
import torch
from liblinear.liblinearutil import predict, problem, parameter, train
from safetensors.numpy import save_file
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

CLASSES, WIDTH, VIEWS, EPOCHS, BATCH, RATE = 4, 16, 3, 5, 20, 16.0
random = np.random.default_rng(20)
centres = random.normal(size=(CLASSES, WIDTH)) * 0.55


def side(count):
    labels = np.arange(count) % CLASSES
    random.shuffle(labels)
    videos = centres[labels] + random.normal(size=(count, WIDTH)) * 0.9
    clips = videos[:, None] + random.normal(size=(count, VIEWS, WIDTH)) * 0.6
    return clips.astype(np.float32), labels.astype(np.int64)


train_clips, train_labels = side(60)
test_clips, test_labels = side(40)
train_means = train_clips.astype(np.float64).sum(1) / VIEWS
test_means = test_clips.astype(np.float64).sum(1) / VIEWS
train_means, test_means = train_means.astype(np.float32), test_means.astype(np.float32)
out = {"train.clips": train_clips, "train.labels": train_labels, "test.clips": test_clips, "test.labels": test_labels}

model = train(problem(train_labels.astype(float), train_means.astype(float)), parameter("-s 2 -c 1 -e 0.01 -q"))
labels, _, values = predict(test_labels.astype(float), test_means.astype(float), model, "-q")
svc = LinearSVC(dual=False, fit_intercept=False, loss="squared_hinge", C=1, tol=0.01)
svc.fit(train_means.astype(float), train_labels)
assert (svc.predict(test_means.astype(float)) == labels).all()
values = np.sort(svc.decision_function(test_means.astype(float)), 1)
print("svm", (labels == test_labels).mean(), "least margin", (values[:, -1] - values[:, -2]).min())
out["svm.labels"] = np.array(labels).astype(np.int64)


def unit(rows):
    rows = rows.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


for k in (20, 50):
    knn = KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights=lambda d: np.exp((1 - d) / 0.07))
    found = knn.fit(unit(train_means), train_labels).predict(unit(test_means))
    shares = np.sort(knn.predict_proba(unit(test_means)), 1)
    print("knn", k, (found == test_labels).mean(), "least margin", (shares[:, -1] - shares[:, -2]).min())
    out[f"knn{k}.labels"] = found.astype(np.int64)


def recall(base, base_labels, queries, query_labels):
    order = np.argsort(-(unit(queries) @ unit(base).T), axis=1)
    hits = base_labels[order] == query_labels[:, None]
    return np.array([hits[:, :k].any(1).mean() for k in (1, 5, 10, 20, 50)])


out["recall.videos"] = recall(train_means, train_labels, test_means, test_labels)
out["recall.clips"] = recall(
    train_clips.reshape(-1, WIDTH), train_labels.repeat(VIEWS), test_clips.reshape(-1, WIDTH), test_labels.repeat(VIEWS)
)

# Orders of rows of [videos x views], and weights, that nothing but this file has to draw again.
orders = [random.permutation(60) * VIEWS + random.integers(0, VIEWS, 60) for _ in range(EPOCHS)]
start = (random.normal(size=(CLASSES, WIDTH)) * 0.01).astype(np.float32)
rows, row_labels = torch.from_numpy(train_clips.reshape(-1, WIDTH)), torch.from_numpy(train_labels.repeat(VIEWS))
layer = torch.nn.Linear(WIDTH, CLASSES)
with torch.no_grad():
    layer.weight.copy_(torch.from_numpy(start))
    layer.bias.zero_()
optimizer = torch.optim.SGD(layer.parameters(), RATE, momentum=0.9)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * (60 // BATCH), eta_min=1e-6)
for order in orders:
    for first in range(0, 60, BATCH):
        batch = torch.from_numpy(order[first : first + BATCH])
        scores = layer(torch.nn.functional.normalize(rows[batch]))
        loss = torch.nn.functional.cross_entropy(scores, row_labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
with torch.no_grad():
    clips = torch.from_numpy(test_clips.reshape(-1, WIDTH))
    logits = layer(torch.nn.functional.normalize(clips)).reshape(40, VIEWS, CLASSES).mean(1)
best = logits.argmax(1).numpy()
top = np.sort(logits.numpy(), 1)
print("linear", (best == test_labels).mean(), "loss", loss.item(), "least margin", (top[:, -1] - top[:, -2]).min())
out |= {
    "linear.order": np.stack(orders), "linear.start": start, "linear.labels": best.astype(np.int64),
    "linear.weight": layer.weight.detach().numpy(), "linear.bias": layer.bias.detach().numpy(),
    "linear.logits": logits.numpy(),
}
assert math.isclose(schedule.get_last_lr()[0], 1e-6, rel_tol=1e-3)
save_file({name: np.ascontiguousarray(value) for name, value in out.items()},
          os.path.join(os.path.dirname(os.path.abspath(__file__)), "probe.safetensors"))
