"""Times to ratios, ratios to a Markdown report. A ratio below 1: this library takes less."""

import statistics

from workload import TASK

OURS = "libactionclip"
NAMES = {OURS: OURS, "torch": "PyTorch", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}


def ratios(measured):
    """Rows of one task in one precision: each peer's ratio, the fastest peer first. A spread is from the
    smallest to the largest of the rounds."""
    ours = measured.get(OURS, {}).get("ms")
    rows = []
    for peer, result in measured.items():
        if peer == OURS or not ours or not result.get("ms"):
            continue
        each = [mine / theirs for mine, theirs in zip(ours, result["ms"])]
        rows.append({"peer": peer, "ms": statistics.median(result["ms"]), "ratio": statistics.median(each),
                     "lowest": min(each), "highest": max(each)})  # fmt: skip
    return sorted(rows, key=lambda row: row["ms"])


def memory_ratios(measured):
    """Rows of one task for resident memory, net of what a process had after its imports; the smallest peer first."""
    ours = net(measured.get(OURS, {}))
    rows = []
    for peer, result in measured.items():
        if peer != OURS and ours and net(result):
            ratio = ours["VmRSS"] / net(result)["VmRSS"]
            rows.append({"peer": peer, "mib": net(result)["VmRSS"] / 1024, "ratio": ratio, "lowest": ratio,
                         "highest": ratio})  # fmt: skip
    return sorted(rows, key=lambda row: row["mib"])


def net(result):
    if "used" not in result:
        return None
    return {name: result["used"][name] - result["imported"][name] for name in ("VmRSS", "VmHWM")}


def headlines(results):
    """(task, precision, all ratios) where there is a peer to compare with, in the order measured."""
    for name, by_precision in results["tasks"].items():
        for precision, measured in by_precision.items():
            rows = memory_ratios(measured) if name == "memory" else ratios(measured)
            if rows:
                yield TASK[name], precision, rows


def markdown(results):
    return "\n".join([*_head(results), "", *_times(results), *_memory(results), *_cosines(results),
                      *_errors(results)]) + "\n"  # fmt: skip


def _head(results):
    machine = results["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    coretype = machine["OPENBLAS_CORETYPE"] or "unset"
    return [
        f"{results['date']}, {machine['processor']}, {machine['processors']} processors "
        f"({' '.join(machine['flags'])}), {results['threads']} threads, rounds: {results['rounds']} "
        f"(in rows marked · a third of them, but at least 3), OPENBLAS_CORETYPE {coretype}.",
        f"{versions}; commit {results['commit'] or 'unknown'}.",
        "",
        "Ratio: this library's time to the peer's in the same round, median (smallest–largest of the rounds); below 1"
        " this library is faster. Bold: against the fastest peer. Times: medians, milliseconds.",
    ]


def _times(results):
    lines = [f"| task | | {OURS} | fastest peer | **ratio** | others |", "|---|---|---|---|---|---|"]
    for task, precision, rows in headlines(results):
        if task.kind == "memory":
            continue
        ours = statistics.median(results["tasks"][task.name][precision][OURS]["ms"])
        best, *others = rows
        rest = "; ".join(f"{NAMES[row['peer']]} {row['ms']:,.0f}: {_ratio(row)}" for row in others)
        lines.append(f"| {task.title}{' ·' if task.long else ''} | {precision} | {ours:,.0f} | "
                     f"{NAMES[best['peer']]} {best['ms']:,.0f} | **{best['ratio']:.2f}** "
                     f"({best['lowest']:.2f}–{best['highest']:.2f}) | {rest} |")  # fmt: skip
    return lines


def _ratio(row):
    return f"{row['ratio']:.2f} ({row['lowest']:.2f}–{row['highest']:.2f})"


def _memory(results):
    by_precision = results["tasks"].get("memory")
    if not by_precision:
        return []
    lines = ["", f"{TASK['memory'].title}, MiB: less the process's memory after its imports, and (raw).", "",
             "| | | resident | at most | ratio of net resident |", "|---|---|---|---|---|"]  # fmt: skip
    for precision, measured in by_precision.items():
        found = {row["peer"]: row["ratio"] for row in memory_ratios(measured)}
        for runtime, result in measured.items():
            if own := net(result):
                cells = (f"{own[name] / 1024:,.0f} ({result['used'][name] / 1024:,.0f})" for name in own)
                ratio = f"{found[runtime]:.2f}" if runtime in found else ""
                lines.append(f"| {precision} | {NAMES[runtime]} | {' | '.join(cells)} | {ratio} |")
    return lines


def _cosines(results):
    """The worst of each runtime, over the tasks of a kind."""
    worst = {}
    for name, by_precision in results["tasks"].items():
        for precision, measured in by_precision.items():
            for runtime, result in measured.items():
                if "cosine" in result:
                    kinds = worst.setdefault((precision, runtime), {})
                    kind = TASK[name].kind
                    kinds[kind] = min(result["cosine"], kinds.get(kind, 1.0))
    if not worst:
        return []
    lines = ["", "Worst cosine of an embedding with that of PyTorch in fp32 (the peers read the video with PyAV and "
             "Pillow, OpenVINO's int8 is calibrated with noise), and of scores less their mean:", "",
             "| | | image | text | video | scores |", "|---|---|---|---|---|---|"]  # fmt: skip
    for (precision, runtime), kinds in worst.items():
        cells = (f"{kinds[kind]:.6f}" if kind in kinds else "" for kind in ("image", "text", "video", "score"))
        lines.append(f"| {precision} | {NAMES[runtime]} | {' | '.join(cells)} |")
    return lines


def _errors(results):
    lines = []
    for name, by_precision in results["tasks"].items():
        for precision, measured in by_precision.items():
            for runtime, result in measured.items():
                if "error" in result:
                    lines.append(f"- not measured: {name}, {precision}, {NAMES[runtime]}: {result['error']}")
    return ["", *lines] if lines else []
