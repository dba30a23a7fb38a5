"""A panel of a board, and the queries that panels are made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """One panel.

    Args:
        title: what is seen.
        unit: Grafana's name of the unit.
        queries: expression → legend.
        help: what it is good for, where the title does not say.
        kind: "lines", "numbers" or "table".
    """

    title: str
    unit: str
    queries: dict[str, str]
    help: str = ""
    kind: str = "lines"


def quantile(share: float, metric: str, by: str = "", where: str = "") -> str:
    """Return the query for a quantile of a histogram over five minutes."""
    labels = f"le, {by}" if by else "le"
    return (
        f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{{{where}}}[$__rate_interval])))"
    )


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Return the query for events a second."""
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def mean(metric: str, by: str) -> str:
    """Return the query for the mean of a histogram."""
    return f"{rate(f'{metric}_sum', by)} / {rate(f'{metric}_count', by)}"
