"""Azimuth against time of a sweep in NumPy, as one writes it: reads rows from a file, prints seconds of each round.

Usage: sweep_timing.py ROWS COUNT STRIDE TIME_OFFSET TIME_TYPE ROUNDS: f32 x, y at 0, 4; TIME_TYPE a NumPy type such as <f4.
"""
import sys
import time

import numpy as np

path, count, stride, offset, kind, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], int(sys.argv[6])
layout = np.dtype({"names": ["x", "y", "t"], "formats": ["<f4", "<f4", kind], "offsets": [0, 4, offset], "itemsize": stride})
points = np.fromfile(path, layout, count)


def run():
    turned = np.unwrap(np.arctan2(points["y"], points["x"]))
    t = points["t"].astype(np.float64)
    slope, start = np.polyfit(t, turned, 1)
    return slope, np.abs(turned - (slope * t + start)).mean()


def bare():
    return np.polyfit(points["t"].astype(np.float64), np.arctan2(points["y"], points["x"]), 1)[0]


for _ in range(rounds):
    began = time.perf_counter()
    bare()
    middle = time.perf_counter()
    run()
    print(middle - began, time.perf_counter() - middle)
