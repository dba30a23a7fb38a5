import pytest

from bench.fashion_data import colour_queries, copy_fashion, write_manifest
from training.data.dataset import Record
from training.data.manifest import read_manifest

HEADER = "id,gender,articleType,baseColour,productDisplayName,split\n"


def _product(name, colour, article="Shirts", gender="Men"):
    named = {"article": article, "gender": gender} | ({"colour": colour} if colour else {})
    return Record(name, text=name, attributes=named)


def test_right_are_the_same_article_and_gender_in_the_other_colour():
    """Each other colour that the article has is asked for once; the product asked with may not answer."""
    red, blue, other_blue = _product("r", "Red"), _product("b1", "Blue"), _product("b2", "Blue")
    dress, womens = _product("d", "Blue", "Dresses"), _product("w", "Green", gender="Women")
    products = (red, blue, other_blue, dress, womens)
    queries = colour_queries((red,), products, "image", "learned")
    assert [("blue", {"b1": 1.0, "b2": 1.0}, "r")] == [(one.text, one.right, one.excluded) for one in queries]


@pytest.mark.parametrize("products", [(), (("r2", "Red"),)])
def test_a_colour_that_nothing_has_is_not_asked_for(products):
    """Without an answer there is no query."""
    found = tuple(_product(*one) for one in products)
    assert [] == colour_queries((_product("r", "Red"),), found, "image", "learned")


def test_products_of_no_known_colour_neither_ask_nor_answer():
    """A product without a colour is left out."""
    unknown, red = _product("u", None), _product("r", "Red")
    assert [] == colour_queries((unknown, red), (unknown, red), "image", "learned")


def test_the_manifest_is_what_the_trainer_reads(tmp_path):
    """Title, photo, split and attributes come back from the manifest that was written."""
    source = tmp_path / "source"
    (source / "images").mkdir(parents=True)
    for name in ("1", "2"):
        (source / "images" / f"{name}.jpg").write_bytes(b"a photo")
    rows = "1,Men,Shirts,Blue,A  Blue Shirt,train\n2,Women,Dresses,,A Dress,dev\n"
    (source / "styles.csv").write_text(HEADER + rows)
    data = copy_fashion(source, tmp_path / "data")
    read = read_manifest(write_manifest(data), data.root)
    assert data.all == tuple(found.record for found in read.found)
    assert ["A Blue Shirt", "A Dress"] == [one.text for one in data.all]
    assert {"article": "Dresses", "gender": "Women"} == dict(data.dev[0].attributes)
