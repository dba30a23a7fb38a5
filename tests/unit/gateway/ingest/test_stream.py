"""A stream of products: order, batches, bounds, retries."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.ingest.model import Acks, BackOff, Finished, Item, Limits
from gateway.core.ingest.stream import Stream
from gateway.core.ingest.window import Window
from gateway.core.model.catalog import NewProduct
from gateway.core.model.writes import Written
from triptych.vocabulary.errors import (
    Internal,
    InvalidArgument,
    Reason,
    ResourceExhausted,
    TriptychError,
    Unavailable,
)

QUICK = Limits(
    window_items=16,
    window_bytes=1000,
    batch_items=4,
    batch_bytes=400,
    batches=3,
    linger_s=0.001,
    patience_s=0.3,
)
BROKEN = InvalidArgument("No.", reason=Reason.FIELD_INVALID, field="title")


def item(sequence: int, product_id: str = "", size_bytes: int = 1, product=None) -> Item:
    product_id = product_id or f"p{sequence}"
    return Item(
        sequence, product_id, product or NewProduct(product_id, str(sequence).encode(), ()), size_bytes
    )


class Shop:
    """Keeps the last version of each product; does what a test tells it to before."""

    def __init__(self, before=None):
        self.stored: dict[str, int] = {}
        self.batches: list[list[str]] = []
        self.told: list = []
        self._busy: set[str] = set()
        self._before = before

    async def write(self, products):
        ids = [product.id for product in products]
        assert len(ids) == len(set(ids))
        assert not self._busy & set(ids), "two versions of one product at the same time"
        self._busy |= set(ids)
        try:
            await asyncio.sleep(0)
            outcomes = await self._before(products) if self._before else [Written()] * len(ids)
        finally:
            self._busy -= set(ids)
        self.batches.append(ids)
        for product, outcome in zip(products, outcomes, strict=True):
            if isinstance(outcome, Written):
                self.stored[product.id] = int(product.record)
        return outcomes

    async def tell(self, told):
        self.told.append(told)

    def stream(self, limits=QUICK, settled=0) -> Stream:
        return Stream(self.write, self.tell, limits, settled)

    @property
    def acks(self):
        return [ack for told in self.told if isinstance(told, Acks) for ack in told.acks]

    @property
    def back_offs(self):
        return [told for told in self.told if isinstance(told, BackOff)]


async def sent(*messages, then: TriptychError | None = None):
    for message in messages:
        yield message
    if then is not None:
        raise then


class TestOrder:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9), max_size=12))
    async def test_the_last_version_of_every_product_counts(self, messages):
        """Whatever repeats, each item is acknowledged once, and no two versions are written at the same time."""
        sequence = iter(range(1, 1000))
        items = [[item(next(sequence), product_id) for product_id in message] for message in messages]
        shop = Shop()

        finished = await shop.stream().run(sent(*items))

        flat = [each for message in items for each in message]
        assert {each.id: each.sequence for each in flat} == shop.stored
        assert [each.sequence for each in flat] == sorted(ack.item.sequence for ack in shop.acks)
        assert Finished(len(flat), 0) == finished

    async def test_settled_is_what_has_no_gap_before_it(self):
        """While the first product is being written, later ones are acknowledged, but not counted as settled."""
        release = asyncio.Event()

        async def before(products):
            if products[0].id == "p1":
                await release.wait()
            return [Written()] * len(products)

        shop = Shop(before)
        items = [[item(n)] for n in range(1, 9)]
        running = asyncio.create_task(shop.stream(Limits(batch_items=1, batches=2)).run(sent(*items)))
        async with asyncio.timeout(5):
            while len(shop.acks) < 7:
                await asyncio.sleep(0.001)
        assert {0} == {told.settled for told in shop.told}
        release.set()
        await running

        assert 8 == shop.told[-1].settled

    async def test_a_sequence_that_does_not_increase_ends_the_stream(self):
        """What came before is settled; the error names the place."""
        shop = Shop()

        with pytest.raises(InvalidArgument) as caught:
            await shop.stream(settled=4).run(sent([item(5), item(6), item(6)]))

        assert "items.items[2].sequence" == caught.value.field
        assert [5, 6] == [ack.item.sequence for ack in shop.acks]

    async def test_what_was_settled_before_is_not_taken_again(self):
        """The first sequence is beyond the resume token's."""
        with pytest.raises(InvalidArgument):
            await Shop().stream(settled=4).run(sent([item(4)]))


class TestBatches:
    async def test_a_batch_holds_as_many_as_are_there(self):
        """Full batches, and what is left when nothing more comes."""
        shop = Shop()

        await shop.stream().run(sent([item(n) for n in range(1, 11)]))

        assert [4, 4, 2] == [len(batch) for batch in shop.batches]

    async def test_large_products_go_in_small_batches(self):
        """A batch ends at its bytes; a product beyond them goes alone, beyond the window too."""
        shop = Shop()
        sizes = [150, 150, 150, 5000, 150, 150]

        await shop.stream().run(sent([item(n, size_bytes=size) for n, size in enumerate(sizes, 1)]))

        assert {"p1 p2", "p4"} <= {" ".join(batch) for batch in shop.batches}
        assert 6 == len(shop.acks)

    async def test_products_that_trickle_are_not_kept_waiting(self):
        """A batch that is not full is written after a moment, while the stream stays open."""
        shop, close = Shop(), asyncio.Event()

        async def trickle():
            yield [item(1)]
            await close.wait()

        running = asyncio.create_task(shop.stream().run(trickle()))
        async with asyncio.timeout(5):
            while not shop.acks:
                await asyncio.sleep(0.001)
        close.set()

        assert Finished(1, 0) == await running


class TestBounds:
    async def test_no_more_is_taken_than_the_window_holds(self):
        """While nothing can be written, the client's messages stay unread."""
        taken, release = [], asyncio.Event()

        async def before(products):
            await release.wait()
            return [Written()] * len(products)

        async def endless():
            for n in range(1, 41):
                taken.append(n)
                yield [item(n)]

        running = asyncio.create_task(Shop(before).stream().run(endless()))
        await asyncio.sleep(0.05)
        assert 17 == len(taken)  # the window of 16, and the one that waits for it
        release.set()

        assert Finished(40, 0) == await running

    async def test_acknowledgements_that_are_not_read_hold_the_window(self):
        """An item is under way until its acknowledgement is on its way."""
        taken, release = [], asyncio.Event()

        async def tell(told):
            await release.wait()

        async def endless():
            for n in range(1, 41):
                taken.append(n)
                yield [item(n)]

        shop = Shop()
        running = asyncio.create_task(Stream(shop.write, tell, QUICK).run(endless()))
        await asyncio.sleep(0.05)
        assert 17 == len(taken)
        release.set()

        assert Finished(40, 0) == await running

    async def test_bytes_are_bounded_too(self):
        """Few large items fill the window as many small ones do."""
        window = Window(10, 100)
        await window.take(60)
        waiting = asyncio.create_task(window.take(60))
        await asyncio.sleep(0)
        assert not waiting.done()
        window.give(1, 60)

        await asyncio.wait_for(waiting, 1)

    async def test_cancelling_leaves_nothing_running(self):
        """Every task of a stream ends with it."""
        started = asyncio.Event()

        async def before(products):
            started.set()
            await asyncio.sleep(60)

        others = asyncio.all_tasks()
        running = asyncio.create_task(Shop(before).stream().run(sent([item(1)])))
        await asyncio.wait_for(started.wait(), 5)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

        assert others == asyncio.all_tasks()


class TestTrouble:
    async def test_what_passes_is_tried_again(self):
        """The client is asked to send less meanwhile, and the window grows back."""
        failures = iter([Unavailable.because_of("encoder")] * 2)

        async def before(products):
            for error in failures:
                raise error
            return [Written()] * len(products)

        shop = Shop(before)
        limits = Limits(window_items=16, batch_items=4, batches=1, linger_s=0.001)
        assert Finished(40, 0) == await shop.stream(limits).run(sent(*([item(n)] for n in range(1, 41))))

        assert [8, 4] == [told.window for told in shop.back_offs]
        assert {"encoder"} == {told.reason.metadata["dependency"] for told in shop.back_offs}
        assert all(0 < told.delay_s < 10 for told in shop.back_offs)
        assert 16 == [told for told in shop.told if isinstance(told, Acks)][-1].window

    async def test_what_does_not_pass_ends_the_stream(self):
        """Nothing is acknowledged that was not stored."""

        async def before(products):
            raise ResourceExhausted("Full.", reason=Reason.STORAGE_FULL)

        shop = Shop(before)
        with pytest.raises(ResourceExhausted) as caught:
            await shop.stream().run(sent([item(1)]))

        assert Reason.STORAGE_FULL == caught.value.reason
        assert [] == shop.acks

    async def test_only_what_failed_is_tried_again(self):
        """An outcome that may pass is the item's own; the others are settled."""
        tried = []

        async def before(products):
            tried.append([product.id for product in products])
            first = len(tried) == 1
            return [
                Unavailable.because_of("host") if first and each.id == "p2" else Written()
                for each in products
            ]

        await Shop(before).stream().run(sent([item(1), item(2), item(3)]))

        assert [["p1", "p2", "p3"], ["p2"]] == tried

    async def test_an_item_that_spoils_a_batch_is_found(self):
        """The others are stored; it alone is refused."""

        async def before(products):
            if any(product.id == "p3" for product in products):
                raise Internal
            return [Written()] * len(products)

        shop = Shop(before)
        await shop.stream().run(sent([item(n) for n in range(1, 5)]))

        assert [(1, False), (2, False), (3, True), (4, False)] == sorted(
            (ack.item.sequence, ack.is_refused) for ack in shop.acks
        )

    async def test_items_that_could_not_be_read_are_refused(self):
        """They take no part in any batch."""
        shop = Shop()
        finished = await shop.stream().run(sent([item(1, product=BROKEN), item(2)]))

        assert Finished(1, 1) == finished
        assert [["p2"]] == shop.batches

    async def test_what_the_client_breaks_off_with_comes_last(self):
        """What it sent before is settled and told."""
        shop = Shop()
        with pytest.raises(Unavailable):
            await shop.stream().run(sent([item(1)], then=Unavailable.because_of("client")))

        assert [1] == [ack.item.sequence for ack in shop.acks]
