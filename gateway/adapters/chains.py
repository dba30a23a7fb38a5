"""What is left of a search, as a token: signed, so that any replica can go on and nobody can write one."""

import time
from collections.abc import Callable, Sequence

from gateway.adapters.retrievals import retrieval_of, search_request
from gateway.adapters.sealing import NotSealedHere, Seal
from gateway.core.model.answer import Chain, Result
from gateway.core.model.ranking import Judge, RankingPlan
from gateway.core.model.retrieval import Hit
from gateway.translate.catalogs import curve, curve_message
from triptych.internal.v1 import page_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import RankingStrategy
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason

PURPOSE = "triptych.page"


class SealedChains:
    """Implements `Chains`; *now* returns the seconds since 1970. See `Seal` for the keys."""

    def __init__(
        self,
        key: str,
        lifetime_s: float,
        now: Callable[[], float] = time.time,
        accepted: Sequence[str] = (),
    ) -> None:
        self._seal = Seal(key, PURPOSE, accepted)
        self._lifetime_s = lifetime_s
        self._now = now

    def seal(self, chain: Chain, fingerprint: bytes) -> str:
        """See the port."""
        message = chain_message(chain, fingerprint)
        message.expire_time.FromNanoseconds(int((self._now() + self._lifetime_s) * 1e9))
        return self._seal.seal(message.SerializeToString())

    def open(self, token: str, fingerprint: bytes) -> Chain:
        """See the port."""
        try:
            message = pb.Chain.FromString(self._seal.open(token))
        except NotSealedHere as error:
            raise refused("The page token is none that this gateway made.") from error
        if message.fingerprint != fingerprint:
            raise refused("The page token belongs to another request; all but page_size must be as it was.")
        if message.expire_time.ToNanoseconds() <= self._now() * 1e9:
            raise FailedPrecondition(
                f"The page token is older than {self._lifetime_s / 60:g} minutes; search again from the first page.",
                reason=Reason.PAGE_TOKEN_EXPIRED,
                field="page_token",
            )
        return chain_of(message)


def refused(message: str) -> InvalidArgument:
    """Return the error for a token that cannot be used."""
    return InvalidArgument(message, reason=Reason.PAGE_TOKEN_INVALID, field="page_token")


def chain_message(chain: Chain, fingerprint: bytes) -> pb.Chain:
    """Return a chain in its wire form."""
    return pb.Chain(
        fingerprint=fingerprint,
        retrieval=search_request(chain.retrieval),
        ranking=types_pb2.RankingStrategy.ValueType(chain.plan.strategy or 0),
        features=chain.plan.features,
        waiting=[waiting_message(result) for result in chain.waiting],
        shown=sorted(chain.shown),
        count=chain.count,
        complete=chain.complete,
        head=chain.head,
        judge=judge_message(chain.plan.judge) if chain.plan.judge else None,
    )


def judge_message(judge: Judge) -> pb.Judge:
    """Return what tells relevance in its wire form."""
    return pb.Judge(curve=curve_message(judge.curve), best_cosine=judge.best_cosine)


def chain_of(message: pb.Chain) -> Chain:
    """Return a chain from its wire form."""
    retrieval = retrieval_of(message.retrieval)
    strategy = RankingStrategy(message.ranking) if message.ranking else None
    judge = (
        Judge(curve(message.judge.curve), message.judge.best_cosine) if message.HasField("judge") else None
    )
    return Chain(
        retrieval,
        RankingPlan(strategy, retrieval.limit, tuple(message.features), judge),
        tuple(waiting_of(each) for each in message.waiting),
        frozenset(message.shown),
        message.count,
        message.complete,
        message.head,
    )


def waiting_message(result: Result) -> pb.WaitingProduct:
    """Return a product that waits in its wire form."""
    hit = result.hit
    return pb.WaitingProduct(
        id=hit.id,
        score=result.score,
        similarity=hit.similarity,
        view=hit.view,
        lexical=hit.lexical,
        hybrid=hit.score,
        vector_score=hit.vector_score,
        rescored=hit.rescored,
        ranking=result.ranking,
        boosts=result.boosts,
        exact_match=hit.exact_match,
        group_id=hit.group_id,
        group_others=hit.group_others,
        relevance=result.relevance,
    )


def waiting_of(message: pb.WaitingProduct) -> Result:
    """Return a product that waits; its record is not known."""

    def known(name: str) -> float | None:
        return getattr(message, name) if message.HasField(name) else None  # type: ignore[arg-type]

    hit = Hit(
        id=message.id,
        product=b"",
        similarity=known("similarity"),
        view=message.view,
        lexical=known("lexical"),
        score=message.hybrid,
        vector_score=known("vector_score"),
        rescored=known("rescored"),
        exact_match=message.exact_match,
        group_id=message.group_id,
        group_others=message.group_others,
    )
    return Result(hit, message.score, known("ranking"), dict(message.boosts), known("relevance"))
