import sys

from triptych.local.next_pack import next_link_of, serve_next
from triptych.local.parts import GROUPS, parts_of
from triptych.local.settings import SuiteSettings


def by_name(settings):
    return {part.name: part for part in parts_of(settings)}


def test_the_engines_start_first_and_the_gateway_last(settings):
    """The order is that of dependence."""
    names = [part.name for part in parts_of(settings)]

    assert ["milvus", "triton", "encoder", "fusion", "search", "ranker", "gateway"] == names
    assert set(GROUPS) == {part.group for part in parts_of(settings)}


def test_each_room_is_told_where_the_others_listen(settings):
    """A port that was changed is changed for everybody."""
    parts = by_name(settings)

    triton, encoder = parts["triton"].address, parts["encoder"].address
    assert triton == parts["encoder"].environment["TRIPTYCH_ENCODER_TRITON_URL"]
    assert triton == parts["fusion"].environment["TRIPTYCH_FUSION_TRITON_URL"]
    assert triton == parts["ranker"].environment["TRIPTYCH_RANKER_TRITON_URL"]
    milvus = f"http://{parts['milvus'].address}"
    assert milvus == parts["search"].environment["TRIPTYCH_SEARCH_MILVUS_URI"]
    assert encoder == parts["gateway"].environment["TRIPTYCH_GATEWAY_ENCODER"]
    assert str(settings.gateway_port) == parts["gateway"].environment["TRIPTYCH_GATEWAY_PORT"]


def test_what_products_show_is_kept(settings):
    """The local suite keeps media in its own folder."""
    encoder = by_name(settings)["encoder"]

    assert str(settings.folder / "media") == encoder.environment["TRIPTYCH_ENCODER_MEDIA_STORE"]


def test_no_port_is_used_twice(settings):
    """Every listener of the suite has a port of its own."""
    ports = [port for part in parts_of(settings) for port in (part.port, *part.other_ports)]

    assert len(ports) == len(set(ports))


def test_every_part_ends_with_its_supervisor(settings):
    """Each is started through triptych.local.bound."""
    for part in parts_of(settings):
        assert (sys.executable, "-m", "triptych.local.bound") == part.command[:3]


def test_the_environment_moves_ports_and_folder(monkeypatch, tmp_path):
    """TRIPTYCH_* variables are heeded."""
    monkeypatch.setenv("TRIPTYCH_STATE", str(tmp_path))
    monkeypatch.setenv("TRIPTYCH_GATEWAY_PORT", "9999")

    settings = SuiteSettings()

    assert tmp_path == settings.folder
    assert "127.0.0.1:9999" == by_name(settings)["gateway"].address


def test_a_second_pack_has_a_triton_an_encoder_and_a_fusion_of_its_own(settings, tmp_path):
    """The gateway is told of them; without the pack there is nothing of the kind."""
    next_link_of(settings).parent.mkdir(parents=True)
    next_link_of(settings).symlink_to(tmp_path)

    parts = by_name(settings)

    assert {"triton_next", "encoder_next", "fusion_next"} < parts.keys()
    triton, encoder = parts["triton_next"], parts["encoder_next"]
    assert f"TRIPTYCH_ENCODER_TRITON_URL={triton.address}" in encoder.command
    assert f"TRIPTYCH_ENCODER_PORT={encoder.port}" in encoder.command
    assert encoder.address == parts["gateway"].environment["TRIPTYCH_GATEWAY_ENCODER_NEXT"]
    assert str(next_link_of(settings)) in triton.command
    serve_next(settings, None)
    assert not {"triton_next", "encoder_next", "fusion_next"} & by_name(settings).keys()
    ports = [port for part in parts.values() for port in (part.port, *part.other_ports)]
    assert len(ports) == len(set(ports))
