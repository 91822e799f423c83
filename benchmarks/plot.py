"""The ratios as bars."""

import report
from workload import PRECISIONS

SHORT = {
    "b16-8": "B/16\n8 frames", "b16-1": "B/16\n1 frame", "b32-8": "B/32\n8 frames",
    "prompts": "400 prompts\n(peers: 77\npositions)", "prompts-fair": "400 prompts\n(peers: 10\npositions)",
    "templates": "400 labels in\n16 templates\n(peers: 77)", "video": "10 s of 720p,\n8 frames",
    "x-clip": "X-CLIP\nB/16, 8 frames", "load": "load to first\nembedding", "memory": "resident\nmemory",
}  # fmt: skip
COLOURS = {"fp32": "#3b6ea5", "bf16": "#e0912f", "int8": "#4f9d69"}
#: A bar that goes beyond is cut off, and says so with an arrow.
HIGHEST = 2.0


def draw(results, paths):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = {}
    for task, precision, rows in report.headlines(results):
        found.setdefault(task.name, {})[precision] = rows[0]
    if not found:
        return
    figure, axes = pyplot.subplots(figsize=(max(6, 1.5 * len(found) + 1), 5), layout="constrained")
    width = 0.27
    for index, by_precision in enumerate(found.values()):
        for place, precision in enumerate(PRECISIONS):
            if precision not in by_precision:
                continue
            row = by_precision[precision]
            x, height = index + (place - 1) * width, min(row["ratio"], HIGHEST)
            axes.bar(x, height, width * 0.92, color=COLOURS[precision])
            lowest, highest = min(row["lowest"], HIGHEST), min(row["highest"], HIGHEST)
            axes.plot([x, x], [lowest, highest], color="#333333", linewidth=1)
            label = f"{row['ratio']:.2f}{'↑' if row['ratio'] > HIGHEST else ''}"
            axes.text(x, max(height, highest) + 0.02, label, ha="center", va="bottom", fontsize=8,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
    line = axes.axhline(1, color="#b03030", linewidth=1.2, linestyle="--")
    axes.set_xticks(range(len(found)), [SHORT[name] for name in found], fontsize=9)
    axes.set_xlim(-0.5, len(found) - 0.5)
    top = max(row["highest"] for by_precision in found.values() for row in by_precision.values())
    axes.set_ylim(0, max(1, min(top, HIGHEST)) + 0.3)
    axes.set_ylabel("libactionclip : best peer")
    machine = results["machine"]
    axes.set_title(
        "Time (and memory) as a share of the best peer's; lower is better\n"
        f"{machine['processor']}, {results['threads']} threads, rounds: {results['rounds']}, {results['date'][:10]}",
        fontsize=10)  # fmt: skip
    bars = [pyplot.Rectangle((0, 0), 1, 1, color=COLOURS[precision]) for precision in PRECISIONS]
    axes.legend([*bars, line], [*PRECISIONS, "the best peer"], loc="upper left", ncols=4, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    for path in paths:
        figure.savefig(path, dpi=150)
