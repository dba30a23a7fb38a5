import gzip
import io
import tarfile
import zlib

import pytest

from triptych.packs import archive
from triptych.packs.archive import unpack_archive, write_archive
from triptych.packs.files import checksums_of
from triptych.packs.pack import PackError


def tar_of(path, *entries):
    """Write an archive of (name, content) or TarInfo."""
    with tarfile.open(path, "w:gz") as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                tar.addfile(info, io.BytesIO(entry[1]))
    return path


def link(name, kind, target):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def test_a_pack_comes_out_as_it_went_in(pack_folder, tmp_path):
    """Every file, byte by byte."""
    write_archive(pack_folder, tmp_path / "shop.tar.gz")
    unpack_archive(tmp_path / "shop.tar.gz", tmp_path / "back")

    assert checksums_of(pack_folder) == checksums_of(tmp_path / "back")


def test_the_same_pack_gives_the_same_bytes(pack_folder, tmp_path):
    """Whenever it is written, whoever owns its files."""
    write_archive(pack_folder, tmp_path / "one.tar.gz")
    (pack_folder / "MODEL_CARD.md").touch()
    (pack_folder / "MODEL_CARD.md").chmod(0o600)
    write_archive(pack_folder, tmp_path / "two.tgz")

    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tgz").read_bytes()


def test_a_broken_pack_is_not_exported(pack_folder, tmp_path):
    """And no archive appears."""
    (pack_folder / "MODEL_CARD.md").write_text("other")

    with pytest.raises(PackError, match="checksums differ"):
        write_archive(pack_folder, tmp_path / "shop.tar.gz")

    assert ["shop-1"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (("../evil", b"x"), "leads out of"),
        (("shop-1/../../evil", b"x"), "leads out of"),
        (("/tmp/evil", b"x"), "leads out of"),
        (("evil", b"x"), "leads out of"),
        (("shop-1/__pycache__/model.cpython-311.pyc", b"x"), "compiled code"),
        (link("shop-1/a", tarfile.SYMTYPE, "/etc/passwd"), "no plain file"),
        (link("shop-1/a", tarfile.LNKTYPE, "/etc/passwd"), "no plain file"),
        (link("shop-1/a", tarfile.CHRTYPE, ""), "no plain file"),
        (link("shop-1/a", tarfile.FIFOTYPE, ""), "no plain file"),
    ],
)
def test_a_hostile_entry_is_refused_and_leaves_nothing(tmp_path, entry, said):
    """Neither inside nor outside the folder."""
    path = tar_of(tmp_path / "evil.tar.gz", ("shop-1/fine", b"x"), entry)

    with pytest.raises(PackError, match=said):
        unpack_archive(path, tmp_path / "packs" / "shop-1")

    assert [] == list((tmp_path / "packs").iterdir())
    assert ["evil.tar.gz", "packs"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_file_that_comes_twice_is_refused(tmp_path):
    """The second could replace what was looked at."""
    path = tar_of(tmp_path / "evil.tar.gz", ("shop-1/a", b"x"), ("shop-1/a", b"y"))

    with pytest.raises(PackError, match="twice"):
        unpack_archive(path, tmp_path / "out")


def test_a_bomb_is_refused_before_the_disk_is_full(tmp_path, monkeypatch):
    """Bytes that unpack to far more than themselves."""
    monkeypatch.setattr(archive, "GROWTH_FREE_BYTES", 1000)
    path = tar_of(tmp_path / "bomb.tar.gz", ("shop-1/zeros", bytes(5_000_000)))

    with pytest.raises(PackError, match="far more"):
        unpack_archive(path, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_bomb_in_a_header_is_refused(tmp_path, monkeypatch):
    """Headers are unpacked too, into memory."""
    monkeypatch.setattr(archive, "GROWTH_FREE_BYTES", 1000)
    header = tarfile.TarInfo("shop-1/x")
    header.type, header.size = tarfile.XHDTYPE, 50_000_000
    with gzip.open(tmp_path / "bomb.tar.gz", "wb") as file:
        file.write(header.tobuf() + bytes(header.size))

    with pytest.raises(PackError, match="far more"):
        unpack_archive(tmp_path / "bomb.tar.gz", tmp_path / "out")


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    """Empty files cost room too."""
    monkeypatch.setattr(archive, "FILES_MAX", 3)
    path = tar_of(tmp_path / "many.tar.gz", *((f"shop-1/{n}", b"") for n in range(4)))

    with pytest.raises(PackError, match="more than 3 files"):
        unpack_archive(path, tmp_path / "out")


@pytest.mark.parametrize("cut", [0, 10, 100, -1])
def test_an_archive_that_is_cut_short_is_refused(pack_folder, tmp_path, cut):
    """A download that broke off."""
    write_archive(pack_folder, tmp_path / "shop.tar.gz")
    whole = (tmp_path / "shop.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[:cut])

    with pytest.raises(PackError):
        unpack_archive(tmp_path / "cut.tar.gz", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_an_archive_that_is_damaged_inside_is_refused(tmp_path):
    """A bit that flipped on a disk makes a stream that cannot be unpacked."""
    tar = tar_of(tmp_path / "x.tar.gz", ("shop-1/weights", b"x" * 4_000_000))
    packer = zlib.compressobj(wbits=31)
    begun = packer.compress(gzip.decompress(tar.read_bytes())[:3_000_000]) + packer.flush(zlib.Z_FULL_FLUSH)
    # There are blocks of three types; this one is of the fourth.
    tar.write_bytes(begun + b"\x07" * 10)

    with pytest.raises(PackError, match="is no archive of a pack"):
        unpack_archive(tar, tmp_path / "out")


@pytest.mark.parametrize("content", [b"no archive", gzip.compress(b"no tar" * 200), zlib.compress(b"x")])
def test_what_is_no_archive_is_refused(tmp_path, content):
    """Whatever it is called."""
    (tmp_path / "x.tar.gz").write_bytes(content)

    with pytest.raises(PackError):
        unpack_archive(tmp_path / "x.tar.gz", tmp_path / "out")


def test_an_archive_of_a_broken_pack_is_refused(pack_folder, tmp_path):
    """What was unpacked is verified before it appears."""
    path = tar_of(
        tmp_path / "x.tar.gz",
        ("shop-1/pack.json", (pack_folder / "pack.json").read_bytes()),
        ("shop-1/MODEL_CARD.md", b"other"),
    )

    with pytest.raises(PackError, match="lacks"):
        unpack_archive(path, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_missing_archive_is_named(tmp_path):
    """Not as a traceback."""
    with pytest.raises(PackError, match="No such file"):
        unpack_archive(tmp_path / "x.tar.gz", tmp_path / "out")
