"""The ratios as bars."""

import report
from workload import PRECISIONS

SHORT = {
    "b16-8": "B/16\n8 frames", "b16-1": "B/16\n1 frame", "b32-8": "B/32\n8 frames",
    "prompts": "400 prompts\n(peers: 77\npositions)", "prompts-fair": "400 prompts\n(peers: 10\npositions)",
    "templates": "400 labels,\n16 templates", "video": "10 s of 720p,\n8 frames",
    "load": "load to first\nembedding", "memory": "resident\nmemory",
}  # fmt: skip
COLOURS = {"fp32": "#3b6ea5", "bf16": "#e0912f", "int8": "#4f9d69"}
HIGHEST = 1.6


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
            axes.text(x, max(height, highest) + 0.02, f"{row['ratio']:.2f}", ha="center", va="bottom", fontsize=8,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
    line = axes.axhline(1, color="#b03030", linewidth=1.2, linestyle="--")
    axes.set_xticks(range(len(found)), [SHORT[name] for name in found], fontsize=9)
    axes.set_xlim(-0.5, len(found) - 0.5)
    slower = any(row["highest"] > 1.1 for by_precision in found.values() for row in by_precision.values())
    axes.set_ylim(0, HIGHEST + 0.25 if slower else 1.3)
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
