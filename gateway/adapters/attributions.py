"""Attribution tokens: an answer that was shown, compressed and signed."""

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from gateway.adapters.sealing import NotSealedHere, Seal
from gateway.core.feedback.model import Shown
from gateway.translate.feedback import shown_message, shown_of
from triptych.internal.v1 import attribution_pb2 as pb
from triptych.vocabulary.errors import InvalidArgument, Reason

PURPOSE = "triptych.attribution"


class SealedAttributions:
    """Implements `Attributions`. See `Seal` for the keys."""

    def __init__(self, key: str, accepted: Sequence[str] = ()) -> None:
        self._seal = Seal(key, PURPOSE, accepted)

    def seal(self, shown: Shown) -> str:
        """See the port."""
        message = pb.Attribution(catalog=shown.catalog, answer=shown_message(shown))
        return self._seal.seal(message.SerializeToString())

    def open(self, token: str) -> Shown:
        """See the port."""
        try:
            message = pb.Attribution.FromString(self._seal.open(token))
        except (NotSealedHere, DecodeError) as error:
            raise InvalidArgument(
                "The attribution token is none that this suite made.",
                reason=Reason.ATTRIBUTION_TOKEN_INVALID,
                field="attribution_token",
            ) from error
        return shown_of(message.catalog, message.answer)
