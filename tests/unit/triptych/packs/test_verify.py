import json

import pytest
from small_packs import make_pack, seal

from triptych.packs.pack import PackError, read_pack
from triptych.packs.verify import verify


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_sound_pack_is_returned_with_its_facts(pack_folder):
    """What pack.json says can be used."""
    pack = verify(pack_folder)

    assert ("shop-1", 8, ("image", "text"), 0.5) == (
        pack.id,
        pack.dimension,
        pack.modalities,
        pack.figures["R@1"],
    )


def test_a_folder_without_facts_is_no_pack(tmp_path):
    """The file that is missing is named."""
    with pytest.raises(PackError, match=r"is no pack: it has no pack\.json"):
        verify(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "names no format"),
        ('{"format": 2}', "format 2 and this version of Triptych reads format 1"),
        ('{"format": 1}', "'name' is missing"),
    ],
)
def test_facts_that_cannot_be_read_are_refused(pack_folder, text, said):
    """A later version's pack is told from a broken one."""
    (pack_folder / "pack.json").write_text(text)

    with pytest.raises(PackError, match=said):
        read_pack(pack_folder)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": "../up"}, "the name '../up' must match"),
        ({"version": ""}, "the version '' must match"),
        ({"dimension": 0}, "dimension must be a whole number above 0"),
        ({"dimension": True}, "dimension must be a whole number above 0"),
        ({"languages": "en"}, "languages must be a list of words"),
        ({"modalities": ["smell"]}, "'smell' is no modality"),
        ({"models": {"nose": {"kind": "x", "parameters": 1}}}, "'nose' is no model"),
        ({"figures": {"R@1": "good"}}, "could not convert"),
        ({"checksums": {"../../etc/passwd": "0" * 64}}, "is no path inside the pack"),
        ({"checksums": {"/etc/passwd": "0" * 64}}, "is no path inside the pack"),
        ({"checksums": {"a": "0"}}, "is no SHA-256"),
    ],
)
def test_a_fact_that_makes_no_sense_is_named(pack_folder, facts, said):
    """The message says which and what it should be."""
    seal(pack_folder, **facts)

    with pytest.raises(PackError, match=said):
        read_pack(pack_folder)


def test_a_file_that_was_changed_is_named(pack_folder):
    """One bit of the weights is enough."""
    (pack_folder / "text_encoder/1/model.safetensors").write_bytes(b"Weights of text_encoder")

    with pytest.raises(PackError, match=r"checksums differ\): text_encoder/1/model\.safetensors"):
        verify(pack_folder)


def test_a_file_that_is_missing_is_named(pack_folder):
    """A copy that broke off is found."""
    (pack_folder / "image_encoder/1/model.safetensors").unlink()

    with pytest.raises(PackError, match=r"pack shop-1 lacks image_encoder/1/model\.safetensors"):
        verify(pack_folder)


def test_a_file_that_nobody_knows_is_named(pack_folder):
    """Nothing can be slipped in."""
    (pack_folder / "text_encoder/1/more.txt").touch()

    with pytest.raises(PackError, match=r"does not know: text_encoder/1/more\.txt"):
        verify(pack_folder)


def test_a_link_is_refused(pack_folder, tmp_path):
    """What it points to could be another thing tomorrow."""
    (pack_folder / "text_encoder/1/more.txt").symlink_to(tmp_path)

    with pytest.raises(PackError, match="is a link"):
        verify(pack_folder)


def test_bytecode_that_python_leaves_behind_is_passed_over(pack_folder):
    """Serving a pack does not break it."""
    (pack_folder / "text_encoder/1/__pycache__").mkdir()
    (pack_folder / "text_encoder/1/__pycache__/model.cpython-311.pyc").touch()

    assert "shop-1" == verify(pack_folder).id


def test_a_package_that_is_missing_is_named(pack_folder):
    """With what to do about it."""
    seal(pack_folder, requires=["numpy", "no-such-package-anywhere"])

    with pytest.raises(PackError, match="not installed: pip install no-such-package-anywhere"):
        verify(pack_folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name: "text_encoder"', 'name: "other"', "its name is 'other', not 'text_encoder'"),
        ('string_value: "shop"', 'string_value: "mall"', "its pack is 'mall', not 'shop'"),
        ('string_value: "1"', 'string_value: "2"', "its version is '2', not '1'"),
        ('"shop-1/text"', '"shop-2/text"', "its space is 'shop-2/text'"),
        ('string_value: "8"', 'string_value: "9"', "its dimension is '9', not '8'"),
        ("dims: [8]", "dims: [9]", r"its size of VECTOR is \[9\], not \[8\]"),
        ('name: "TEXT"', 'name: "WORDS"', "its inputs is WORDS, not TEXT"),
        ("max_batch_size: 4", "max_batch_size: many", "cannot be read"),
        ("backend", "bakend", "cannot be read"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(pack_folder, old, new, said):
    """Both what stands there and what should stand there are said."""
    change(pack_folder / "text_encoder/config.pbtxt", old, new)
    seal(pack_folder)

    with pytest.raises(PackError, match=said):
        verify(pack_folder)


def test_a_pack_of_another_dimension_than_its_models_is_refused(pack_folder):
    """The dimension of pack.json is that of every space."""
    seal(pack_folder, dimension=16)

    with pytest.raises(PackError, match="its dimension is '8', not '16'"):
        verify(pack_folder)


def test_modalities_without_encoders_are_refused(pack_folder):
    """A pack does not promise what it cannot do."""
    seal(pack_folder, modalities=["audio", "image", "text"])

    with pytest.raises(
        PackError, match="claims to encode audio, image, text, but has encoders of image, text"
    ):
        verify(pack_folder)


def test_a_pack_without_encoders_is_refused(pack_folder):
    """Nothing could be found with it."""
    seal(pack_folder, models={}, modalities=[])

    with pytest.raises(PackError, match="has no encoder"):
        verify(pack_folder)


def test_a_model_that_pack_json_forgot_is_refused(pack_folder):
    """Triton would load it all the same."""
    models = json.loads((pack_folder / "pack.json").read_text())["models"]
    del models["image_encoder"]
    seal(pack_folder, models=models, modalities=["text"])

    with pytest.raises(
        PackError, match="names the models text_encoder, but its folders are image_encoder, text_"
    ):
        verify(pack_folder)


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.system('true')\n",
        "from training.serving.text import TritonPythonModel\nprint()\n",
        "from training_serving import TritonPythonModel\n",
        "from training.pack import load_pack\n",
        "from .hidden import TritonPythonModel\n",
        "class TritonPythonModel: pass\n",
        '__import__("os").system("true").x = ["TritonPythonModel"]\n',
        'x[__import__("os").system("true")] = ["TritonPythonModel"]\n',
        '__all__ = ["TritonPythonModel", *__import__("os").environ]\n',
        "(",
    ],
)
def test_code_in_a_pack_is_refused(pack_folder, code):
    """A model.py may import its class from this project, and nothing else."""
    (pack_folder / "text_encoder/1/model.py").write_text(code)
    seal(pack_folder)

    with pytest.raises(PackError, match=r"code of its own|is no Python"):
        verify(pack_folder)


def test_code_beside_the_models_is_refused(pack_folder):
    """A folder that pack.json does not call a model may be one to Triton."""
    (pack_folder / "other/1").mkdir(parents=True)
    (pack_folder / "other/1/model.py").write_text("import os\n")
    seal(pack_folder)

    with pytest.raises(PackError, match="code of its own"):
        verify(pack_folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('backend: "python"', 'backend: "onnxruntime"', "backend"),
        ('backend: "python"', 'platform: "tensorflow_savedmodel"', "backend"),
        ('backend: "python"', 'backend: "python" platform: "ensemble"', "platform"),
        ('backend: "python"', 'backend: "python" runtime: "weights.safetensors"', "runtime"),
        (
            'backend: "python"',
            'backend: "python" default_model_filename: "a.json"',
            "default_model_filename",
        ),
        (
            'backend: "python"',
            'backend: "python" model_operations { op_library_filename: "a.json" }',
            "model_operations",
        ),
        (
            'parameters { key: "pack"',
            'parameters { key: "EXECUTION_ENV_PATH" value: { string_value: "a.json" } } parameters { key: "pack"',
            "EXECUTION_ENV_PATH",
        ),
    ],
)
def test_a_configuration_that_names_code_is_refused(pack_folder, old, new, said):
    """Triton would load a library, a program or a whole environment, whatever its file is called."""
    change(pack_folder / "text_encoder/config.pbtxt", old, new)
    seal(pack_folder)

    with pytest.raises(PackError, match=f"could run code of its own by its {said}"):
        verify(pack_folder)


@pytest.mark.parametrize("name", ["helper.py", "weights.pt", "weights.bin", "lib.so"])
def test_files_that_could_run_code_are_refused(pack_folder, name):
    """Also a second Python file, and pickles."""
    (pack_folder / "text_encoder/1" / name).write_text('"""Nothing."""\nx = 1\n')
    seal(pack_folder)

    with pytest.raises(PackError, match="code of its own"):
        verify(pack_folder)


def test_the_name_of_the_class_may_be_listed(pack_folder):
    """As a module does that only passes a name on."""
    text = 'from training.serving.text import TritonPythonModel\n\n__all__ = ["TritonPythonModel"]\n'
    (pack_folder / "text_encoder/1/model.py").write_text(text)
    seal(pack_folder)

    assert "shop-1" == verify(pack_folder).id


def test_another_pack_of_another_name_is_sound_too(tmp_path):
    """Nothing hangs on the names of the fixture."""
    assert "mall-2.1" == verify(make_pack(tmp_path / "x", "mall", "2.1", 4)).id
