"""A study is a grid of named runs, each of which leaves a log, and a page that is made from the logs."""
import json


def run_missing(grid, train, args):
    """Trains the runs of the grid whose log isn't there, or those of args.names, and writes args.logs/NAME.json.

    train(run, args) is the log, as what JSON can hold.
    """
    args.logs.mkdir(parents=True, exist_ok=True)
    for name in args.names or grid:
        log = args.logs / f"{name}.json"
        if not log.exists():
            print(name, flush=True)
            log.write_text(json.dumps(train(grid[name], args), indent=1) + "\n")


def read_logs(grid, folder):
    """By name, in the grid's order, the logs that are there."""
    paths = {name: folder / f"{name}.json" for name in grid}
    return {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}


def missing_line(grid, logs):
    """Lines that name the runs without a log: none if all are there."""
    missing = [name for name in grid if name not in logs]
    return ["Not measured yet: " + ", ".join(missing) + ".", ""] if missing else []
