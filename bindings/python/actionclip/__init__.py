"""Recognise actions in video by matching it against words: libactionclip for Python.

    with actionclip.Model("weights.pt") as model:
        model.classify("clip.mp4", ["archery", "yoga", "juggling"])
"""

from ._cancel import CancelToken
from ._classifier import Classifier, Scores
from ._descriptions import read_descriptions
from ._errors import (
    ActionCLIPError,
    ArgumentError,
    ArgumentTypeError,
    CancelledError,
    ExamplesError,
    FileError,
    FormatError,
    InternalError,
    LibraryError,
    MissingFileError,
    ModelError,
    OutOfMemoryError,
    ResourceError,
    TextError,
    TimeLimitError,
    UnfinishedArchiveWarning,
    UnknownLabelWarning,
    VideoError,
)
from ._events import (
    Event,
    Segment,
    Thresholds,
    Tracker,
    TrackerOptions,
    find_segments,
    suggest_thresholds,
)
from ._frame import Frame, pixel_format_from_name
from ._index import Index, IndexInfo, Moment
from ._library import library_path, templates, version
from ._model import Model
from ._model_file import describe_file, file_sha256
from ._model_info import ModelInfo, ModelPlan
from ._preprocess import preprocess, preprocess_crop, sample_indices
from ._prompts import PromptsFit, fit_prompts, fit_prompts_unlabelled, prompt_pool
from ._similarity import probabilities, similarity
from ._tokenizer import Tokenizer
from ._report import ClipReport, LabelReport, MethodReport, Report
from ._stream import Stream, step, wait
from ._stream_info import StreamInfo, StreamStats, Window
from ._teaching import Example
from ._tuner import Tuner, mix
from ._tuning import TunerInfo, TunerScore, TunerStep
from ._video import Video, VideoInfo, ffmpeg_version

__all__ = [
    "ActionCLIPError",
    "ArgumentError",
    "ArgumentTypeError",
    "CancelToken",
    "CancelledError",
    "Classifier",
    "ClipReport",
    "Event",
    "Example",
    "ExamplesError",
    "FileError",
    "FormatError",
    "Frame",
    "Index",
    "IndexInfo",
    "InternalError",
    "LabelReport",
    "LibraryError",
    "MethodReport",
    "MissingFileError",
    "Model",
    "ModelError",
    "ModelInfo",
    "ModelPlan",
    "Moment",
    "OutOfMemoryError",
    "PromptsFit",
    "Report",
    "ResourceError",
    "Scores",
    "Segment",
    "Stream",
    "StreamInfo",
    "StreamStats",
    "TextError",
    "Thresholds",
    "TimeLimitError",
    "Tokenizer",
    "Tracker",
    "TrackerOptions",
    "Tuner",
    "TunerInfo",
    "TunerScore",
    "TunerStep",
    "UnfinishedArchiveWarning",
    "UnknownLabelWarning",
    "Video",
    "VideoError",
    "VideoInfo",
    "Window",
    "describe_file",
    "file_sha256",
    "ffmpeg_version",
    "find_segments",
    "fit_prompts",
    "fit_prompts_unlabelled",
    "library_path",
    "mix",
    "pixel_format_from_name",
    "preprocess",
    "preprocess_crop",
    "probabilities",
    "prompt_pool",
    "read_descriptions",
    "sample_indices",
    "similarity",
    "step",
    "suggest_thresholds",
    "templates",
    "version",
    "wait",
]
