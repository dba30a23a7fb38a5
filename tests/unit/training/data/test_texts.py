from training.data.texts import TextSampler, combinations
from training.demo.items import items

KNOWN = combinations(items(), "train")


def test_texts_name_training_combinations_only():
    """Every text is about a combination of the training split, or a part of one."""
    for said in TextSampler(KNOWN, seed=1).draw(300):
        assert said.attributes
        assert any(said.attributes.items() <= known.items() for known in KNOWN)


def test_the_same_seed_gives_the_same_texts():
    """Training can be repeated."""
    assert TextSampler(KNOWN, seed=2).draw(20) == TextSampler(KNOWN, seed=2).draw(20)


def test_training_combinations_are_in_no_other_split():
    """Nothing of dev or test is trained on."""
    others = combinations(items(), "dev") + combinations(items(), "test")
    assert not [known for known in KNOWN if known in others]
