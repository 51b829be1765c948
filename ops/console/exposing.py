"""From OpenTelemetry's metrics to Prometheus' text: names with units, labels, running buckets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def exposed(reader: Any) -> bytes:
    """What a reader has, in Prometheus' text."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Bridge(reader))
    return generate_latest(registry)


class _Bridge:
    """A collector of prometheus-client over a reader of OpenTelemetry's."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def describe(self) -> list[Any]:
        """Nothing: names are known when they are asked for."""
        return []

    def collect(self) -> Iterator[Any]:
        """The families."""
        data = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    yield _family(metric)


UNITS = {"s": "_seconds", "By": "_bytes"}


def _family(metric: Any) -> Any:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    name = metric.name.replace(".", "_") + UNITS.get(metric.unit, "")
    points = list(metric.data.data_points)
    keys = sorted({key for point in points for key in point.attributes})
    labels = [key.replace(".", "_") for key in keys]

    def values(point: Any) -> list[str]:
        return [str(point.attributes.get(key, "")) for key in keys]

    if hasattr(metric.data, "is_monotonic"):
        family: Any = CounterMetricFamily(name, metric.description, labels=labels)
        for point in points:
            family.add_metric(values(point), point.value)
    elif points and hasattr(points[0], "bucket_counts"):
        family = HistogramMetricFamily(name, metric.description, labels=labels)
        for point in points:
            family.add_metric(values(point), _buckets(point), point.sum)
    else:
        family = GaugeMetricFamily(name, metric.description, labels=labels)
        for point in points:
            family.add_metric(values(point), point.value)
    return family


def _buckets(point: Any) -> list[tuple[str, float]]:
    """Counts up to each bound, as Prometheus has them."""
    total, found = 0, []
    bounds = [str(bound) for bound in point.explicit_bounds] + ["+Inf"]
    for bound, number in zip(bounds, point.bucket_counts, strict=True):
        total += number
        found.append((bound, total))
    return found
