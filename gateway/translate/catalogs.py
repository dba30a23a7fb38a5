"""What a catalogue is like."""

from collections.abc import Mapping

from gateway.core.model.ranking import Curve
from triptych.v1 import catalog_service_pb2 as catalog_pb


def curves(message: catalog_pb.Calibration) -> Mapping[str, Curve]:
    """Return the curves of a calibration."""
    return {name: curve(each) for name, each in message.curves.items()}


def curve(message: catalog_pb.Calibration.Curve) -> Curve:
    """Return a curve from its wire form."""
    return Curve(message.intercept, dict(message.weights), message.judgements, message.error)


def calibration(items: Mapping[str, Curve]) -> catalog_pb.Calibration | None:
    """Return curves as messages; None where there are none."""
    if not items:
        return None
    return catalog_pb.Calibration(curves={name: curve_message(item) for name, item in items.items()})


def curve_message(item: Curve) -> catalog_pb.Calibration.Curve:
    """Return a curve in its wire form."""
    return catalog_pb.Calibration.Curve(
        intercept=item.intercept, weights=item.weights, judgements=item.judgements, error=item.error
    )
