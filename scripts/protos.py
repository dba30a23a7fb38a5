"""Generate the stubs from protos/, or check that the committed ones are current, or lint the schema.

    python scripts/protos.py            # write triptych/v1 and triptych/internal/v1
    python scripts/protos.py --check    # exit 1 when the committed stubs differ
    python scripts/protos.py --image F  # write the compiled schema to F, for buf lint and buf breaking
    python scripts/protos.py --release  # make the schema of now the one that later ones are compared with

The rules of protovalidate come as a descriptor inside its own wheel, so nothing is fetched.
"""

import argparse
import filecmp
import os
import re
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

# protoc finds its plugins beside the interpreter.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
GRPC_TOOLS_INCLUDE = Path(protoc.__file__).parent / "_proto"
VALIDATE = "buf/validate/validate.proto"
RELEASED = PROTOS / "released.binpb"
OUR_VALIDATE = "triptych/thirdparty/validate_pb2.py"
SCHEMA = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))


def validate_descriptor() -> FileDescriptorProto:
    """Return protovalidate's schema as its wheel carries it."""
    return FileDescriptorProto.FromString(validate_pb.desc().proto.to_binary())


def google_api_include() -> Path:
    """Return the folder that holds google/rpc/*.proto and google/type/*.proto."""
    import google.rpc

    return Path(next(iter(google.rpc.__path__))).parent.parent


def run_protoc(*arguments: str) -> None:
    """Run protoc with every import in reach; stop on its first complaint."""
    with tempfile.NamedTemporaryFile(suffix=".binpb") as rules:
        rules.write(FileDescriptorSet(file=[validate_descriptor()]).SerializeToString())
        rules.flush()
        status = protoc.main(
            [
                "protoc",
                f"--descriptor_set_in={rules.name}",
                f"--proto_path={PROTOS}",
                f"--proto_path={GRPC_TOOLS_INCLUDE}",
                f"--proto_path={google_api_include()}",
                *arguments,
            ]
        )
    if status:
        sys.exit(status)


def adapt_import(text: str) -> str:
    """Point a stub at our copy of protovalidate's stub: a top-level package called `buf` is not ours to install."""
    text = re.sub(
        r"^from buf\.validate import validate_pb2 as (\w+)$",
        r"from triptych.thirdparty import validate_pb2 as \1",
        text,
        flags=re.MULTILINE,
    )
    return re.sub(r"^import buf\.validate\.validate_pb2$", "", text, flags=re.MULTILINE)


def generate(target: Path) -> list[Path]:
    """Write all stubs below *target*; return their paths relative to it."""
    run_protoc(f"--python_out={target}", f"--mypy_out=quiet:{target}", *SCHEMA)
    services = [name for name in SCHEMA if name.endswith("_service.proto")]
    run_protoc(f"--grpc_python_out={target}", f"--mypy_grpc_out=quiet:{target}", *services)
    run_protoc(f"--python_out={target}", VALIDATE)
    validate = target / OUR_VALIDATE
    validate.parent.mkdir(parents=True, exist_ok=True)
    (target / "buf/validate/validate_pb2.py").rename(validate)
    stubs = [path for path in target.rglob("*_pb2*.py*") if path.is_file()]
    for stub in stubs:
        stub.write_text(adapt_import(stub.read_text()))
    return sorted(stub.relative_to(target) for stub in stubs)


def main() -> int:
    """Run as the usage at the head says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--image", type=Path)
    parser.add_argument("--release", action="store_true")
    options = parser.parse_args()
    if options.release:
        run_protoc("--include_imports", f"--descriptor_set_out={RELEASED}", *SCHEMA)
        return 0
    if options.image:
        run_protoc(
            "--include_imports", "--include_source_info", f"--descriptor_set_out={options.image}", *SCHEMA
        )
        return 0
    with tempfile.TemporaryDirectory() as folder:
        stubs = generate(Path(folder))
        if options.check:
            stale = [stub for stub in stubs if not same(Path(folder) / stub, ROOT / stub)]
            for stub in stale:
                print(f"stale: {stub} (run `make protos`)")
            return 1 if stale else 0
        for stub in stubs:
            (ROOT / stub).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / stub).write_bytes((Path(folder) / stub).read_bytes())
    return 0


def same(left: Path, right: Path) -> bool:
    """Whether both files exist with the same content."""
    return right.exists() and filecmp.cmp(left, right, shallow=False)


if __name__ == "__main__":
    sys.exit(main())
