"""Large models and many frames: time for each frame against ViT-B/16, memory, loading and converting.

    python3 benchmarks/large.py [--models B/16 L/14@336] [--frames 8] [--compute fp32 bf16 int8] [--rounds 3]
    python3 benchmarks/large.py --files H/14 [--folder build/bench/large]

(make library and make command first; needs numpy.) The first form encodes clips of each model, whose weights are
random and have few blocks of text, since texts are not measured. Models of one precision are measured in turn, round by
round, ViT-B/16 with 8 frames among them, and a row tells GFLOP a second, as a share of ViT-B/16's too, the memory that
`actionclip info --no-load` tells, the largest that the process took, and the time that it estimated. The second form
writes a file of random weights with all of both encoders, reads it, from the system's cache and from the disk, and then
loads it and converts it in each precision, each in a process of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "python"))
COMMAND = ROOT / "build" / "bin" / "actionclip"

#: Side, patch, width, layers, heads, width of the MLP, and of text: width, layers, heads; size of an embedding.
MODELS = {
    "B/32": (224, 32, 768, 12, 12, 3072, 512, 12, 8, 512),
    "B/16": (224, 16, 768, 12, 12, 3072, 512, 12, 8, 512),
    "L/14": (224, 14, 1024, 24, 16, 4096, 768, 12, 12, 768),
    "L/14@336": (336, 14, 1024, 24, 16, 4096, 768, 12, 12, 768),
    "H/14": (224, 14, 1280, 32, 16, 5120, 1024, 24, 16, 1024),
    "g/14": (224, 14, 1408, 40, 16, 6144, 1024, 24, 16, 1024),
}
#: open_clip's, which have GELU.
WITH_GELU = ("H/14", "g/14")
VOCABULARY, CONTEXT = 49408, 77
PRECISIONS = ("fp32", "bf16", "int8")
BASE = ("B/16", 8)


def shapes(model, text_layers=None, vocabulary=VOCABULARY):
    side, patch, width, layers, _, hidden, text, its_layers, _, embedding = MODELS[model]
    names = {
        "visual.conv1.weight": (width, 3, patch, patch), "visual.class_embedding": (width,),
        "visual.positional_embedding": ((side // patch) ** 2 + 1, width), "visual.proj": (width, embedding),
        "token_embedding.weight": (vocabulary, text), "positional_embedding": (CONTEXT, text),
        "text_projection": (text, embedding), "logit_scale": (),
    }  # fmt: skip

    def norm(name, size):
        names[f"{name}.weight"] = names[f"{name}.bias"] = (size,)

    def blocks(prefix, count, size, mlp):
        for layer in range(count):
            own = f"{prefix}{layer}."
            for name in ("ln_1", "ln_2"):
                norm(own + name, size)
            names[own + "attn.in_proj_weight"], names[own + "attn.in_proj_bias"] = (3 * size, size), (3 * size,)
            matrices = (("attn.out_proj", size, size), ("mlp.c_fc", mlp, size), ("mlp.c_proj", size, mlp))
            for name, outputs, inputs in matrices:
                names[f"{own}{name}.weight"], names[f"{own}{name}.bias"] = (outputs, inputs), (outputs,)

    for name in ("visual.ln_pre", "visual.ln_post"):
        norm(name, width)
    norm("ln_final", text)
    blocks("visual.transformer.resblocks.", layers, width, hidden)
    blocks("transformer.resblocks.", its_layers if text_layers is None else text_layers, text, 4 * text)
    return names


def write(path, names):
    """Random weights, tensor by tensor, spread as trained ones are: with peaks, so that int8 rotates them."""
    header, offset = {}, 0
    for name, shape in names.items():
        size = 4 * int(np.prod(shape, dtype=np.int64))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    rng = np.random.default_rng(0)
    part = path.with_name(f"part-{path.name}")
    with open(part, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in names.items():
            numbers = rng.standard_normal(shape, np.float32)
            if name == "logit_scale":
                numbers = np.float32(4.6)
            elif len(shape) >= 2:
                numbers *= np.abs(numbers) * np.float32(0.6 / np.sqrt(shape[-1]))
            elif name.endswith("weight"):
                numbers = 1 + np.float32(0.1) * numbers
            file.write(np.ascontiguousarray(numbers, np.float32).tobytes())
    os.replace(part, path)


def made(folder, model):
    """A file for encoding videos alone: its text encoder has one block and a small vocabulary."""
    path = folder / f"{model.replace('/', '-')}.safetensors"
    if not path.exists():
        print(f"making {path.name}", file=sys.stderr, flush=True)
        write(path, shapes(model, text_layers=1, vocabulary=512))
    return path


def options_of(model):
    return {"activation": "GELU" if model in WITH_GELU else "QuickGELU"}


def worker():
    """Answers requests on standard input: a clip encoded, its milliseconds and the process's largest memory."""
    request = json.loads(sys.stdin.readline())
    import actionclip

    frames = request["frames"]
    options = dict(request["options"], frames=frames, compute=request["compute"], threads=request["threads"])
    plan = actionclip.Model.plan(request["path"], measure=False, **options).info
    model = actionclip.Model(request["path"], **options)
    side = model.info.image_size
    pixels = np.random.default_rng(0).standard_normal((frames, 3, side, side), np.float32)
    told = {"flops": plan.video_flops, "bytes": plan.weight_bytes + plan.video_bytes, "input": pixels.nbytes}
    print(json.dumps(told), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        model.encode_pixels(pixels)
        print(json.dumps({"ms": 1e3 * (time.perf_counter() - begin), "rss": status("VmHWM")}), flush=True)


def status(key):
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(key + ":"))


class Worker:
    def __init__(self, path, frames, compute, threads, options):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        request = {"path": str(path), "frames": frames, "compute": compute, "threads": threads, "options": options}
        self.told = self.ask(request)
        self.times, self.rss = [], 0

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def round(self):
        said = self.ask({})
        self.times.append(said["ms"])
        self.rss = said["rss"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def encode(options, folder):
    cases = [BASE] + [(m, t) for m in options.models for t in options.frames if (m, t) != BASE]
    print(f"{'model':10} {'T':>3} {'':5} {'ms a clip':>10} {'spread':>7} {'ms a frame':>11} {'GFLOP/s':>8} "
          f"{'of B/16':>8} {'told MB':>8} {'largest MB':>11} {'estimated':>10}")  # fmt: skip
    for compute in options.compute:
        workers = {}
        for model, frames in cases:
            path = made(folder, model)
            workers[model, frames] = Worker(path, frames, compute, options.threads, options_of(model))
        for _ in range(options.rounds + 1):  # the first one takes memory
            for worker_ in workers.values():
                worker_.round()
        speed = {}
        for (model, frames), worker_ in workers.items():
            times = worker_.times[1:]
            best, middle = min(times), statistics.median(times)
            speed[model, frames] = worker_.told["flops"] / middle / 1e6
            estimate = estimated(made(folder, model), frames, compute, options.threads, options_of(model))
            print(f"{model:10} {frames:3} {compute:5} {middle:10.1f} {100 * (max(times) / best - 1):6.1f}% "
                  f"{middle / frames:11.2f} {speed[model, frames]:8.1f} {speed[model, frames] / speed[BASE]:8.3f} "
                  f"{worker_.told['bytes'] / 1e6:8.0f} {(worker_.rss - worker_.told['input']) / 1e6:11.0f} "
                  f"{estimate:10.1f}", flush=True)  # fmt: skip
            worker_.close()


def estimated(path, frames, compute, threads, options):
    import actionclip

    plan = actionclip.Model.plan(path, frames=frames, compute=compute, threads=threads, **options)
    return 1e3 * plan.video_seconds


def measured(code, *arguments):
    """A process's wall time in seconds, and its largest memory in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen([*code, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status_, usage = os.wait4(process.pid, 0)
    if status_:
        raise SystemExit(f"failed: {[*code, *arguments]}")
    return time.perf_counter() - begin, usage.ru_maxrss * 1024 / 1e6


def forgotten(path):
    """Takes a file out of the system's cache, so that it is read from the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_seconds(path, cached):
    """The times of reading a file, 8 MB at a time into the same memory, on one thread."""
    times, buffer = [], bytearray(8 << 20)
    for _ in range(3):
        if not cached:
            forgotten(path)
        begin = time.perf_counter()
        with open(path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
        times.append(time.perf_counter() - begin)
    return times


def load():
    """Loads a model, in a process of its own whose largest memory counts: seconds and the bytes of its weights as JSON."""
    path, compute, its, cached, times = json.loads(sys.stdin.readline())
    import actionclip

    taken = []
    for _ in range(times):
        if not cached:
            forgotten(path)
        begin = time.perf_counter()
        model = actionclip.Model(path, compute=compute, **its)
        taken.append(time.perf_counter() - begin)
        told = model.info.weight_bytes
        model.close()
    print(json.dumps({"seconds": taken, "bytes": told, "largest": status("VmHWM")}))


def loaded(path, compute, its, cached=True, times=3):
    request = json.dumps([str(path), compute, its, cached, times]) + "\n"
    process = subprocess.run([sys.executable, __file__, "--load"], input=request, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(process.stdout)


def shown(times):
    return f"{statistics.median(times):.2f} s ({min(times):.2f}-{max(times):.2f})"


def files(options, folder):
    model = options.files
    path = folder / f"{model.replace('/', '-')}-whole.safetensors"
    if not path.exists():
        print(f"making {path.name}", file=sys.stderr, flush=True)
        write(path, shapes(model))
    its = options_of(model)
    print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB, read from the cache in {shown(read_seconds(path, True))}, "
          f"from the disk in {shown(read_seconds(path, False))}")  # fmt: skip
    for compute in options.compute:
        cold, warm = (loaded(path, compute, its, cached)["seconds"] for cached in (False, True))
        once = loaded(path, compute, its, times=1)
        print(f"load {compute}: from the cache {shown(warm)}, from the disk {shown(cold)}, "
              f"weights {once['bytes'] / 1e6:.0f} MB, largest {once['largest'] / 1e6:.0f} MB", flush=True)  # fmt: skip
    arguments = ["--activation", its["activation"].lower()]
    for storage in ("fp32", "fp16", "bf16", "int8"):
        target = folder / "converted.safetensors"
        seconds, largest = measured([COMMAND, "convert"], path, target, "--storage", storage, *arguments)
        size = target.stat().st_size
        target.unlink()
        print(f"convert to {storage}: {seconds:.2f} s, {size / 1e6:.0f} MB, largest {largest:.0f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=["L/14@336"])
    parser.add_argument("--frames", nargs="+", type=int, default=[8])
    parser.add_argument("--compute", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench" / "large")
    parser.add_argument("--files", metavar="MODEL", choices=MODELS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return worker()
    if options.load:
        return load()
    options.folder.mkdir(parents=True, exist_ok=True)
    from machine import machine

    print(json.dumps(machine()), file=sys.stderr)
    files(options, options.folder) if options.files else encode(options, options.folder)


if __name__ == "__main__":
    main()
