"""Which network addresses may be connected to on behalf of a client."""

import pytest

from services.encoder.adapters.hosts import first_allowed, resolve
from triptych.vocabulary.errors import InvalidArgument, Reason

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address):
    """No address of the house itself is connected to, in any disguise."""
    with pytest.raises(InvalidArgument) as error:
        first_allowed([address], private_allowed=False)

    assert Reason.URI_NOT_ALLOWED == error.value.reason
    assert address not in error.value.message


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_can_be_allowed(address):
    """An operator whose pictures lie inside says so."""
    assert address == first_allowed([address], private_allowed=True)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"]
)
def test_public_addresses_pass(address):
    """The open internet is what an allowed host is expected to be on."""
    assert address == first_allowed([address, "8.8.8.8"], private_allowed=False)


@pytest.mark.parametrize("addresses", [[], ["8.8.8.8", "10.0.0.1"]])
def test_one_private_address_refuses_the_host(addresses):
    """A host that is also inside is not trusted by half; one without any address is not at all."""
    with pytest.raises(InvalidArgument):
        first_allowed(addresses, private_allowed=False)


async def test_resolves():
    """A literal address is its own."""
    assert ["127.0.0.1"] == list(await resolve("127.0.0.1", 80))
