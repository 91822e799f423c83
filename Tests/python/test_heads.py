"""Temporal heads have one name and one number in the header, the bindings and the library."""

import actionclip
import pytest
from actionclip._abi import CONSTANTS
from actionclip._model_info import HEADS
from conftest import ROOT

PACK = ROOT / "Tests" / "fixtures" / "packs" / "conv1d" / "checkpoint.pt"


def test_every_constant_has_a_name():
    constants = {name: code for name, code in CONSTANTS.items() if name.startswith("HEAD_") and code}
    assert constants == {f"HEAD_{name.upper()}": code for name, code in HEADS.items()}


@pytest.mark.parametrize("name", sorted(HEADS.keys() - {"Conv_1D"}))
def test_the_library_knows_the_number_by_that_name(name):
    with pytest.raises(actionclip.ModelError, match=f"head {name} was asked for"):
        actionclip.Model(PACK, head=name)
