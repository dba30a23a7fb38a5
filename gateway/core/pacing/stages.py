"""The names by which the costs of stages are kept."""

from gateway.core.model.query import Content, Query
from triptych.vocabulary.choices import FusionStrategy, Modality, RankingStrategy

SPELL, RESPELL, LISTEN, OFFER = "spell", "respell", "listen", "offer"
SEARCH, SEARCH_HURRIED = "search", "search hurried"
FUSE_PLAINLY = f"fuse {FusionStrategy.WEIGHTED_SUM.name}"


def encode(modality: Modality) -> str:
    """Return the stage that encodes *modality*."""
    return f"encode {modality.name}"


def fuse(strategy: FusionStrategy) -> str:
    """Return the stage that fuses by *strategy*."""
    return f"fuse {strategy.name}"


def rank(strategy: RankingStrategy) -> str:
    """Return the stage that ranks by *strategy*."""
    return f"rank {strategy.name}"


def explain(level: int) -> str:
    """Return the stage that explains so much."""
    return f"explain {level}"


def explain_page(level: int) -> str:
    """Return the stage that explains a page after the first, for which the query is understood anew."""
    return f"explain page {level}"


def essential(query: Query) -> tuple[str, ...]:
    """Return the stages that make the vector of *query*."""
    modalities = {part.content.modality for part in query.parts if isinstance(part.content, Content)}
    fused = (fuse(query.fusion),) if len(query.parts) > 1 else ()
    return (*map(encode, sorted(modalities)), *fused)
