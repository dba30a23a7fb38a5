"""The choices that a request can make. The numbers are those of the enums in triptych.v1 (tested to be the same)."""

from enum import IntEnum


class Modality(IntEnum):
    """What kind of thing a vector was made from."""

    TEXT = 1
    IMAGE = 2
    AUDIO = 3
    PRODUCT = 4


class FusionStrategy(IntEnum):
    """How the parts of a mix become one vector."""

    CONCATENATION = 1
    WEIGHTED_SUM = 2
    BILINEAR = 3
    LEARNED = 4


class SimilarityMetric(IntEnum):
    """How two vectors are compared."""

    COSINE = 1
    EUCLIDEAN = 2
    MAHALANOBIS = 3


class RankingStrategy(IntEnum):
    """How candidates are put in order."""

    SIMILARITY = 1
    DIVERSE = 2
    RANKNET = 3
    LISTNET = 4
    LEARNED = 5


class SpaceKind(IntEnum):
    """Which of a catalogue's vectors: `triptych.v1.SearchSpace`."""

    FUSED = 1
    TEXT = 2
    IMAGE = 3
    AUDIO = 4


class WriteMode(IntEnum):
    """What may be there before a product is written."""

    UPSERT = 1
    CREATE_ONLY = 2
    UPDATE_ONLY = 3


class Consistency(IntEnum):
    """How much of what was written lately a search sees."""

    BOUNDED = 1
    STRONG = 2


class HybridFusion(IntEnum):
    """How the list of the vectors and the list of the words become one."""

    SCORES = 1
    RANKS = 2


class AudioMode(IntEnum):
    """What is to be made of a sound in a query."""

    AUTO = 1
    SPEECH = 2
    SOUND = 3
    BOTH = 4


class EventType(IntEnum):
    """What a customer did with a product."""

    VIEWED = 1
    CLICKED = 2
    CARTED = 3
    BOUGHT = 4
    DISLIKED = 5
