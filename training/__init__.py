"""Training of Triptych's model packs: data, networks, losses, metrics, export."""

import importlib.util
import sys

# The repository has a folder `triton/` (the model repository), which Python would take for the kernel
# compiler of the same name that torch looks for. Where only the folder is found, say "not installed".
_found = importlib.util.find_spec("triton")
if _found is not None and _found.origin is None:
    sys.modules["triton"] = None  # type: ignore[assignment]
