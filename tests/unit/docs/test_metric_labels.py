"""No label takes values from clients without a bound."""

import importlib
import pkgutil

import grpc
import pytest
from prometheus_client import REGISTRY

import gateway
import services
from gateway.metrics_upgrade import MISSING, PHASE, UpgradeMetrics
from services.search.metrics import CATALOGS, VECTORS, observe_census
from tests.metric_labels import CATALOGS_MAX, rule
from triptych import runtime
from triptych.runtime import metrics
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import ModelVersion


def labelled():
    for package in (gateway, services, runtime):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    return {
        (metric._name, label)
        for name, metric in REGISTRY._names_to_collectors.items()
        if name.startswith("triptych_")
        for label in metric._labelnames
    }


def series(metric) -> list[dict[str, str]]:
    return [sample.labels for family in metric.collect() for sample in family.samples]


def test_it_is_said_of_every_label_what_it_may_say():
    """A label that is new needs a bound, and those that take catalogues are these, which have one."""
    found = labelled()

    assert [] == [each for each in sorted(found) if rule(*each) is None]
    assert {
        "triptych_search_vectors",
        "triptych_gateway_upgrade_phase",
        "triptych_gateway_upgrade_missing_products",
    } == {metric for metric, label in found if label == "catalog"}


class TestUpgrades:
    @pytest.fixture(autouse=True)
    def nothing_shown(self):
        """Gateways that ran in this process may have shown theirs."""
        PHASE.clear()
        MISSING.clear()

    def test_no_more_catalogues_than_the_bound_are_shown(self):
        """Of 150 upgrades 100 are."""
        shown = UpgradeMetrics(CATALOGS_MAX)
        for number in range(150):
            shown.show(f"shop-{number}", 1, number)

        try:
            assert CATALOGS_MAX == len(series(PHASE)) == len(series(MISSING))
        finally:
            shown.keep([])

    def test_what_is_gone_makes_room(self):
        """A catalogue that was dropped is no longer shown, and another takes its place."""
        shown = UpgradeMetrics(1)
        shown.show("a", 1, 5)
        shown.show("b", 1, 5)
        shown.keep(["b"])
        shown.show("b", 2, 0)

        try:
            assert [{"catalog": "b"}] == series(PHASE) == series(MISSING)
        finally:
            shown.keep([])


def test_a_census_replaces_the_one_before():
    """Catalogues and spaces that are gone are not shown with their last number."""
    observe_census(2, {("a", SpaceKind.FUSED): 3, ("b", SpaceKind.TEXT): 4})
    observe_census(1, {("b", SpaceKind.TEXT): 5})

    try:
        assert [{"catalog": "b", "space": "TEXT"}] == series(VECTORS)
        assert (1, 5) == (CATALOGS._value.get(), VECTORS.labels("b", "TEXT")._value.get())
    finally:
        observe_census(0, {})


def test_a_model_is_shown_as_it_was_last_found():
    """Another version replaces the one before; a model that is served no longer is not shown."""
    metrics.note_model("test", ModelVersion("test", "1", "a"))
    metrics.note_model("test", ModelVersion("test", "2", "b"))
    found = [each for each in series(metrics.MODELS) if each["model"] == "test"]
    metrics.note_model("test", None)

    assert [{"model": "test", "version": "2", "space": "b"}] == found
    assert [] == [each for each in series(metrics.MODELS) if each["model"] == "test"]


@pytest.mark.parametrize("name", ["/triptych.v1.ProductSearchService/NoSuch", "/a.Stranger/Call"])
async def test_a_call_that_the_schema_does_not_know_leaves_no_trace(name):
    """Names of methods are chosen by clients until the schema has been asked."""
    from tests.unit.triptych.runtime.test_serve import answer, client

    async with client(answer) as (_, channel, _):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(name)(b"")

    service, method = name.strip("/").split("/")
    assert grpc.StatusCode.UNIMPLEMENTED == caught.value.code()
    assert [] == [each for each in series(metrics.REQUESTS) if each["method"] == method]
    assert [] == [
        each
        for each in series(metrics.IN_FLIGHT)
        if each["service"] == service != "triptych.v1.ProductSearchService"
    ]
