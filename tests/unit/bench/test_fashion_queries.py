"""Queries made from labels, and grades by labels."""

import pytest

from bench.fashion_queries import BRAND, KINDS, Labelled, Wish, brands_of, grades, labelled, wishes

HEADER = "id,gender,articleType,baseColour,usage,productDisplayName,split\n"


def product(name, article="Tshirts", **labels):
    return Labelled(name, name, {"article": article, **labels})


STOCK = [
    product(str(number), article, colour=colour, gender=gender, use=use, brand=brand)
    for number, (article, colour, gender, use, brand) in enumerate(
        (article, colour, gender, use, brand)
        for article in ("Tshirts", "Sports Shoes", "Kurtas")
        for colour in ("Navy Blue", "Red", "Multi")
        for gender in ("Men", "Unisex")
        for use in ("Sports", "Casual")
        for brand in ("puma", "w")
    )
]


def test_a_wish_asks_for_labels_of_its_product():
    """Its article and up to two others; never for everyone, for any colour, or for a use that the article names."""
    for wish in wishes(STOCK, 0):
        assert "article" in wish.labels
        assert len(wish.labels) <= 3
        assert {"Unisex", "Multi", "Casual"}.isdisjoint(wish.labels.values())
        assert "sports sports" not in wish.text
        assert any(wish.labels.items() <= each.labels.items() for each in STOCK)


def test_each_kind_in_turn_and_each_text_once():
    """A product whose brand is not known is asked for by its labels."""
    found = wishes(STOCK, 0)

    assert len(found) == len({wish.text for wish in found})
    assert set(KINDS) == {wish.kind for wish in found}
    assert all((wish.kind == BRAND) == (BRAND in wish.labels) for wish in found)
    nameless = [product(each.id, colour="Red", gender="Men") for each in STOCK]
    assert BRAND not in {wish.kind for wish in wishes(nameless, 0)}


def test_the_same_seed_asks_the_same():
    """Another asks otherwise."""
    assert wishes(STOCK, 3) == wishes(STOCK, 3)
    assert wishes(STOCK, 3) != wishes(STOCK, 4)


@pytest.mark.parametrize(
    ("kind", "text"), [("labels", "navy blue tshirts men"), ("other words", "dark blue tee for him")]
)
def test_what_is_typed(kind, text):
    """Labels as they are, or in other words, for whom at the end."""
    plain = [product(str(number), colour="Navy Blue", gender="Men") for number in range(300)]

    assert text in {wish.text for wish in wishes(plain, 0) if wish.kind == kind}


def test_grades_count_the_labels_that_a_product_has():
    """None without the article; Unisex is for men and for women, not for boys."""
    asked = Wish("", "labels", {"colour": "Red", "article": "Tshirts", "gender": "Women"})
    products = [
        product("all", colour="Red", gender="Women"),
        product("unisex", colour="Blue", gender="Unisex"),
        product("neither", gender="Men"),
        product("shoe", "Heels", colour="Red", gender="Women"),
    ]

    assert {"all": 3, "unisex": 2, "neither": 1} == grades(asked, products)
    assert {"unisex": 1} == grades(
        Wish("", "labels", {"article": "Tshirts", "gender": "Boys"}), products[1:2]
    )


def test_brands_stand_before_the_gender_of_many_titles():
    """What few titles begin with is none."""
    assert ["red tape"] * 5 + ["", ""] == brands_of([*["Red Tape Men Shoe"] * 5, "Odd Men Shoe", "Shoe"])


def test_labels_are_read_from_the_dataset(tmp_path):
    """What is empty or NA is not known."""
    (tmp_path / "styles.csv").write_text(HEADER + "1,Men,Shirts,NA,,A  Men Shirt,dev\n")

    assert {"1": Labelled("1", "A Men Shirt", {"gender": "Men", "article": "Shirts"})} == labelled(tmp_path)
