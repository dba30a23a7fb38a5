"""Which pack is served: the chosen one, the shipped one, or the one that a setting names."""

import pytest

from triptych.local import serving, switch
from triptych.local.catalogs import CatalogsUnknown, misfits
from triptych.local.parts import parts_of
from triptych.local.settings import SuiteSettings
from triptych.local.suite import PartStatus, SuiteError
from triptych.packs.copying import copy_pack
from triptych.packs.pack import PackError, read_pack

SHIPPED = SuiteSettings.model_fields["model_repository"].default


@pytest.fixture
def other(tmp_path):
    """A sound pack elsewhere."""
    return copy_pack(SHIPPED, tmp_path / "other").folder


def test_without_a_choice_the_shipped_pack_is_served(settings):
    """Nothing has to be set up."""
    assert SHIPPED == serving.pack_to_serve(settings)


def test_a_choice_is_remembered(settings, other):
    """By every later start."""
    serving.remember(settings, other)

    assert other == serving.pack_to_serve(settings)
    serving.remember(settings, SHIPPED)
    assert SHIPPED == serving.pack_to_serve(settings)


def test_a_setting_wins_over_the_choice(settings, other, tmp_path):
    """For this start only."""
    serving.remember(settings, other)
    forced = settings.model_copy(update={"model_repository": tmp_path})

    assert tmp_path == serving.pack_to_serve(forced)
    assert other == serving.pack_to_serve(settings)
    assert (True, False) == (serving.is_forced(forced), serving.is_forced(settings))


def test_triton_is_started_on_what_is_served(settings, other):
    """On a link, so that the next start of Triton alone serves another pack."""
    serving.serve(settings, other)
    command = next(part for part in parts_of(settings) if part.name == "triton").command

    assert str(serving.link_of(settings)) in command
    assert other == serving.served_pack(settings)


def test_a_broken_pack_is_never_served(settings, other):
    """What was served stays."""
    serving.serve(settings, SHIPPED)
    (other / "MODEL_CARD.md").write_text("other")

    with pytest.raises(PackError, match="checksums differ"):
        serving.serve(settings, other)

    assert SHIPPED == serving.served_pack(settings)


def test_compiled_code_in_a_pack_is_removed_before_it_is_served(settings, other):
    """Python would run it instead of what was verified."""
    (other / "text_encoder/1/__pycache__").mkdir()
    (other / "text_encoder/1/__pycache__/model.cpython-311.pyc").write_bytes(b"hostile")

    serving.serve(settings, other)

    assert [] == [*other.rglob("__pycache__")]


def test_a_pack_that_does_not_come_up_gives_way_to_the_former(settings, other, monkeypatch):
    """Triton is started twice: on the new pack, and on the former again."""
    started = []
    monkeypatch.setattr(switch, "_restart_triton", lambda _: started.append(serving.served_pack(settings)))

    def watch(*_):
        yield [PartStatus("triton", "STARTING", 1, 1, "", healthy=False)]
        raise SuiteError("triton is not ready")

    monkeypatch.setattr(switch.suite, "watch", watch)
    serving.serve(settings, SHIPPED)

    with pytest.raises(SuiteError, match=r"triton is not ready; the former pack in .* is served again"):
        list(switch.switch(settings, other, 1))

    assert [other, SHIPPED] == started


def test_a_search_room_that_is_away_is_told_as_such(settings):
    """It is not taken for one without catalogues."""
    with pytest.raises(CatalogsUnknown):
        misfits(f"127.0.0.1:{settings.search_port}", read_pack(SHIPPED))
