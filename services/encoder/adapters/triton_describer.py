"""The model that describes, in Triton."""

from tritonclient.grpc.aio import InferenceServerClient

from services.encoder.core.describe import Described
from services.encoder.core.facts import DescriberFacts
from services.encoder.core.ports import Pixels
from services.encoder.metrics import MODEL_SECONDS
from triptych.runtime.triton import infer_outputs, served_facts
from triptych.vocabulary.errors import Internal
from triptych.vocabulary.media import Resize
from triptych.vocabulary.vectors import ModelVersion

OUTPUTS = ("TEXT", "CONFIDENCE")


class TritonDescriber:
    """IMAGE: uint8 (height, width, 3) → TEXT, CONFIDENCE, (1,) each."""

    def __init__(self, client: InferenceServerClient, name: str) -> None:
        self._client = client
        self._name = name
        self._seconds = MODEL_SECONDS.labels(name)

    async def facts(self) -> DescriberFacts | None:
        """Read the model's configuration; None when Triton is ready and has no such model."""
        model = await served_facts(self._client, self._name)
        if model is None:
            return None
        return DescriberFacts(
            ModelVersion(model.name, model.parameters["version"], space=""),
            tuple(model.parameters["languages"].split(",")),
            height_px=int(model.parameters["height"]),
            width_px=int(model.parameters["width"]),
            resize=Resize(model.parameters["resize"]),
        )

    async def describe(self, picture: Pixels) -> Described:
        """Describe one picture; those that arrive together meet in a batch of Triton's."""
        with self._seconds.time():
            outputs = await infer_outputs(self._client, self._name, {"IMAGE": picture[None]}, OUTPUTS)
        text, confidence = (output.ravel()[0] for output in outputs)
        if not 0 <= confidence <= 1:
            raise Internal from ValueError(f"{self._name} is {confidence} sure; 0 to 1 is allowed")
        return Described(text.decode(), float(confidence))
