"""Page tokens: what they carry, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters.chains import SealedChains
from gateway.adapters.sealing import UNPACKED_BYTES_MAX, NotSealedHere, Seal
from gateway.core.model.answer import Chain, Result
from gateway.core.model.ranking import RankingPlan
from gateway.core.model.retrieval import ExcludedVector, Hit, Retrieval
from triptych.vocabulary.choices import HybridFusion, RankingStrategy, SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason, TriptychError
from triptych.vocabulary.vectors import Vector

KEY = "a key of at least 32 characters!!"
FINGERPRINT = bytes(range(32))
VECTOR = Vector(np.ones(4, np.float32) / 2, "fake-1/fused")


class Clock:
    """Now, as a test wants it."""

    now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def chains(key: str = KEY, clock: Clock | None = None) -> SealedChains:
    return SealedChains(key, 1800, clock or Clock())


def chain(products: int = 3) -> Chain:
    retrieval = Retrieval(
        "default",
        VECTOR,
        SpaceKind.FUSED,
        SimilarityMetric.COSINE,
        100,
        with_vectors=True,
        compared=(SpaceKind.TEXT,),
        filter='brand = "A"',
        texts=(("red mug", 1.0),),
        lexical_weight=0.3,
        hybrid_fusion=HybridFusion.RANKS,
        grouped=True,
        excluded_ids=("a",),
        excluded_variants_of=("b",),
        excluded_texts=("hat",),
        excluded_vectors=(ExcludedVector(VECTOR, 0.9, SpaceKind.IMAGE),),
        order_by="price",
        conditions=("in_stock = true",),
        rescoring=SimilarityMetric.MAHALANOBIS,
    )
    waiting = [
        Result(
            Hit(
                f"p{number}", b"", 0.5, 1, lexical=2.0, score=0.7, rescored=1.5, group_id="g", group_others=2
            ),
            0.9,
            0.8,
            {"popular": 0.1},
            0.25,
        )
        for number in range(products - 1)
    ]
    bare = Result(Hit("bare", b"", None, 0, score=0.1, exact_match=True), 0.1)
    return Chain(
        retrieval,
        RankingPlan(RankingStrategy.DIVERSE, 100, ("similarity_text",)),
        (*waiting, bare),
        frozenset({"pz", "gy"}),
        40,
        complete=True,
        head=b"head",
    )


def refusal(token: str, fingerprint: bytes = FINGERPRINT, by: SealedChains | None = None):
    with pytest.raises(TriptychError) as caught:
        (by or chains()).open(token, fingerprint)
    return type(caught.value), caught.value.reason, caught.value.field


def told(chain: Chain):
    """All of a chain: vectors by their numbers, names in no order."""
    return chain.shown, repr(replace(chain, shown=frozenset()))


class TestChains:
    def test_a_chain_comes_back_as_it_was(self):
        """By any gateway with the same key."""
        opened = chains().open(chains().seal(chain(), FINGERPRINT), FINGERPRINT)

        assert told(chain()) == told(opened)

    def test_a_token_of_another_request_is_refused(self):
        """All but the page is as it was."""
        token = chains().seal(chain(), FINGERPRINT)

        assert (InvalidArgument, Reason.PAGE_TOKEN_INVALID, "page_token") == refusal(token, b"another")

    def test_a_token_of_another_key_is_refused(self):
        """So is what was never a token."""
        expected = (InvalidArgument, Reason.PAGE_TOKEN_INVALID, "page_token")
        others = [
            chains("another key of 32 characters or so").seal(chain(), FINGERPRINT),
            "",
            ".",
            "é.é",
            "a",
        ]

        assert [expected] * len(others) == [refusal(token) for token in others]

    def test_a_token_expires(self):
        """To the second, and with a word of its own."""
        clock = Clock()
        made = chains(clock=clock)
        token = made.seal(chain(), FINGERPRINT)

        clock.now_s += 1799
        assert 40 == made.open(token, FINGERPRINT).count
        clock.now_s += 1
        assert (FailedPrecondition, Reason.PAGE_TOKEN_EXPIRED, "page_token") == refusal(token, by=made)

    @settings(deadline=None, max_examples=300)
    @given(st.data())
    def test_a_token_that_was_changed_is_refused(self, data):
        """Whichever character, and also where Base64 would read the same."""
        token = chains().seal(chain(), FINGERPRINT)
        at = data.draw(st.integers(0, len(token) - 1))
        other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != token[at]))

        changed = token[:at] + other + token[at + 1 :]

        assert (InvalidArgument, Reason.PAGE_TOKEN_INVALID, "page_token") == refusal(changed)

    def test_the_last_character_counts_with_all_its_bits(self):
        """Base64 leaves two of them unused."""
        token = chains().seal(chain(), FINGERPRINT)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

        changed = [token[:-1] + letter for letter in alphabet if letter != token[-1]] + [
            token + "=",
            token + "A",
        ]

        assert {(InvalidArgument, Reason.PAGE_TOKEN_INVALID, "page_token")} == {refusal(t) for t in changed}

    def test_the_longest_token_fits_into_a_request(self):
        """1000 products with ids that do not compress."""
        digits = np.random.default_rng(0).integers(0, 10, (1000, 128))
        ids = ["".join(map(str, row)) for row in digits]
        long = chain(1000)
        waiting = tuple(
            replace(each, hit=replace(each.hit, id=name, group_id=name[::-1]))
            for each, name in zip(long.waiting, ids, strict=True)
        )

        token = chains().seal(replace(long, waiting=waiting), FINGERPRINT)

        assert len(token) < 1_000_000


class TestSeal:
    def test_purposes_are_told_apart(self):
        """A token of one kind is none of another."""
        with pytest.raises(NotSealedHere):
            Seal(KEY, "other").open(Seal(KEY, "one").seal(b"data"))

    def test_one_key_signs_and_others_are_accepted(self):
        """For the same purpose alone; a seal without the key accepts nothing of it."""
        old, new = KEY, KEY[::-1]
        both = Seal(new, "one", accepted=[old])

        assert b"data" == both.open(Seal(old, "one").seal(b"data"))
        assert Seal(new, "one").seal(b"data") == both.seal(b"data")
        for seal, token in ((both, Seal(old, "other").seal(b"data")), (Seal(old, "one"), both.seal(b"data"))):
            with pytest.raises(NotSealedHere):
                seal.open(token)

    def test_what_unpacks_to_too_much_is_refused(self):
        """Even if it is signed; the rest is not unpacked."""
        seal = Seal(KEY, "one")
        bomb = seal.seal(bytes(UNPACKED_BYTES_MAX + 1))

        assert len(bomb) < 20_000
        with pytest.raises(NotSealedHere):
            seal.open(bomb)

    @given(st.binary(max_size=300))
    def test_what_is_sealed_is_opened(self, data):
        """Any bytes."""
        assert data == Seal(KEY, "one").open(Seal(KEY, "one").seal(data))
