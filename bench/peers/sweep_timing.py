"""Azimuth against time of a sweep in NumPy, as one writes it: reads rows from a file, prints seconds of each round.

Usage: sweep_timing.py ROWS COUNT STRIDE TIME_OFFSET TIME_TYPE RING_OFFSET ROUNDS: f32 x, y at 0, 4; TIME_TYPE a NumPy type such as <f4; u16 lasers,
or RING_OFFSET -1. Prints one line fit over all points, and, where lasers are named, a line for each laser with every residual.
"""
import sys
import time

import numpy as np

path, count, stride, offset, kind, ring, rounds = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5], *map(int, sys.argv[6:8])
names, formats, offsets = ["x", "y", "t"], ["<f4", "<f4", kind], [0, 4, offset]
if ring >= 0:
    names, formats, offsets = names + ["laser"], formats + ["<u2"], offsets + [ring]
layout = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": stride})
points = np.fromfile(path, layout, count)


def bare():
    return np.polyfit(points["t"].astype(np.float64), np.arctan2(points["y"], points["x"]), 1)[0]


def each():
    far = 0
    azimuth = np.arctan2(points["y"], points["x"])
    for laser in np.unique(points["laser"]):
        own = points["laser"] == laser
        turned = np.unwrap(azimuth[own])
        t = points["t"][own].astype(np.float64)
        slope, start = np.polyfit(t, turned, 1)
        far += (np.abs(turned - (slope * t + start)) > 0.05).sum()
    return far


for _ in range(rounds):
    began = time.perf_counter()
    bare()
    middle = time.perf_counter()
    if ring >= 0:
        each()
    print(middle - began, time.perf_counter() - middle if ring >= 0 else "nan")
