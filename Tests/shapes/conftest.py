import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "models" / "shapes"), str(ROOT / "scripts"), str(ROOT / "bindings" / "python")]


def _library():
    named = os.environ.get("ACTIONCLIP_LIBRARY")
    return Path(named) if named else ROOT / "build" / "lib" / "libactionclip.so"


@pytest.fixture(scope="session")
def actionclip():
    """The binding, with the library built in this checkout or named by ACTIONCLIP_LIBRARY."""
    path = _library()
    if not path.exists():
        pytest.skip(f"{path} is not built (make library)")
    os.environ["ACTIONCLIP_LIBRARY"] = str(path)
    import actionclip
    return actionclip
