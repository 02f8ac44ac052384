"""plot.py - cost against size, as a PNG."""
import statistics

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

# Title, what the size is, unit, and the curves: peer, scenario, metric, label.
PANELS = [
    ("S1: spawn to done, all alive", "tasks", "ns a task", [
        ("ours", "S1all", "cpu_ns", "libptg"),
    ]),
    ("S2: a parked task", "tasks", "bytes", [
        ("ours", "S2", "bytes", "libptg"),
        ("tokio", "S2", "bytes", "tokio"),
        ("Go", "S2", "bytes", "Go"),
        ("limit-real", "S2", "bytes", "limit-real"),
    ]),
    ("S3: shutdown", "tasks", "ns a task", [
        ("ours", "S3", "ns", "libptg"),
        ("tokio", "S3", "ns", "tokio"),
        ("Go", "S3", "ns", "Go"),
        ("limit-real", "S3", "ns", "limit-real"),
    ]),
    ("S5: enumerate", "tasks", "ns a task", [
        ("ours", "S5", "ns", "libptg"),
        ("Go", "S5", "ns", "Go, a map kept by hand"),
        ("limit-real", "S5", "ns", "limit-real"),
    ]),
    ("The same tasks in many groups", "groups", "ns a task", [
        ("ours", "groups", "S1_ns", "S1"),
        ("ours", "groups", "S3_ns", "S3"),
        ("ours", "groups", "S5_ns", "S5"),
    ]),
    ("The same tasks, deep down", "depth", "ns a task", [
        ("ours", "depth", "S1_ns", "S1"),
        ("ours", "depth", "S3_ns", "S3"),
        ("ours", "depth", "S5_ns", "S5"),
    ]),
]  # fmt: skip


def curve(grown, peer, scenario, metric):
    """Sizes and medians of one curve."""
    points = {}
    for (one_peer, _, one_scenario, n, one_metric), values in grown.items():
        if (one_peer, one_scenario, one_metric) == (peer, scenario, metric):
            points[n] = statistics.median(values)
    return sorted(points.items())


def draw(grown, path):
    """Draws all panels into the file."""
    figure, axes = pyplot.subplots(2, 3, figsize=(13, 7.5))
    for axis, (title, size, unit, curves) in zip(axes.flat, PANELS):
        for peer, scenario, metric, label in curves:
            points = curve(grown, peer, scenario, metric)
            if points:
                axis.plot(*zip(*points), marker="o", label=label)
        axis.set(title=title, xlabel=size, ylabel=unit, xscale="log")
        if unit == "bytes":
            axis.set_yscale("log")
        else:
            axis.set_ylim(bottom=0)
        axis.grid(True, alpha=0.3)
        if axis.has_data():
            axis.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
