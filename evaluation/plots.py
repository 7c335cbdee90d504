"""Plots of the report as inline SVG: drawn with the page's own colours, so they follow its light or dark theme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

Point = tuple[float, float | None, float | None]  # value and interval
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 380, 220, 42, 24, 12
ROW_WIDTH, ROW_LEFT, ROW = 330, 108, 25


def grouped_bars(label: str, groups: Sequence[str], series: dict[str, Sequence[Point | None]], percent: bool = False) -> str:
    """Bars side by side in each group, one for each series, with their intervals as whiskers.

    Args:
        label: what the plot shows, for people who cannot see it.
        groups: names along the axis.
        series: name to one point a group; None where there is nothing to show.
        percent: values are shares to be printed as per cent.
    """
    ends = [x for points in series.values() for p in points if p for x in p if x is not None]
    low, high, tick = _nice(min([0.0, *ends]), max([0.0, *ends]))
    inner = WIDTH - LEFT - 8

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [_axis(low, high, tick, y, percent)]
    step = inner / max(1, len(groups))
    bar = min(34.0, step * 0.8 / max(1, len(series)))
    for g, name in enumerate(groups):
        middle = LEFT + step * (g + 0.5)
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 7}" text-anchor="middle">{escape(name)}</text>')
        for s, (title, points) in enumerate(series.items()):
            point = points[g]
            if point is None:
                continue
            x = middle + (s - len(series) / 2) * bar
            value, lower, upper = point
            top, bottom = sorted((y(value), y(0)))
            shown = _shown(value, percent)
            if lower is not None and upper is not None:
                shown += f" ({_shown(lower, percent)} to {_shown(upper, percent)})"
            parts.append(
                f'<rect x="{x + 1:.1f}" y="{top:.1f}" width="{bar - 2:.1f}" height="{max(bottom - top, 1):.1f}" '
                f'fill="var(--series-{s % 6})"><title>{escape(title)}, {escape(name)}: {shown}</title></rect>'
            )
            if lower is not None and upper is not None and upper > lower:
                centre = x + bar / 2
                parts.append(
                    f'<path d="M{centre:.1f} {y(lower):.1f}V{y(upper):.1f}M{centre - 2.5:.1f} {y(lower):.1f}h5'
                    f'M{centre - 2.5:.1f} {y(upper):.1f}h5" class="whisker"/>'
                )
    return _svg(label, WIDTH, HEIGHT, parts)


def stacked_rows(label: str, rows: dict[str, Sequence[float]], names: Sequence[str]) -> str:
    """One bar a row, from left to right the shares of each level.

    Args:
        label: what the plot shows.
        rows: row name to its shares, which sum to 1.
        names: of the levels.
    """
    inner = ROW_WIDTH - ROW_LEFT - 4
    parts = []
    for r, (name, shares) in enumerate(rows.items()):
        x, y = float(ROW_LEFT), 4 + r * ROW
        short = name if len(name) <= 16 else name[:7] + "…" + name[-8:]
        parts.append(
            f'<text x="{ROW_LEFT - 6}" y="{y + 13}" text-anchor="end">{escape(short)}<title>{escape(name)}</title></text>'
        )
        for level, share in enumerate(shares):
            width = inner * share
            tip = f"{escape(name)}: {escape(names[level])} {100 * share:.1f} %"
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="18" fill="var(--level-{level})">'
                f"<title>{tip}</title></rect>"
            )
            if width > 30:
                parts.append(
                    f'<text x="{x + width / 2:.1f}" y="{y + 13}" text-anchor="middle" class="on-{level}">'
                    f"{100 * share:.0f} %</text>"
                )
            x += width
    return _svg(label, ROW_WIDTH, 8 + ROW * len(rows), parts)


def _svg(label: str, width: int, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">'
        + "".join(parts)
        + "</svg>"
    )


def _axis(low: float, high: float, step: float, y: Callable[[float], float], percent: bool) -> str:
    parts = []
    value = low
    while value <= high + step / 100:
        at = y(value)
        kind = "zero" if abs(value) < step / 100 else "grid"
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - 8}" class="{kind}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{at + 4:.1f}" text-anchor="end">{_tick(value, step, percent)}</text>')
        value += step
    return "".join(parts)


def _step(span: float) -> float:
    unit = 10.0 ** len(str(int(span))) / 1000 if span >= 1 else 0.001
    for factor in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if span / (unit * factor) <= 6:
            return unit * factor
    return span / 5


def _nice(low: float, high: float) -> tuple[float, float, float]:
    """Ends of an axis on round numbers, and the distance of its marks."""
    if high - low < 1e-9:
        high = low + 1.0
    step = _step(high - low)
    return step * (low // step), step * -(-high // step), step


def _tick(value: float, step: float, percent: bool) -> str:
    if percent:
        return f"{100 * value:.0f} %"
    decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2 if step >= 0.01 else 3
    return f"{value:.{decimals}f}".replace("-0.0", "0.0") if abs(value) < step / 100 else f"{value:.{decimals}f}"


def _shown(value: float, percent: bool) -> str:
    return f"{100 * value:.1f} %" if percent else f"{value:.2f}"
