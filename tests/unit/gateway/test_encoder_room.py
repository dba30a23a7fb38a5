"""What the encoder room says of a part, in the words of the request that the part came from."""

import pytest

from gateway.adapters.encoder import outcome
from gateway.core.model import Content
from triptych.internal.v1.encoder_service_pb2 import EncodedPart
from triptych.runtime.errors import to_status
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidArgument("No.", reason=Reason.IMAGE_UNREADABLE, field="image.data"), "parts[2].image.data"),
        (
            FailedPrecondition(
                "No encoder.",
                reason=Reason.MODALITY_NOT_SERVED,
                field="image",
                metadata={"modality": "IMAGE"},
            ),
            "parts[2].image",
        ),
    ],
)
def test_errors_name_the_client_s_field(error, expected):
    """A part's error keeps its class, reason and numbers, and blames the field that the client sent."""
    content = Content(Modality.IMAGE, field="parts[2].image")

    seen = outcome(content, EncodedPart(error=to_status(error)))

    assert (type(error), error.reason, expected) == (type(seen), seen.reason, seen.field)
    assert error.metadata == seen.metadata
