"""What the tests of finding share."""

import pytest

from triptych.vocabulary.errors import InvalidArgument


@pytest.fixture
def raises_invalid():
    """Checks that a search is refused for this reason, this field to blame; returns the message."""

    async def check(search, reason, field):
        with pytest.raises(InvalidArgument) as caught:
            await search
        assert (reason, field) == (caught.value.reason, caught.value.field)
        return caught.value.message

    return check
