"""Each part is killed while a client searches: errors within the deadline, then answers again, nothing else restarted."""

import threading
import time

import grpc
import pytest
from conftest import PARTS

from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

DEADLINE_S = 5.0
# A call returns a little after its deadline; on a machine with two cores that load seven processes, not much later.
SLACK_S = 3.0
# The longest pause before a channel connects again is 1 s and a fifth of it by chance; the rest is for that machine.
RECONNECTED_S = 1.2 + SLACK_S
EXPECTED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


class Searcher(threading.Thread):
    """Searches one query after the other and notes what came of each."""

    def __init__(self, shop):
        super().__init__(daemon=True)
        self.shop = shop
        self.stopping = threading.Event()
        # What came (how many products, or which status), when it was asked for, how long that took.
        self.outcomes: list[tuple[object, float, float]] = []

    def run(self):
        # Words and a picture walk through every room.
        picture = next((self.shop.folder / "images").glob("*.jpg")).read_bytes()
        parts = [pb.QueryPart(text="red mug"), pb.QueryPart(image=types_pb2.Media(data=picture))]
        while not self.stopping.is_set():
            started = time.monotonic()
            try:
                response = self.shop.find(*parts, timeout_s=DEADLINE_S)
                outcome: object = len(response.results)
            except grpc.RpcError as error:
                outcome = error.code()
            self.outcomes.append((outcome, started, time.monotonic() - started))
            time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_is_survived(suite, shop, part):
    """UNAVAILABLE or DEADLINE_EXCEEDED while it is away, then answers for good, and no other part was restarted."""
    suite.wait_until_healthy()
    before = suite.status()
    searcher = Searcher(shop)
    searcher.start()
    try:
        time.sleep(1)
        suite.kill(part)
        time.sleep(1)
        suite.wait_until_healthy()
        healthy_again = time.monotonic()
        time.sleep(RECONNECTED_S + 1)
    finally:
        searcher.stopping.set()
        searcher.join(DEADLINE_S + SLACK_S)

    after = suite.status()
    restarted = {name for name in PARTS if before[name]["pid"] != after[name]["pid"]}
    failures = {outcome for outcome, _, _ in searcher.outcomes if not isinstance(outcome, int)}
    assert {part} == restarted
    assert failures <= EXPECTED
    assert max(seconds for _, _, seconds in searcher.outcomes) < DEADLINE_S + SLACK_S
    assert 20 == searcher.outcomes[0][0]
    # Until its channel has connected again, a client may be told at once, and often, that there is no connection.
    asked = [(outcome, started) for outcome, started, _ in searcher.outcomes if started > healthy_again]
    answered = [20 == outcome for outcome, _ in asked]
    assert True in answered
    first = answered.index(True)
    assert asked[first][1] - healthy_again < RECONNECTED_S
    assert {20} == {outcome for outcome, _ in asked[first + 1 :]}
