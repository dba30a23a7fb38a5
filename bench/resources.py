"""What each part of the running suite takes of memory and CPU while it is searched: `python -m bench.resources`.

From these the requests in k8s/base are made. Starts nothing: `triptych demo` before it.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle, product
from random import Random

import psutil

from triptych.client import Client
from triptych.local.parts import parts_of
from triptych.local.settings import SuiteSettings

COLOURS = ("red", "green", "blue", "yellow", "black", "white", "grey")
MATERIALS = ("metal", "wooden", "glass", "leather", "cotton", "ceramic")
THINGS = ("mug", "chair", "shirt", "lamp", "bag", "table", "bowl")
MEBIBYTE = 1024 * 1024


def main() -> None:
    """Search for a while and print a table."""
    parser = argparse.ArgumentParser(description="Measure memory and CPU of the running suite's parts.")
    parser.add_argument("--seconds", type=float, default=20.0, help="default: %(default)s")
    parser.add_argument("--clients", type=int, default=3, help="default: %(default)s")
    arguments = parser.parse_args()
    settings = SuiteSettings()
    families = {part.name: list(family(part.port)) for part in parts_of(settings)}
    before = {name: cpu_s(processes) for name, processes in families.items()}
    with ThreadPoolExecutor(arguments.clients) as pool:
        end = time.monotonic() + arguments.seconds
        address = f"127.0.0.1:{settings.gateway_port}"
        searches = sum(
            pool.map(lambda number: search(address, end, number), range(arguments.clients), chunksize=1)
        )
    print(f"{searches / arguments.seconds:.0f} searches a second by {arguments.clients} clients")
    print("| part | RSS, MiB | CPU, cores | CPU, ms a search |\n| --- | --- | --- | --- |")
    for name, processes in families.items():
        used = cpu_s(processes) - before[name]
        print(
            f"| {name} | {rss(processes):.0f} | {used / arguments.seconds:.2f} | {used / searches * 1e3:.2f} |"
        )


def search(address: str, end: float, number: int) -> int:
    """Search by words until *end*, every fourth time by a product found before and words; return how often."""
    done, like = 0, None
    queries = list(product(COLOURS, MATERIALS, THINGS))
    Random(number).shuffle(queries)
    with Client(address) as shop:
        for words in cycle(queries):
            if time.monotonic() > end:
                break
            answer = shop.search(text=" ".join(words), like=like, catalog="demo")
            done += 1
            like = answer.results[0].product.id if answer.results and done % 4 == 0 else None
    return done


def family(port: int) -> Iterator[psutil.Process]:
    """Yield the process that listens on *port*, and those that it started."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            process = psutil.Process(connection.pid)
            yield process
            yield from process.children(recursive=True)
            return


def cpu_s(processes: list[psutil.Process]) -> float:
    """Return the seconds of CPU that *processes* have used."""
    total = 0.0
    for process in processes:
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def rss(processes: list[psutil.Process]) -> float:
    """Return what *processes* have in memory, in MiB; what they share counts for each."""
    return float(sum(process.memory_info().rss for process in processes) / MEBIBYTE)


if __name__ == "__main__":
    main()
