"""Writers and readers that go on while parts of the suite are killed, and the books that they keep.

A writer sends a write again until it is acknowledged, as a shop's backend does, with the same request id. What was
acknowledged is written into the books; in the end the catalogues must be what the books say.
"""

import hashlib
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import types_pb2

TENANTS = ("soak_a", "soak_b")
IDS_PER_WRITER = 40
CALL_S = 10.0
# How long a write may be repeated before it counts as never answered.
PATIENCE_S = 240.0
# What a client may be told while something is away.
TRANSIENT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
}
COLOURS = ("red", "blue", "green", "black", "white")
THINGS = ("mug", "lamp", "chair", "shirt", "bag")


@dataclass(frozen=True)
class State:
    """What a product is to be: the writer's count, and its price in cents."""

    version: int
    cents: int

    def line(self, product_id: str) -> str:
        """Return it as a line of a checksum."""
        return f"{product_id} {self.version} {self.cents}\n"


Book = dict[str, State]


def checksum(book: Book) -> str:
    """Return a checksum of what a catalogue holds."""
    lines = "".join(book[each].line(each) for each in sorted(book))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


@dataclass
class Told:
    """What clients were told: answers and refusals by code, and what must never be."""

    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """A client with a channel of its own, that works until it is stopped."""

    def __init__(self, address: str, catalog: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.catalog = catalog
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.told = Told()
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]
        self.channel = grpc.insecure_channel(address, options=options)
        self.products = catalog_grpc.CatalogServiceStub(self.channel)
        self.searches = search_grpc.ProductSearchServiceStub(self.channel)

    def run(self) -> None:
        """Work."""
        try:
            while not self.stopping.is_set():
                self.step()
        except Exception as error:
            self.told.wrong.append(f"{type(error).__name__}: {error}")
            raise
        finally:
            self.channel.close()

    def step(self) -> None:
        """Do one thing."""
        raise NotImplementedError

    def call(self, method, request):
        """Return the answer; None where something is away."""
        try:
            answer = method(request, timeout=CALL_S)
        except grpc.RpcError as error:
            self.told.codes[error.code().name] += 1
            if error.code() not in TRANSIENT:
                self.told.wrong.append(f"{error.code().name}: {error.details()}")
            return None
        self.told.codes["OK"] += 1
        return answer


class Writer(Client):
    """Stores, changes and removes products of its own, and keeps the book of what was acknowledged."""

    def __init__(self, address: str, catalog: str, seed: int) -> None:
        super().__init__(address, catalog, seed)
        self.book: Book = {}
        self.version = 0
        self.mine = [f"w{seed}-{n}" for n in range(IDS_PER_WRITER)]

    def step(self) -> None:
        """Write something, then perhaps read it."""
        self.version += 1
        kind = self.random.random()
        if kind < 0.5 or not self.book:
            self.upsert(self.random.sample(self.mine, self.random.randint(1, 5)))
        elif kind < 0.85:
            self.reprice(self.random.choice(sorted(self.book)))
        else:
            self.remove(self.random.sample(sorted(self.book), min(len(self.book), self.random.randint(1, 2))))
        self.look(self.random.choice(self.mine))

    def upsert(self, ids: list[str]) -> None:
        """Store products anew."""
        states = {each: State(self.version, self.random.randint(100, 9999)) for each in ids}
        request = catalog_pb.UpsertProductsRequest(catalog=self.catalog, request_id=uuid.uuid4().hex)
        for each, state in states.items():
            request.products.append(product(each, state, self.catalog, self.random))
        answer = self.insist(self.products.UpsertProducts, request)
        if answer is not None:
            for result in answer.results:
                if result.HasField("error"):
                    self.told.wrong.append(f"upsert of {result.id}: {result.error.message}")
            self.book |= states

    def reprice(self, product_id: str) -> None:
        """Change a price alone."""
        state = State(self.book[product_id].version, self.random.randint(100, 9999))
        changed = types_pb2.Product(id=product_id, update_time=now())
        set_price(changed, state.cents)
        request = catalog_pb.UpdateProductRequest(
            catalog=self.catalog,
            product=changed,
            update_mask=FieldMask(paths=["price"]),
            request_id=uuid.uuid4().hex,
        )
        if self.insist(self.products.UpdateProduct, request) is not None:
            self.book[product_id] = state

    def remove(self, ids: list[str]) -> None:
        """Remove products."""
        request = catalog_pb.DeleteProductsRequest(catalog=self.catalog, ids=ids)
        if self.insist(self.products.DeleteProducts, request) is not None:
            for each in ids:
                del self.book[each]

    def look(self, product_id: str) -> None:
        """Read a product: what was acknowledged is seen at once."""
        request = catalog_pb.GetProductRequest(catalog=self.catalog, id=product_id)
        try:
            found = state_of(self.products.GetProduct(request, timeout=CALL_S).product)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                return
            found = None
        if found != self.book.get(product_id):
            self.told.wrong.append(f"{product_id} is {found}, acknowledged was {self.book.get(product_id)}")

    def insist(self, method, request):
        """Send *request* until it is acknowledged; None, and it is told, where it never is."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            wrong = len(self.told.wrong)
            answer = self.call(method, request)
            if answer is not None:
                return answer
            if len(self.told.wrong) > wrong:
                return None
            time.sleep(0.1)
        self.told.wrong.append(f"never acknowledged: {type(request).__name__}")
        return None


class Reader(Client):
    """Searches, and looks whether an answer is of its own catalogue, of one pack, and has no product twice."""

    def step(self) -> None:
        """Search once."""
        text = f"{self.random.choice(COLOURS)} {self.random.choice(THINGS)}"
        filters = ("", "price < 50", 'brand = "soak"')
        request = search_pb.SearchProductsRequest(
            catalog=self.catalog,
            parts=[search_pb.QueryPart(text=text)],
            filter=self.random.choice(filters),
            page_size=50,
        )
        answer = self.call(self.searches.SearchProducts, request)
        if answer is not None:
            self.examine(answer)
        time.sleep(0.02)

    def examine(self, answer: search_pb.SearchProductsResponse) -> None:
        """Note what must never be."""
        ids = [each.product.id for each in answer.results]
        if len(ids) != len(set(ids)):
            self.told.wrong.append(f"found twice: {sorted(ids)}")
        strangers = {tenant_of(each.product) for each in answer.results} - {self.catalog}
        if strangers:
            self.told.wrong.append(f"products of {strangers} in {self.catalog}")
        packs = {each.space.rpartition("/")[0] for each in (*answer.models, answer.index) if each.space}
        if len(packs) > 1:
            self.told.wrong.append(f"spaces are mixed: {packs}")


def product(product_id: str, state: State, catalog: str, rng: random.Random) -> types_pb2.Product:
    """Return a product that says what it is to be."""
    made = types_pb2.Product(
        id=product_id,
        title=f"{rng.choice(COLOURS)} {rng.choice(THINGS)} number {state.version}",
        brand="soak",
        update_time=now(),
    )
    set_price(made, state.cents)
    made.attributes["tenant"].string_value = catalog
    made.attributes["version"].number_value = state.version
    return made


def set_price(made: types_pb2.Product, cents: int) -> None:
    """Set a price."""
    made.price.currency_code = "EUR"
    made.price.units, made.price.nanos = cents // 100, cents % 100 * 10_000_000


def now() -> Timestamp:
    """Return the time of a write."""
    stamp = Timestamp()
    stamp.GetCurrentTime()
    return stamp


def state_of(found: types_pb2.Product) -> State:
    """Return what a stored product is."""
    cents = found.price.units * 100 + found.price.nanos // 10_000_000
    return State(int(found.attributes["version"].number_value), cents)


def tenant_of(found: types_pb2.Product) -> str:
    """Return the catalogue that a product was written for."""
    return str(found.attributes["tenant"].string_value)


def stored(stub: catalog_grpc.CatalogServiceStub, catalog: str) -> tuple[Book, int]:
    """Return what *catalog* holds, and how many products it counts."""
    book: Book = {}
    request = catalog_pb.ListProductsRequest(catalog=catalog, page_size=250)
    while True:
        page = stub.ListProducts(request, timeout=60)
        for each in page.products:
            assert each.id not in book, f"{each.id} is listed twice"
            assert catalog == tenant_of(each)
            book[each.id] = state_of(each)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    count = stub.GetCatalog(catalog_pb.GetCatalogRequest(catalog=catalog), timeout=60).product_count
    return book, count
