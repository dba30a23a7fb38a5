"""Names of collections, and the facts that travel with them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.adapters.milvus.schema import (
    SCHEMA_PROPERTY,
    SCHEMA_VERSION,
    SPACE_PROPERTY,
    alias_of,
    attribute_properties,
    collection_of,
    facts_of,
    generation_of,
    is_generation,
    name_of,
    parse_name,
    properties_of,
    whole_alias_of,
)
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, Internal, Reason
from triptych.vocabulary.vectors import Space

IMAGE = SpaceKind.IMAGE
SCHEMA = {SCHEMA_PROPERTY: SCHEMA_VERSION}


def test_a_name_says_catalogue_kind_and_pack():
    """People can read which collection is which, and all kinds of a pack are of one generation."""
    generations = {generation_of(Space(f"triptych-demo-1/{kind.name.lower()}", 256)) for kind in SpaceKind}
    (generation,) = generations

    name = name_of("default", IMAGE, generation)

    assert name.startswith("default__image__triptych_demo_1_")
    assert "default__fused" == alias_of("default")
    assert ("default", IMAGE, generation) == parse_name(name)


def test_generations_differ_where_packs_do():
    """Two packs whose names look alike never share a collection."""
    spaces = [Space("a-1/image", 4), Space("a.1/image", 4), Space("a-1/image", 5), Space("蓝/image", 4)]

    assert len(spaces) == len({generation_of(space) for space in spaces})


def test_no_catalogue_can_take_another_s_names():
    """Catalogues may hold the words that names are made of."""
    catalogs = ["a", "a__image", "a__image__b", "a__image__b_00000000", "a_"]
    generation = generation_of(Space("b/image", 4))
    named = [name_of(catalog, kind, generation) for catalog, kind in itertools.product(catalogs, SpaceKind)]
    everything = [*named, *map(whole_alias_of, named), *map(alias_of, catalogs)]

    assert len(everything) == len(set(everything))
    for catalog, kind in itertools.product(catalogs, SpaceKind):
        assert (catalog, kind, generation) == parse_name(name_of(catalog, kind, generation))
    assert {None} == {parse_name(each) for each in everything if each not in named}


@pytest.mark.parametrize("name", ["meas", "default__image", "default__sound__x_00000000", ""])
def test_other_people_s_collections_are_none_of_ours(name):
    """What stands beside our collections in the same Milvus is left alone."""
    assert parse_name(name) is None


def test_facts_come_back():
    """A collection's properties hold all that is known of its space."""
    space = Space("a-1/image", 4, SimilarityMetric.EUCLIDEAN, unit_length=False)

    collection = collection_of("default", IMAGE, "n", {p.key: p.value for p in properties_of(space)})

    assert space == collection.space
    assert ({}, "") == (collection.attributes, collection.calibration)


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=64)
kinds = st.frozensets(st.sampled_from(["string", "strings", "number", "boolean"]), min_size=1)


@given(st.dictionaries(names, kinds))
def test_attributes_come_back(attributes):
    """Whatever their names hold, with all their kinds."""
    properties = [*properties_of(Space("a-1/image", 4)), *attribute_properties(attributes)]

    collection = collection_of("default", IMAGE, "n", {p.key: p.value for p in properties})

    assert attributes == collection.attributes


@pytest.mark.parametrize("version", [{}, {SCHEMA_PROPERTY: "1"}, {SCHEMA_PROPERTY: "999"}])
def test_another_version_s_collection_is_refused_by_name(version):
    """Its columns are not those that a filter asks for."""
    with pytest.raises(FailedPrecondition, match="another version") as caught:
        collection_of("default", IMAGE, "n", {SPACE_PROPERTY: facts_of(Space("a-1/image", 4))} | version)

    assert (Reason.CATALOG_OUTDATED, "catalog") == (caught.value.reason, caught.value.field)


@pytest.mark.parametrize(
    "properties", [{}, SCHEMA | {SPACE_PROPERTY: "no JSON"}, SCHEMA | {SPACE_PROPERTY: '{"id": "a"}'}]
)
def test_a_collection_without_facts_is_a_fault(properties):
    """What somebody else put behind our alias is not searched."""
    with pytest.raises(Internal):
        collection_of("default", IMAGE, "n", properties)


@pytest.mark.parametrize("name", ["", "in-memory-2", "shop_1", "Shop_1_0123abcd", "a_0123abcd; drop"])
def test_what_no_generation_is_called_is_not_looked_for(name):
    """Milvus refuses such names, whatever is asked of them."""
    assert is_generation(generation_of(Space("triptych-demo-1/text", 256)))
    assert not is_generation(name)
