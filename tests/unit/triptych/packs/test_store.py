import pytest
from small_packs import make_pack

from triptych.packs.copying import copy_pack
from triptych.packs.files import checksums_of
from triptych.packs.pack import PackError
from triptych.packs.staging import staged
from triptych.packs.store import Store, inspected


@pytest.fixture
def store(tmp_path):
    """A shipped pack "demo", and "shop" in versions 9, 10 and rc."""
    for version in ("9", "10", "9.rc"):
        make_pack(tmp_path / "packs" / f"shop-{version}", "shop", version)
    return Store(tmp_path / "packs", make_pack(tmp_path / "shipped", "demo"))


def test_the_shipped_pack_comes_first(store):
    """Then the others by name; folders in the making are passed over."""
    (store.folder / ".partial").mkdir()

    assert ["shipped", "shop-10", "shop-9", "shop-9.rc"] == [folder.name for folder in store.folders()]


@pytest.mark.parametrize(
    ("reference", "folder"),
    [("demo", "shipped"), ("demo-1", "shipped"), ("shop", "shop-10"), ("shop-9", "shop-9")],
)
def test_a_pack_is_found_by_name_and_version(store, reference, folder):
    """Without a version it is the last one: 10 comes after 9."""
    assert folder == store.find(reference).name


def test_a_pack_is_found_by_its_folder(store, tmp_path):
    """Wherever it lies."""
    other = make_pack(tmp_path / "elsewhere", "shop", "11")

    assert other == store.find(str(other))


def test_an_unknown_pack_is_refused_with_those_that_are_known(store):
    """So that the next try is right."""
    with pytest.raises(PackError, match=r"no pack 'mall'; known are: demo-1, shop-10, shop-9, shop-9\.rc"):
        store.find("mall")


def test_a_folder_that_is_no_pack_is_refused(store, tmp_path):
    """It is not taken for an unknown name."""
    with pytest.raises(PackError, match="is no pack"):
        store.find(str(tmp_path))


def test_a_store_that_does_not_exist_has_the_shipped_pack(tmp_path):
    """Nothing has to be made first."""
    store = Store(tmp_path / "none", make_pack(tmp_path / "shipped"))

    assert [tmp_path / "shipped"] == list(store.folders())


def test_a_broken_pack_is_listed_with_its_facts_and_the_reason(store):
    """It does not vanish from the list."""
    (store.shipped / "MODEL_CARD.md").unlink()

    listed = inspected(store.shipped)

    assert ("demo-1", "pack demo-1 lacks MODEL_CARD.md") == (listed.pack.id, listed.problem)


def test_a_folder_whose_facts_cannot_be_read_is_listed(store):
    """Without facts, with the reason."""
    (store.shipped / "pack.json").write_text("{")

    listed = inspected(store.shipped)

    assert listed.pack is None
    assert "cannot be read" in listed.problem


def test_a_copy_is_the_same(pack_folder, tmp_path):
    """Without what Python left behind."""
    (pack_folder / "__pycache__").mkdir()

    copied = copy_pack(pack_folder, tmp_path / "deep" / "copy")

    assert checksums_of(pack_folder) == checksums_of(copied.folder)
    assert not (copied.folder / "__pycache__").exists()


def test_a_staged_folder_replaces_what_was_there(tmp_path):
    """When the block ends well, and not before."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()

    with staged(tmp_path / "out") as staging:
        (staging / "new").touch()
        assert ["old"] == [path.name for path in (tmp_path / "out").iterdir()]

    assert ["new"] == [path.name for path in (tmp_path / "out").iterdir()]
    assert ["out"] == [path.name for path in tmp_path.iterdir()]


def test_a_staged_folder_that_fails_leaves_what_was_there(tmp_path):
    """And nothing else."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()

    with pytest.raises(ZeroDivisionError), staged(tmp_path / "out"):
        raise ZeroDivisionError

    assert ["old"] == [path.name for path in (tmp_path / "out").iterdir()]
    assert ["out"] == [path.name for path in tmp_path.iterdir()]
