# SPDX-License-Identifier: Apache-2.0
"""How the plots of fits and explorations look. Ends the program with status 77 where there
is no matplotlib."""
import sys

try:
    import matplotlib
except ImportError:
    print("no python3-matplotlib")
    sys.exit(77)

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "qadam",  # else ids are random
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 9,
})
from matplotlib import pyplot  # noqa: E402  (after the settings)


def grid(rows, columns, width, height):
    """A figure of panels; width is the figure's, height a row's, in inches."""
    figure, axes = pyplot.subplots(rows, columns, squeeze=False,
                                   figsize=(width, height * rows), layout="constrained")
    for panel in axes.flat:
        panel.spines[["top", "right"]].set_visible(False)
    return figure, axes


def save(figure, path):
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
