"""Plots as inline SVG: small, sharp, and coloured by the page's own style sheet."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from training.evaluation.calibration import Bin
from training.evaluation.figures import Histogram

WIDTH, HEIGHT = 360, 240
_LEFT, _BOTTOM, _TOP, _RIGHT = 40, 32, 20, 12
_SERIES = 8  # colours in the style sheet: series-0 … series-7


def recall_curves(curves: Mapping[str, Sequence[float]]) -> str:
    """Return R@k over k (logarithmic) of every direction."""
    frame = _Frame("k", "R@k", x_ticks={"1": 0.0, "3": 0.24, "10": 0.5, "30": 0.74, "100": 1.0})
    lines = [
        frame.line([(_log_place(k), value) for k, value in enumerate(curve, start=1)], at, name)
        for at, (name, curve) in enumerate(curves.items())
    ]
    return frame.svg(lines, "Recall curves")


def reliability_diagram(bins: Sequence[Bin]) -> str:
    """Return how often the first result is right over how sure the search is; dots as large as their bins are full."""
    frame = _Frame("confidence", "right")
    total = max(1, sum(each.count for each in bins))
    diagonal = frame.line([(0, 0), (1, 1)], -1, "as sure as right")
    dots = [
        f'<circle class="dot" cx="{frame.x(each.confidence):.1f}" cy="{frame.y(each.accuracy):.1f}" '
        f'r="{3 + 12 * (each.count / total) ** 0.5:.1f}"><title>{each.count} queries: confidence '
        f"{each.confidence:.2f}, right {each.accuracy:.2f}</title></circle>"
        for each in bins
    ]
    return frame.svg([diagonal, *dots], "Reliability")


def similarity_histogram(histogram: Histogram) -> str:
    """Return how similar right and wrong products are, each as a share of its own kind."""
    edges = histogram.edges
    low, width = edges[0], (edges[-1] - edges[0]) or 1.0
    shares = [
        [count / max(1, sum(counts)) for count in counts] for counts in (histogram.right, histogram.wrong)
    ]
    top = max(max(each) for each in shares) or 1.0
    ticks = {f"{low + width * place:.2f}": place for place in (0.0, 0.5, 1.0)}
    frame = _Frame("cosine", "share", x_ticks=ticks, y_ticks={"0": 0.0, f"{top:.2f}": 1.0})
    bars = [
        frame.bar((edges[at] - low) / width, (edges[at + 1] - low) / width, share / top, kind)
        for kind, of_kind in zip(("right", "wrong"), shares, strict=True)
        for at, share in enumerate(of_kind)
        if share
    ]
    return frame.svg(bars, "Similarities")


def _log_place(k: int) -> float:
    """Return where k = 1 … 100 stands between 0 and 1."""
    return math.log10(k) / 2


class _Frame:
    """Axes from 0 to 1 and what is drawn in them."""

    def __init__(
        self,
        x_name: str,
        y_name: str,
        x_ticks: Mapping[str, float] | None = None,
        y_ticks: Mapping[str, float] | None = None,
    ) -> None:
        even = {"0": 0.0, "0.5": 0.5, "1": 1.0}
        self._names = (x_name, y_name)
        self._x_ticks, self._y_ticks = x_ticks or even, y_ticks or even

    def x(self, share: float) -> float:
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(self, share: float) -> float:
        return HEIGHT - _BOTTOM - share * (HEIGHT - _BOTTOM - _TOP)

    def line(self, points: Sequence[tuple[float, float]], series: int, name: str) -> str:
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        colour = f"series-{series % _SERIES}" if series >= 0 else "ideal"
        return f'<polyline class="curve {colour}" points="{path}"><title>{escape(name)}</title></polyline>'

    def bar(self, left: float, right: float, height: float, kind: str) -> str:
        top = self.y(height)
        return (
            f'<rect class="bar {kind}" x="{self.x(left):.1f}" y="{top:.1f}" '
            f'width="{self.x(right) - self.x(left):.1f}" height="{self.y(0) - top:.1f}"/>'
        )

    def svg(self, drawn: Sequence[str], title: str) -> str:
        ticks = [
            f'<text class="tick" x="{self.x(at):.1f}" y="{HEIGHT - _BOTTOM + 14}" text-anchor="middle">{label}</text>'
            for label, at in self._x_ticks.items()
        ] + [
            f'<text class="tick" x="{_LEFT - 6}" y="{self.y(at) + 4:.1f}" text-anchor="end">{label}</text>'
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{self.y(at):.1f}" y2="{self.y(at):.1f}"/>'
            for label, at in self._y_ticks.items()
        ]
        x_name, y_name = map(escape, self._names)
        names = (
            f'<text class="axis" x="{WIDTH - _RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{x_name}</text>'
            f'<text class="axis" x="4" y="10">{y_name}</text>'
        )
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
            f"{''.join(ticks)}{names}{''.join(drawn)}</svg>"
        )
