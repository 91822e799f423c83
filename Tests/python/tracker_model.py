"""The rules of a tracker as a program: what docs/EVENTS.md and actionclip.h say in words. Times are ints, scores floats."""

NS = 1_000_000_000
DEFAULTS = {
    "exclusive": True, "on": 0.4, "off": 0.3, "margin": 0.0, "min_on": NS, "min_off": NS // 2, "half_life": NS // 2,
    "max_event": 0, "update": 0, "gap": 2 * NS, "none": -1,
}  # fmt: skip


class Run:
    def __init__(self, label, start):
        self.label, self.start, self.number, self.off_since = label, start, None, None
        self.count, self.sum, self.gap = 0, 0.0, (0, 0.0)
        self.peak, self.peak_at, self.last_at, self.reported = float("-inf"), 0, None, 0


class TrackerModel:
    def __init__(self, labels, **options):
        self.o = {**DEFAULTS, **options}
        self.labels, self.before, self.s, self.current, self.number = labels, None, [0.0] * labels, None, 0
        self.runs, self.ended, self.events = [], {}, []  # exclusive: the holder, then the challenger

    def push(self, start, end, scores):
        self.decided, middle = end, start + (end - start) // 2
        if self.before and self.o["gap"] and start - self.before[1] > self.o["gap"]:
            self.end_runs()
            self.before = None
        begin = start
        if self.before:
            last = self.before[2]
            begin = last + (middle - last) // 2
            half = self.o["half_life"]
            weight = 2.0 ** -((middle - last) / half) if half else 0.0
            scores = [p + weight * (s - p) for p, s in zip(scores, self.s)]
        self.s, self.before = scores, (start, end, middle)
        if self.o["exclusive"]:
            self.reach(begin)
        if self.o["exclusive"]:
            self.exclusive(begin, middle)
        else:
            for label in range(self.labels):
                self.reach(begin, label)
                run = next((r for r in self.runs if r.label == label), None)
                is_on = run is not None and run.off_since is None
                now = scores[label] >= (self.off(label) if is_on else self.on(label))
                now = now and (run is not None or self.is_free(label, begin)) and label != self.o["none"]
                self.track(run, label, now, begin, middle)

    def on(self, label):
        on = self.o["on"]
        return on[label] if isinstance(on, list) else on

    def off(self, label):
        off = self.o["off"]
        return off[label] if isinstance(off, list) else off

    def is_free(self, label, begin):
        return label not in self.ended or begin - self.ended[label] >= self.o["min_off"]

    def exclusive(self, begin, middle):
        best = max(range(self.labels), key=lambda label: (self.s[label], -label))
        others = [s for label, s in enumerate(self.s) if label != best]
        leads = all(self.s[best] - s >= self.o["margin"] for s in others)
        may = any(r.label == best for r in self.runs) or self.is_free(best, begin)
        if self.s[best] >= self.on(best) and leads and may:
            self.current = best
        elif self.current is not None and self.s[self.current] < self.off(self.current):
            self.current = None
        label = None if self.current == self.o["none"] else self.current
        for run in list(reversed(self.runs)):
            if run.label != label:
                self.leave(run, begin)
        for run in list(self.runs):
            if run in self.runs:
                self.settle(run, run.label == label, begin, middle)
        if label is not None:
            run = next((r for r in self.runs if r.label == label), None)
            if run is None:
                del self.runs[1:]
                run = Run(label, begin)
                self.runs.append(run)
            self.stay(run, middle)

    def track(self, run, label, is_on, begin, middle):
        if run:
            if not is_on:
                self.leave(run, begin)
            self.settle(run, is_on, begin, middle)
        if is_on:
            run = next((r for r in self.runs if r.label == label), None)
            if run is None:
                run = Run(label, begin)
                self.runs.append(run)
            self.stay(run, middle)

    def reach(self, time, label=None):
        for run in reversed(self.runs):
            if run.off_since is None and label in (None, run.label):
                self.start(run, time)
                self.split(run, time)
                return

    def leave(self, run, time):
        if run.off_since is None:
            run.off_since, run.gap = time, (0, 0.0)

    def settle(self, run, is_on, begin, middle):
        if run.off_since is None:
            return
        if is_on and begin - run.off_since < self.o["min_off"]:
            run.off_since = None
            run.count, run.sum = run.count + run.gap[0], run.sum + run.gap[1]
            if self.o["exclusive"] and run is self.runs[0]:
                del self.runs[1:]
        elif is_on or middle - run.off_since >= self.o["min_off"]:
            self.close(run)
        else:
            run.gap = (run.gap[0] + 1, run.gap[1] + self.s[run.label])

    def stay(self, run, middle):
        if self.too_long(run, middle) and not (self.o["exclusive"] and run is not self.runs[0]):
            self.start(run, middle)
            run = self.split(run, middle)
        run.count, run.sum, run.last_at = run.count + 1, run.sum + self.s[run.label], middle
        if self.s[run.label] > run.peak:
            run.peak, run.peak_at = self.s[run.label], middle
        self.start(run, middle)
        update = self.o["update"]
        if update and run.number is not None and self.decided - run.reported >= update:
            self.report("updated", run, middle)

    def start(self, run, known):
        if run.number is not None or run.peak == float("-inf") or known - run.start < self.o["min_on"]:
            return
        if self.o["exclusive"] and run is not self.runs[0]:
            self.close(self.runs[0])
        run.number, self.number = self.number, self.number + 1
        self.report("started", run, known)

    def too_long(self, run, known):
        return self.o["max_event"] and known - run.start >= self.o["max_event"]

    def split(self, run, known):
        if run.number is None or not self.too_long(run, known):
            return run
        end = run.start + (known - run.start) // self.o["max_event"] * self.o["max_event"]
        if end < run.last_at:
            return run
        self.report("ended", run, end)
        self.runs[self.runs.index(run)] = new = Run(run.label, end)
        return new

    def close(self, run):
        if run.number is not None:
            self.report("ended", run, run.off_since)
        self.runs.remove(run)

    def end_runs(self):
        time = self.before[1]
        for label in [None] if self.o["exclusive"] else range(self.labels):
            self.reach(time, label)
            for run in self.runs[:1] if label is None else [r for r in self.runs if r.label == label]:
                self.leave(run, time)
                self.close(run)
        self.runs = []
        self.current = None

    def finish(self):
        if self.before:
            self.end_runs()

    def report(self, kind, run, end):
        if kind == "ended":
            self.ended[run.label] = end
        else:
            run.reported = self.decided
        self.events.append(
            (kind, run.label, run.number, run.start, end, self.decided, run.peak_at, run.peak, run.sum / run.count)
        )
