"""The command: trains as a configuration says.

actionclip-train my-folder --set data.list=clips --set model.start=ViT-B-16.pt --set run.out=runs/mine
torchrun --nproc-per-node 4 -m actionclip_trainer k400.toml
"""

from __future__ import annotations

import argparse
import json
import sys

from . import processes
from .configuration import read_configuration
from .loop import Stopped
from .run import Run
from .training import DivergedError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="actionclip-train", description="Trains an ActionCLIP model on videos."
    )
    parser.add_argument("configuration", help="a TOML file, or the name of one of this package's: k400, ucf101, "
                        "hmdb51, ssv2, charades, my-folder")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="TABLE.FIELD=VALUE", dest="changes",
                        help="change a field of the configuration; repeat it for more")  # fmt: skip
    options = parser.parse_args()
    try:
        results = Run(read_configuration(options.configuration, options.changes)).train()
        if processes.rank() == 0:
            print(json.dumps(results))
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return 130
    except (ValueError, OSError, RuntimeError, DivergedError) as error:
        print(f"actionclip-train: error: {error}", file=sys.stderr)
        return 1
    finally:
        processes.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
