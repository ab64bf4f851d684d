"""The residual and swap kernels of label tracks in NumPy: reads columns from a file, prints seconds of each round.

Usage: label_residuals.py COLUMNS ROWS FRAMES ROUNDS, where COLUMNS holds i32 track[ROWS], i32 frame[ROWS], f64 place[4 * ROWS], f64 seconds[FRAMES].
"""
import sys
import time

import numpy as np

path, rows, frames, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
data = open(path, "rb").read()
track = np.frombuffer(data, np.int32, rows)
frame = np.frombuffer(data, np.int32, rows, 4 * rows)
place = np.frombuffer(data, np.float64, 4 * rows, 8 * rows).reshape(rows, 4)[:, :3]
seconds = np.frombuffer(data, np.float64, frames, 40 * rows)
LEAST = 0.2
GAP = 3


def run():
    order = np.lexsort((frame, track))
    t, f, p = track[order], frame[order], place[order]
    near = (t[1:] == t[:-1]) & (f[1:] - f[:-1] <= GAP)
    both = near[1:] & near[:-1]
    s = seconds[f]
    share = (s[1:-1] - s[:-2]) / (s[2:] - s[:-2])
    expected = p[:-2] + (p[2:] - p[:-2]) * share[:, None]
    off = np.full(rows, np.nan)
    off[1:-1] = np.where(both, np.sqrt(((p[1:-1] - expected) ** 2).sum(1)), np.nan)
    suspects = np.flatnonzero(off > LEAST)
    suspects = suspects[np.argsort(f[suspects], kind="stable")]
    found = 0
    for group in np.split(suspects, np.flatnonzero(np.diff(f[suspects])) + 1):
        if len(group) < 2:
            continue
        apart = np.sqrt(((p[group][None, :, :] - expected[group - 1][:, None, :]) ** 2).sum(2))
        np.fill_diagonal(apart, np.inf)
        apart.argmin(1)
        found += len(group)
    return found


for _ in range(rounds):
    began = time.perf_counter()
    found = run()
    print(time.perf_counter() - began, found)
