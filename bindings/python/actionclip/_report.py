"""Reports on fits: how well a classifier does on clips that it did not see, and which clips deserve a look."""

from __future__ import annotations

import ctypes
import dataclasses
from typing import Any

from . import _abi
from ._handle import Handle
from ._library import library
from ._methods import METHODS


@dataclasses.dataclass(frozen=True)
class MethodReport:
    """A method that a fit tried, on clips that were left out. Of a clip with several views each counts its part."""

    method: str  #: "words", "prototypes", "ridge" or "softmax"
    clips: float  #: clips that could be left out
    top1: float  #: the share of them whose label is the best one
    top1_interval: tuple[float, float]  #: Wilson's 95 % interval of that share
    top5: float  #: the share of them whose label is among the best five
    loss: float  #: the mean of -log of the label's probability
    top1_without_examples: float | None  #: the share of clips that are right with all clips of their label left out


@dataclasses.dataclass(frozen=True)
class LabelReport:
    """A label that has examples. None: it has a single clip, of which nothing can be said."""

    label: str
    clips: int
    top1: float | None  #: the share of its clips that are recognised when they are left out
    top1_by_words: float | None  #: the share that the words alone recognise
    mean_probability: float | None


@dataclasses.dataclass(frozen=True)
class ClipReport:
    """A clip, and what a fit without it says of it. None: it is the only clip of its label."""

    clip: int
    label: str
    best: str | None  #: the label with the largest probability
    best_by_words: str
    probability: float | None  #: of its own label
    margin: float | None  #: what that exceeds the largest of another label by
    is_suspect: bool  #: it looks mislabelled
    duplicate: int | None  #: another clip that has nearly the same view
    duplicate_has_other_label: bool


@dataclasses.dataclass(frozen=True)
class Report:
    """The findings of a fit by leaving out each clip in turn. The choices of the fit were made by the same clips, so
    the figures flatter a little where clips are few."""

    reason: str  #: why the method was chosen, in one sentence
    chosen: MethodReport
    words: MethodReport  #: the words alone, as before the fit
    methods: list[MethodReport]  #: all that were tried
    labels: list[LabelReport]  #: those with examples
    labels_without_examples: int
    clips: list[ClipReport]
    single_clips: int  #: clips that are the only one of their label
    confusions: list[tuple[str, str, float]]  #: pairs of labels with the clips taken for each other
    reject_threshold: float  #: a video whose largest probability is below it shows none of the labels
    accepted: float  #: the share of left-out clips that the threshold accepts
    rejected: float | None  #: the share of clips that it rejects with their label taken out, words included
    text: str = dataclasses.field(repr=False)  #: the whole report for people, which print() shows

    @property
    def suspects(self) -> list[ClipReport]:
        """The clips that look mislabelled."""
        return [clip for clip in self.clips if clip.is_suspect]

    @property
    def duplicates(self) -> list[ClipReport]:
        """The clips that another clip is nearly the same as."""
        return [clip for clip in self.clips if clip.duplicate is not None]

    def __str__(self) -> str:
        return self.text


def _share(hits: float, of: float) -> float | None:
    return hits / of if of > 0 else None


def read_report(classifier: int) -> Report:
    """The report of a classifier's latest fit."""
    lib = library()
    out = ctypes.c_void_p()
    lib.call("classifier_report", classifier, ctypes.byref(out))
    with Handle("report", out.value or 0, lib.report_free).use() as handle:
        info: Any = _row("report_get_info", handle, _abi.ReportInfo)

        def text(label: int) -> str:
            return str(lib.report_label_text(handle, label).decode("utf-8"))

        methods = [_method(_row("report_trial", handle, _abi.TrialReport, i)) for i in range(info.trials)]
        labels = [_row("report_label", handle, _abi.LabelReport, i) for i in range(info.labels)]
        clips = [_row("report_clip", handle, _abi.ClipReport, i) for i in range(info.clips)]
        pairs = [_row("report_confusion", handle, _abi.ConfusionReport, i) for i in range(info.confusions)]
        return Report(
            reason=_text("report_reason", handle),
            chosen=methods[info.chosen],
            words=methods[0],
            methods=methods,
            labels=[_label(text(row.label), row) for row in labels],
            labels_without_examples=info.label_count - info.labels,
            clips=[_clip(text, row) for row in clips],
            single_clips=info.single_clips,
            confusions=[(text(row.first), text(row.second), row.clips) for row in pairs],
            reject_threshold=info.reject_threshold,
            accepted=_share(info.accepted, info.known) or 0.0,
            rejected=_share(info.rejected, info.unknown),
            text=_text("report_text", handle),
        )


def _row(name: str, handle: int, struct: Any, *index: int) -> Any:
    row = struct(struct_size=ctypes.sizeof(struct))
    library().call(name, handle, *index, ctypes.byref(row))
    return row


def _text(name: str, handle: int) -> str:
    size = ctypes.c_size_t()
    library().call(name, handle, None, 0, ctypes.byref(size))
    text = ctypes.create_string_buffer(size.value)
    library().call(name, handle, text, size.value, ctypes.byref(size))
    return text.value.decode("utf-8")


def _method(row: Any) -> MethodReport:
    return MethodReport(
        method=next(name for name, code in METHODS.items() if code == row.method),
        clips=row.clips,
        top1=_share(row.right, row.clips) or 0.0,
        top1_interval=(row.right_low, row.right_high),
        top5=_share(row.among_five, row.clips) or 0.0,
        loss=row.loss,
        top1_without_examples=_share(row.right_by_words, row.word_clips),
    )


def _label(text: str, row: Any) -> LabelReport:
    return LabelReport(
        label=text,
        clips=row.clips,
        top1=_share(row.right, row.judged),
        top1_by_words=_share(row.right_by_words, row.judged),
        mean_probability=row.mean_probability if row.judged > 0 else None,
    )


def _clip(text: Any, row: Any) -> ClipReport:
    is_judged = row.best >= 0
    return ClipReport(
        clip=row.clip_id,
        label=text(row.label),
        best=text(row.best) if is_judged else None,
        best_by_words=text(row.best_by_words),
        probability=row.probability if is_judged else None,
        margin=row.margin if is_judged else None,
        is_suspect=bool(row.is_suspect),
        duplicate=row.duplicate_id if row.has_duplicate else None,
        duplicate_has_other_label=bool(row.duplicate_has_other_label),
    )
