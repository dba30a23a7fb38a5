import dataclasses

from supervisor.options import ServerOptions

from triptych.local.parts import parts_of
from triptych.local.supervisord import SOCKET_PATH_MAX, Supervisor, config_text


def read_by_supervisord(supervisor, parts):
    """Return supervisord's own view of the configuration."""
    supervisor.folder.joinpath("logs").mkdir(parents=True)
    supervisor.config_path.write_text(config_text(supervisor, parts))
    options = ServerOptions()
    options.realize(["--configuration", str(supervisor.config_path)])
    return options


def test_supervisord_reads_every_part(settings):
    """All parts are started, watched, and their output rotated."""
    parts = parts_of(settings)

    options = read_by_supervisord(Supervisor(settings.folder), parts)

    programs = {p.name: p for group in options.process_group_configs for p in group.process_configs}
    assert {part.name for part in parts} == set(programs)
    for program in programs.values():
        assert program.autostart
        assert program.killasgroup
        assert program.redirect_stderr
        assert 0 < program.stdout_logfile_maxbytes < 100 * 1024 * 1024


def test_callers_stop_before_those_they_call(settings):
    """supervisord stops groups in the reverse order of their priority."""
    options = read_by_supervisord(Supervisor(settings.folder), parts_of(settings))

    groups = sorted(options.process_group_configs, key=lambda group: group.priority, reverse=True)
    assert ["gateway", "rooms", "engines"] == [group.name for group in groups]


def test_a_per_cent_sign_and_a_blank_in_a_path_are_kept(settings, tmp_path):
    """supervisord's own notation does not get in the way of a folder's name."""
    supervisor = Supervisor(tmp_path / "50% off")
    part = dataclasses.replace(parts_of(settings)[0], command=("/bin/echo", "a b", "100%"))
    rest = parts_of(settings)[1:]

    options = read_by_supervisord(supervisor, [part, *rest])

    programs = {p.name: p for group in options.process_group_configs for p in group.process_configs}
    assert "/bin/echo 'a b' 100%" == programs["milvus"].command
    assert str(supervisor.folder / "logs" / "milvus.log") == programs["milvus"].stdout_logfile


def test_a_deep_folder_has_its_socket_elsewhere(tmp_path):
    """The path of a unix socket may not be long."""
    deep, other = tmp_path / ("d" * SOCKET_PATH_MAX), tmp_path / ("e" * SOCKET_PATH_MAX)

    assert len(str(Supervisor(deep).socket_path)) <= SOCKET_PATH_MAX
    assert Supervisor(deep).socket_path != Supervisor(other).socket_path


def test_without_a_supervisord_nothing_runs(tmp_path):
    """Asking is no error."""
    supervisor = Supervisor(tmp_path)

    assert not supervisor.is_running()
    assert {} == supervisor.processes()


def test_a_stale_socket_is_like_none(tmp_path):
    """What a killed supervisord leaves does not keep the suite from starting."""
    supervisor = Supervisor(tmp_path)
    supervisor.socket_path.touch()

    assert not supervisor.is_running()
