"""Shared by the tests of the trainer. Run: python3 -m pytest Tests/trainer"""

import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "trainer"), str(ROOT / "scripts"), str(ROOT / "bindings" / "python")]
#: Reference data too large to commit; tests that need it skip where it is absent.
SHARED = Path(os.environ.get("ACTIONCLIP_SHARED", ROOT.parent / "shared"))

if sys.version_info < (3, 11):
    pytest.skip("the trainer needs Python 3.11", allow_module_level=True)
torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("safetensors", reason="safetensors is not installed")
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def actionclip():
    """The Python package with the library built in this checkout or named by ACTIONCLIP_LIBRARY."""
    path = Path(os.environ.get("ACTIONCLIP_LIBRARY") or ROOT / "build" / "lib" / "libactionclip.so")
    if not path.exists():
        pytest.skip(f"{path} is not built (make library)")
    os.environ["ACTIONCLIP_LIBRARY"] = str(path)
    import actionclip

    return actionclip


class Pack:
    """A step of training computed by the reference."""

    def __init__(self, folder):
        from safetensors.torch import load_file

        self.name = folder.name
        self.case = json.loads((folder / "case.json").read_text())
        self.checkpoint = folder / "checkpoint.pt"
        self.inputs = load_file(folder / "inputs.safetensors")
        self.expected = load_file(folder / "expected.safetensors")


def cases(name):
    return sorted(path.parent for path in (SHARED / name).glob("*/case.json"))
