"""The header actionclip.h for ctypes: constants, struct layouts, and a table of all functions.

Tests/python/test_abi.py holds this file against the header and the compiled library.
"""

from __future__ import annotations

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_float,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
    cast,
)
from typing import Any

#: Every integer constant of the header, without its ACTIONCLIP_ prefix.
CONSTANTS: dict[str, int] = {
    "VERSION_MAJOR": 0,
    "VERSION_MINOR": 1,
    "VERSION_PATCH": 0,
    "ABI_VERSION": 0,
    "OK": 0,
    "ERROR_INVALID_ARGUMENT": -10,
    "ERROR_BUFFER_TOO_SMALL": -11,
    "ERROR_INVALID_HANDLE": -12,
    "ERROR_INVALID_UTF8": -13,
    "ERROR_TEXT_TOO_LONG": -14,
    "ERROR_NOT_FINITE": -15,
    "ERROR_FORKED": -16,
    "ERROR_CANCELLED": -17,
    "ERROR_FILE_OPEN": -20,
    "ERROR_FILE_READ": -21,
    "ERROR_FILE_WRITE": -22,
    "ERROR_HASH_MISMATCH": -24,
    "ERROR_FORMAT_UNKNOWN": -30,
    "ERROR_FORMAT_INVALID": -31,
    "ERROR_FORMAT_UNSUPPORTED": -32,
    "ERROR_FORMAT_LIMIT": -33,
    "ERROR_MISSING_TENSOR": -40,
    "ERROR_TENSOR_SHAPE": -41,
    "ERROR_OPTION_CONFLICT": -42,
    "ERROR_NO_TOKENIZER": -43,
    "ERROR_TOKENIZER_INVALID": -44,
    "ERROR_OUT_OF_MEMORY": -50,
    "ERROR_UNAVAILABLE": -52,
    "ERROR_TIME_LIMIT": -53,
    "ERROR_VIDEO_INVALID": -60,
    "ERROR_VIDEO_DECODE": -61,
    "ERROR_NOT_ENOUGH_EXAMPLES": -70,
    "ERROR_INTERNAL": -90,
    "AS_CHECKPOINT": 0,
    "ON": 1,
    "OFF": 2,
    "CAUSAL": 3,
    "HEAD_AS_CHECKPOINT": 0,
    "HEAD_MEANP": 1,
    "HEAD_CONV_1D": 2,
    "HEAD_LSTM": 3,
    "HEAD_TRANSF": 4,
    "HEAD_TRANSF_CLS": 5,
    "HEAD_MIT": 6,
    "COMPUTE_DEFAULT": 0,
    "COMPUTE_FP32": 1,
    "COMPUTE_BF16": 2,
    "COMPUTE_INT8": 3,
    "ACTIVATION_AS_CHECKPOINT": 0,
    "ACTIVATION_QUICK_GELU": 1,
    "ACTIVATION_GELU": 2,
    "ACTIVATION_TANH_GELU": 3,
    "INSTRUCTIONS_AUTO": 0,
    "INSTRUCTIONS_PORTABLE": 1,
    "INSTRUCTIONS_AVX2": 2,
    "INSTRUCTIONS_AVX_VNNI": 3,
    "INSTRUCTIONS_AVX512": 4,
    "INSTRUCTIONS_AVX512_VNNI": 5,
    "INSTRUCTIONS_AVX512_BF16": 6,
    "INSTRUCTIONS_AMX": 7,
    "INSTRUCTIONS_NEON_DOT": 8,
    "INSTRUCTIONS_NEON_I8MM": 10,
    "INSTRUCTIONS_NEON_BF16": 9,
    "FILE_SAFETENSORS": 1,
    "FILE_TORCH": 2,
    "FILE_TORCHSCRIPT": 3,
    "STORAGE_FP32": 0,
    "STORAGE_FP16": 1,
    "STORAGE_BF16": 2,
    "STORAGE_INT8": 3,
    "PIXEL_RGB": 1,
    "PIXEL_BGR": 2,
    "PIXEL_RGBA": 3,
    "PIXEL_BGRA": 4,
    "PIXEL_GRAY": 5,
    "RESIZE_ACTIONCLIP": 0,
    "RESIZE_CLIP": 1,
    "RESIZE_MMACTION2": 2,
    "RESIZE_HUGGING_FACE": 3,
    "RESIZE_SQUARE": 4,
    "RESIZE_SQUARE_BILINEAR": 5,
    "RESIZE_HUGGING_FACE_BILINEAR": 6,
    "RESIZE_CLIP_BILINEAR": 7,
    "CROP_CENTER": 0,
    "CROP_START": 1,
    "CROP_END": 2,
    "PIXEL_RGBX": 6,
    "PIXEL_BGRX": 7,
    "PIXEL_GRAY16": 8,
    "PIXEL_NV12": 9,
    "PIXEL_NV21": 10,
    "PIXEL_I420": 11,
    "PIXEL_YV12": 12,
    "PIXEL_NV24": 13,
    "PIXEL_YUYV": 14,
    "PIXEL_UYVY": 15,
    "MATRIX_AUTO": 0,
    "MATRIX_BT601": 1,
    "MATRIX_BT709": 2,
    "MATRIX_BT2020": 3,
    "RANGE_AUTO": 0,
    "RANGE_LIMITED": 1,
    "RANGE_FULL": 2,
    "FLIP_NONE": 0,
    "FLIP_HORIZONTAL": 1,
    "FLIP_VERTICAL": 2,
    "NAMES_ANY": 0,
    "NAMES_ROS": 1,
    "NAMES_V4L2": 2,
    "NAMES_DRM": 3,
    "NAMES_GSTREAMER": 4,
    "NAMES_FFMPEG": 5,
    "DECODE_NEEDED": 0,
    "DECODE_ALL": 1,
    "DECODE_KEY_FRAMES": 2,
    "SAMPLING_ACTIONCLIP": 0,
    "SAMPLING_MMACTION2": 1,
    "SAMPLING_OPEN_VCLIP": 2,
    "SAMPLING_OPEN_VCLIP_START": 3,
    "SAMPLING_OPEN_VCLIP_END": 4,
    "STREAM_EXACT": 0,
    "STREAM_CAUSAL": 1,
    "WARMUP_WAIT": 0,
    "WARMUP_REPEAT_FIRST": 1,
    "WARMUP_PARTIAL": 2,
    "OVERFLOW_WAIT": 0,
    "OVERFLOW_DROP_OLDEST": 1,
    "OVERFLOW_DROP_NEWEST": 2,
    "OVERFLOW_LATEST": 3,
    "PUSH_QUEUED": 1,
    "PUSH_NOT_DUE": 2,
    "PUSH_REPLACED": 3,
    "PUSH_DROPPED": 4,
    "PUSH_FULL": 5,
    "WAIT_STEP": 1,
    "WAIT_WINDOW": 2,
    "WAIT_ROOM": 3,
    "WINDOW_PARTIAL": 1,
    "WINDOW_DISCONTINUITY": 2,
    "WINDOW_TAIL": 4,
    "NEXT_NONE": 0,
    "NEXT_WINDOW": 1,
    "NEXT_END": 2,
    "TEXT_TOO_LONG_IS_ERROR": 0,
    "TEXT_TRUNCATE": 1,
    "FIT_AUTO": 0,
    "FIT_WORDS": 1,
    "FIT_PROTOTYPES": 2,
    "FIT_RIDGE": 3,
    "FIT_SOFTMAX": 4,
    "PROMPTS_EQUAL": 0,
    "PROMPTS_WITHOUT_LABELS": 1,
    "PROMPTS_FITTED": 2,
    "RECIPE_ANCHORED": 0,
    "RECIPE_REFERENCE": 1,
    "LOSS_MULTI_POSITIVE": 0,
    "LOSS_CROSS_ENTROPY": 1,
    "AUGMENT_NONE": 0,
    "AUGMENT_FLIP": 1,
    "AUGMENT_REFERENCE": 2,
    "AUGMENT_REFERENCE_K400": 3,
    "MIRROR_UNLESS_SIDED": 0,
    "TRAIN_NOTHING": 0,
    "TRAIN_PROJECTION": 1,
    "TRAIN_BLOCKS": 2,
    "TRAIN_EVERYTHING": 3,
    "CLIP_TRAINED": 0,
    "CLIP_HELD_OUT": 1,
    "TRACK_EXCLUSIVE": 0,
    "TRACK_INDEPENDENT": 1,
    "EVENT_STARTED": 1,
    "EVENT_UPDATED": 2,
    "EVENT_ENDED": 3,
    "SEGMENTS_MEAN": 0,
    "SEGMENTS_HYSTERESIS": 1,
    "SEGMENTS_VITERBI": 2,
    "SEGMENTS_ORDERED": 3,
    "INDEX_FP32": 1,
    "INDEX_FP16": 2,
}

ABI_VERSION = CONSTANTS["ABI_VERSION"]
SONAME = f"libactionclip.so.{ABI_VERSION}"


class ModelOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("joint", c_int32),
        ("temporal_shift", c_int32),
        ("head", c_int32),
        ("frames", c_int32),
        ("threads", c_int32),
        ("compute_type", c_int32),
        ("temporal_view", c_int32),
        ("tokenizer_path", c_char_p),
        ("processors", POINTER(c_int32)),
        ("processor_count", c_size_t),
        ("expected_sha256", c_char_p),
        ("compute_sha256", c_int32),
        ("activation", c_int32),
        ("base_path", c_char_p),
        ("open_clip_name", c_char_p),
        ("instructions", c_int32),
        ("reserved", c_int32),
        ("base_share", c_double),
        ("for_saving", c_int32),
        ("reserved_2", c_int32),
    ]


class ModelInfo(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("file_type", c_int32),
        ("image_size", c_int32),
        ("patch_size", c_int32),
        ("vision_width", c_int32),
        ("vision_layers", c_int32),
        ("vision_heads", c_int32),
        ("embedding_size", c_int32),
        ("text_width", c_int32),
        ("text_layers", c_int32),
        ("text_heads", c_int32),
        ("context_length", c_int32),
        ("vocabulary_size", c_int32),
        ("frames", c_int32),
        ("joint", c_int32),
        ("temporal_shift", c_int32),
        ("head", c_int32),
        ("compute_type", c_int32),
        ("threads", c_int32),
        ("has_tokenizer", c_int32),
        ("logit_scale", c_float),
        ("heads_assumed", c_int32),
        ("parameters", c_int64),
        ("weight_bytes", c_int64),
        ("video_bytes", c_int64),
        ("text_bytes", c_int64),
        ("activation", c_int32),
        ("activation_assumed", c_int32),
        ("frames_independent", c_int32),
        ("reserved", c_int32),
        ("product_instructions", c_int32),
        ("row_instructions", c_int32),
        ("frame_interval_ns", c_int64),
        ("shift_causal", c_int32),
        ("context_vectors", c_int32),
        ("video_size", c_int64),
        ("frame_scores", c_int32),
        ("reserved_2", c_int32),
        ("sigmoid_scores", c_int32),
        ("logit_bias", c_float),
        ("video_flops", c_int64),
        ("usual_scale", c_float),
        ("reserved_3", c_int32),
    ]


class SaveOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("storage", c_int32),
        ("labels", POINTER(c_char_p)),
        ("label_count", c_size_t),
        ("templates", POINTER(c_char_p)),
        ("template_count", c_size_t),
        ("description", c_char_p),
        ("license", c_char_p),
        ("source", c_char_p),
        ("note_keys", POINTER(c_char_p)),
        ("note_texts", POINTER(c_char_p)),
        ("note_count", c_size_t),
        ("template_weights", POINTER(c_float)),
        ("template_weight_count", c_size_t),
        ("frame_interval_ns", c_int64),
    ]


class Image(Structure):
    _fields_ = [
        ("data", POINTER(c_uint8)),
        ("row_stride", c_int64),
        ("width", c_int32),
        ("height", c_int32),
        ("pixel_format", c_int32),
        ("reserved", c_int32),
    ]


class Frame(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("pixel_format", c_int32),
        ("width", c_int32),
        ("height", c_int32),
        ("planes", POINTER(c_uint8) * 4),
        ("strides", c_int64 * 4),
        ("matrix", c_int32),
        ("range", c_int32),
        ("rotation", c_int32),
        ("flip", c_int32),
        ("region_x", c_int32),
        ("region_y", c_int32),
        ("region_width", c_int32),
        ("region_height", c_int32),
        ("region_clamp", c_int32),
        ("reserved", c_int32),
    ]


class PreprocessOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("resize", c_int32),
        ("crop", c_int32),
        ("short_side", c_int32),
        ("mean", c_float * 3),
        ("std", c_float * 3),
    ]


class VideoOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_int32),
        ("max_pixels", c_int64),
        ("decode", c_int32),
        ("reserved", c_int32),
        ("max_milliseconds", c_int64),
        ("max_pixels_per_byte", c_int64),
        ("frame_rate", c_double),
        ("first_frame", c_int64),
        ("frame_count", c_int64),
    ]


class VideoInfo(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("width", c_int32),
        ("height", c_int32),
        ("rotation", c_int32),
        ("frame_count", c_int64),
        ("damaged_frames", c_int64),
        ("duration", c_double),
        ("frame_rate", c_double),
    ]


class StreamOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("frame_stride", c_int32),
        ("frame_interval_ns", c_int64),
        ("hop", c_int32),
        ("warmup", c_int32),
        ("gap_ns", c_int64),
        ("max_age_ns", c_int64),
        ("overflow", c_int32),
        ("queue_frames", c_int32),
        ("queue_windows", c_int32),
        ("mode", c_int32),
        ("preprocess", POINTER(PreprocessOptions)),
    ]


class Window(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_int32),
        ("sequence", c_int64),
        ("start_ns", c_int64),
        ("end_ns", c_int64),
        ("first_push", c_int64),
        ("last_push", c_int64),
        ("dropped_inside", c_int64),
        ("frame_count", c_int32),
        ("reserved", c_int32),
    ]


class StreamStats(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("finished", c_int32),
        ("pushed", c_int64),
        ("not_due", c_int64),
        ("refused", c_int64),
        ("dropped", c_int64),
        ("encoded", c_int64),
        ("pending", c_int64),
        ("windows", c_int64),
        ("windows_waiting", c_int64),
        ("gaps", c_int64),
        ("newest_ns", c_int64),
    ]


class StreamInfo(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("frames", c_int32),
        ("frame_interval_ns", c_int64),
        ("frame_stride", c_int32),
        ("hop", c_int32),
        ("gap_ns", c_int64),
        ("max_age_ns", c_int64),
        ("warmup", c_int32),
        ("overflow", c_int32),
        ("queue_frames", c_int32),
        ("queue_windows", c_int32),
        ("frames_per_hop", c_int32),
        ("interval_assumed", c_int32),
        ("memory_bytes", c_int64),
        ("mode", c_int32),
        ("reserved", c_int32),
    ]


class Example(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("label", c_int32),
        ("clip_id", c_int64),
        ("views", c_int32),
        ("reserved", c_int32),
    ]


class FitOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("method", c_int32),
        ("text_weight", c_double),
        ("clip_weight", c_double),
        ("offset", c_double),
        ("ridge", c_double),
        ("anchor", c_double),
        ("accept_rate", c_double),
    ]


class ReportInfo(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("is_automatic", c_int32),
        ("chosen", c_int32),
        ("trials", c_int32),
        ("label_count", c_int32),
        ("labels", c_int32),
        ("clips", c_int32),
        ("single_clips", c_int32),
        ("confusions", c_int32),
        ("reserved", c_int32),
        ("reject_threshold", c_double),
        ("known", c_double),
        ("accepted", c_double),
        ("unknown", c_double),
        ("rejected", c_double),
        ("roc_area", c_double),
    ]


class TrialReport(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("method", c_int32),
        ("clips", c_double),
        ("right", c_double),
        ("right_low", c_double),
        ("right_high", c_double),
        ("among_five", c_double),
        ("loss", c_double),
        ("word_clips", c_double),
        ("right_by_words", c_double),
        ("temperature", c_double),
        ("text_weight", c_double),
        ("clip_weight", c_double),
        ("offset", c_double),
        ("ridge", c_double),
    ]


class LabelReport(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("label", c_int32),
        ("clips", c_int32),
        ("reserved", c_int32),
        ("judged", c_double),
        ("right", c_double),
        ("right_by_words", c_double),
        ("mean_probability", c_double),
    ]


class ClipReport(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("label", c_int32),
        ("clip_id", c_int64),
        ("best", c_int32),
        ("best_by_words", c_int32),
        ("probability", c_double),
        ("best_probability", c_double),
        ("margin", c_double),
        ("is_suspect", c_int32),
        ("has_duplicate", c_int32),
        ("duplicate_id", c_int64),
        ("duplicate_has_other_label", c_int32),
        ("reserved", c_int32),
    ]


class ConfusionReport(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("first", c_int32),
        ("second", c_int32),
        ("reserved", c_int32),
        ("clips", c_double),
    ]


class PromptsReport(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("origin", c_int32),
        ("kept", c_int32),
        ("folds", c_int32),
        ("strength", c_double),
        ("equal_top1", c_double),
        ("equal_log_likelihood", c_double),
        ("chosen_top1", c_double),
        ("chosen_log_likelihood", c_double),
    ]


class TunerOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("recipe", c_int32),
        ("loss", c_int32),
        ("vision", c_int32),
        ("vision_blocks", c_int32),
        ("text", c_int32),
        ("text_blocks", c_int32),
        ("head", c_int32),
        ("logit_scale", c_int32),
        ("new_head", c_int32),
        ("frames", c_int32),
        ("epochs", c_int32),
        ("batch", c_int32),
        ("too_long", c_int32),
        ("warm_up_epochs", c_double),
        ("rate", c_double),
        ("head_rate_factor", c_double),
        ("weight_decay", c_double),
        ("anchor", c_double),
        ("seed", c_uint64),
        ("max_memory", c_int64),
        ("contexts", c_int32),
        ("augment", c_int32),
        ("context_rate_factor", c_double),
        ("mean_decay", c_double),
        ("head_dropout", c_double),
        ("jitter", c_int32),
        ("mirror", c_int32),
        ("cache_path", c_char_p),
        ("compute_type", c_int32),
        ("reserved", c_int32),
    ]


class TunerInfo(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("labels", c_int32),
        ("clips", c_int32),
        ("held_out", c_int32),
        ("steps", c_int64),
        ("total_steps", c_int64),
        ("steps_per_epoch", c_int64),
        ("trained", c_int64),
        ("model_bytes", c_int64),
        ("clip_bytes", c_int64),
        ("work_bytes", c_int64),
        ("batch", c_int32),
        ("reserved", c_int32),
        ("cache_bytes", c_int64),
    ]


class TunerResult(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_int32),
        ("step", c_int64),
        ("total_steps", c_int64),
        ("loss", c_double),
        ("video_loss", c_double),
        ("text_loss", c_double),
        ("scale", c_double),
        ("rate", c_double),
        ("gradient_norm", c_double),
    ]


class TunerScore(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("clips", c_int32),
        ("right", c_int32),
        ("among_five", c_int32),
        ("loss", c_double),
    ]


class TrackerOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("mode", c_int32),
        ("on", c_double),
        ("off", c_double),
        ("margin", c_double),
        ("min_on_ns", c_int64),
        ("min_off_ns", c_int64),
        ("half_life_ns", c_int64),
        ("max_event_ns", c_int64),
        ("update_ns", c_int64),
        ("gap_ns", c_int64),
        ("none_label", c_int32),
        ("reserved", c_int32),
        ("label_on", POINTER(c_double)),
        ("label_off", POINTER(c_double)),
        ("label_count", c_size_t),
    ]


class Event(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_int32),
        ("label", c_int32),
        ("reserved", c_int32),
        ("number", c_int64),
        ("start_ns", c_int64),
        ("end_ns", c_int64),
        ("decided_ns", c_int64),
        ("peak_ns", c_int64),
        ("peak", c_double),
        ("mean", c_double),
    ]


class SegmentOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("method", c_int32),
        ("tracker", POINTER(TrackerOptions)),
        ("thresholds", POINTER(c_double)),
        ("change_cost", c_double),
        ("none_score", c_double),
        ("min_duration_ns", c_int64),
        ("none_label", c_int32),
        ("reserved", c_int32),
        ("steps", POINTER(c_int32)),
        ("step_count", c_size_t),
        ("step_optional", POINTER(c_int32)),
    ]


class Segment(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("label", c_int32),
        ("start_ns", c_int64),
        ("end_ns", c_int64),
        ("score", c_double),
        ("step", c_int32),
        ("reserved", c_int32),
    ]


class IndexOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_int32),
        ("in_memory", c_int32),
        ("reserved", c_int32),
    ]


class IndexInfo(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("dimension", c_int32),
        ("rows", c_int64),
        ("removed_rows", c_int64),
        ("window", c_double),
        ("step", c_double),
        ("frames", c_int32),
        ("number_type", c_int32),
        ("unfinished", c_int32),
        ("reserved", c_int32),
    ]


class QueryOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("merge", c_int32),
        ("minimum_score", c_double),
    ]


class Moment(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_int32),
        ("row", c_int64),
        ("score", c_double),
        ("start", c_double),
        ("end", c_double),
        ("peak_start", c_double),
        ("peak_end", c_double),
    ]


#: Each struct by its name in the header.
STRUCTS: dict[str, type[Structure]] = {
    "actionclip_model_options": ModelOptions,
    "actionclip_model_info": ModelInfo,
    "actionclip_save_options": SaveOptions,
    "actionclip_image": Image,
    "actionclip_preprocess_options": PreprocessOptions,
    "actionclip_frame": Frame,
    "actionclip_video_options": VideoOptions,
    "actionclip_video_info": VideoInfo,
    "actionclip_stream_options": StreamOptions,
    "actionclip_window": Window,
    "actionclip_stream_stats": StreamStats,
    "actionclip_stream_info": StreamInfo,
    "actionclip_example": Example,
    "actionclip_fit_options": FitOptions,
    "actionclip_report_info": ReportInfo,
    "actionclip_trial_report": TrialReport,
    "actionclip_label_report": LabelReport,
    "actionclip_clip_report": ClipReport,
    "actionclip_confusion_report": ConfusionReport,
    "actionclip_prompts_report": PromptsReport,
    "actionclip_tuner_options": TunerOptions,
    "actionclip_tuner_info": TunerInfo,
    "actionclip_tuner_result": TunerResult,
    "actionclip_tuner_score": TunerScore,
    "actionclip_tracker_options": TrackerOptions,
    "actionclip_event": Event,
    "actionclip_segment_options": SegmentOptions,
    "actionclip_segment": Segment,
    "actionclip_index_options": IndexOptions,
    "actionclip_index_info": IndexInfo,
    "actionclip_query_options": QueryOptions,
    "actionclip_moment": Moment,
}

Handle = c_void_p
HandleOut = POINTER(c_void_p)
Floats = POINTER(c_float)
Doubles = POINTER(c_double)
Bytes = POINTER(c_uint8)
Int32s = POINTER(c_int32)
Int64s = POINTER(c_int64)
Sizes = POINTER(c_size_t)
Strings = POINTER(c_char_p)
Images = POINTER(Image)
Frames = POINTER(Frame)
PreprocessIn = POINTER(PreprocessOptions)
TunerProgress = CFUNCTYPE(c_int32, c_void_p, POINTER(TunerResult))

#: Each pointer to a function of the host's, by its name in the header.
CALLBACKS = {"actionclip_tuner_progress": TunerProgress}


def as_bytes(address: int) -> Any:
    """A pointer to the bytes at an address."""
    return cast(address, Bytes)


#: Every function of the header, in its order: name, argument types, result type.
FUNCTIONS: tuple[tuple[str, tuple[Any, ...], Any], ...] = (
    ("actionclip_version", (), c_char_p),
    ("actionclip_abi_version", (), c_int32),
    ("actionclip_constant", (c_char_p, Int64s), c_int32),
    ("actionclip_status_name", (c_int32,), c_char_p),
    ("actionclip_last_error", (), c_char_p),
    ("actionclip_cancel_token_create", (HandleOut,), c_int32),
    ("actionclip_cancel_token_free", (Handle,), None),
    ("actionclip_cancel", (Handle,), None),
    ("actionclip_cancel_token_is_cancelled", (Handle,), c_int32),
    ("actionclip_cancel_token_reset", (Handle,), c_int32),
    ("actionclip_thread_use_cancel_token", (Handle, HandleOut), c_int32),
    ("actionclip_model_options_init_sized", (POINTER(ModelOptions), c_size_t), None),
    ("actionclip_model_load", (c_char_p, POINTER(ModelOptions), HandleOut), c_int32),
    ("actionclip_model_load_buffer", (c_void_p, c_size_t, POINTER(ModelOptions), HandleOut), c_int32),
    ("actionclip_file_describe", (c_char_p, c_char_p, c_size_t, POINTER(c_size_t)), c_int32),
    ("actionclip_file_sha256", (c_char_p, c_char_p, c_size_t), c_int32),
    ("actionclip_model_free", (Handle,), None),
    ("actionclip_model_get_info", (Handle, POINTER(ModelInfo)), c_int32),
    ("actionclip_file_get_info", (c_char_p, POINTER(ModelOptions), POINTER(ModelInfo), POINTER(c_int64)), c_int32),
    ("actionclip_model_family", (Handle,), c_char_p),
    ("actionclip_model_assumption", (Handle, c_int32), c_char_p),
    ("actionclip_model_label_count", (Handle,), c_int32),
    ("actionclip_model_label", (Handle, c_int32), c_char_p),
    ("actionclip_model_template_count", (Handle,), c_int32),
    ("actionclip_model_template", (Handle, c_int32), c_char_p),
    ("actionclip_model_template_weight", (Handle, c_int32), c_float),
    ("actionclip_model_note", (Handle, c_char_p), c_char_p),
    ("actionclip_model_note_count", (Handle,), c_int32),
    ("actionclip_model_note_key", (Handle, c_int32), c_char_p),
    ("actionclip_model_label_note", (Handle, c_char_p, c_char_p, c_size_t, Sizes), c_int32),
    ("actionclip_model_sha256", (Handle,), c_char_p),
    ("actionclip_save_options_init_sized", (POINTER(SaveOptions), c_size_t), None),
    ("actionclip_model_save", (Handle, c_char_p, POINTER(SaveOptions)), c_int32),
    ("actionclip_preprocess_options_init_sized", (PreprocessIn, c_size_t), None),
    ("actionclip_model_preprocess_options", (Handle, PreprocessIn), c_int32),
    (
        "actionclip_encode_frames",
        (Handle, Images, c_size_t, PreprocessIn, Floats, c_size_t, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_encode_pixels",
        (Handle, Floats, c_size_t, c_size_t, Floats, c_size_t, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_encode_single_frames",
        (Handle, Images, c_size_t, PreprocessIn, Floats, c_size_t),
        c_int32,
    ),
    ("actionclip_encode_single_pixels", (Handle, Floats, c_size_t, c_size_t, Floats, c_size_t), c_int32),
    ("actionclip_join_frames", (Handle, Floats, c_size_t, Floats, c_size_t), c_int32),
    ("actionclip_frame_init_sized", (Frames, c_size_t), None),
    ("actionclip_pixel_format_from_name", (c_char_p, c_int32, POINTER(c_int32)), c_int32),
    (
        "actionclip_encode_camera_frames",
        (Handle, Frames, c_size_t, PreprocessIn, Floats, c_size_t, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_encode_single_camera_frames",
        (Handle, Frames, c_size_t, PreprocessIn, Floats, c_size_t),
        c_int32,
    ),
    ("actionclip_ffmpeg_version", (POINTER(c_char_p),), c_int32),
    ("actionclip_video_options_init_sized", (POINTER(VideoOptions), c_size_t), None),
    ("actionclip_video_open", (c_char_p, POINTER(VideoOptions), HandleOut), c_int32),
    ("actionclip_video_open_buffer", (c_void_p, c_size_t, POINTER(VideoOptions), HandleOut), c_int32),
    ("actionclip_video_free", (Handle,), None),
    ("actionclip_video_get_info", (Handle, POINTER(VideoInfo)), c_int32),
    ("actionclip_video_get_outline", (Handle, POINTER(VideoInfo)), c_int32),
    (
        "actionclip_video_read_frames",
        (Handle, Int64s, c_size_t, Bytes, c_size_t, Doubles, c_size_t),
        c_int32,
    ),
    (
        "actionclip_video_frames_between",
        (Handle, c_double, c_double, Int64s, Int64s),
        c_int32,
    ),
    (
        "actionclip_encode_video",
        (Handle, Handle, PreprocessIn, Floats, c_size_t, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_encode_video_between",
        (Handle, Handle, c_double, c_double, PreprocessIn, Floats, c_size_t, Floats, c_size_t),
        c_int32,
    ),
    ("actionclip_sample_indices", (c_int64, c_int32, Int64s, c_size_t), c_int32),
    (
        "actionclip_sample_indices_by",
        (c_int32, c_int64, c_double, c_int32, Int64s, c_size_t),
        c_int32,
    ),
    ("actionclip_model_sampling", (Handle,), c_int32),
    ("actionclip_stream_options_init_sized", (POINTER(StreamOptions), c_size_t), None),
    ("actionclip_stream_create", (Handle, POINTER(StreamOptions), HandleOut), c_int32),
    ("actionclip_stream_free", (Handle,), None),
    ("actionclip_stream_push", (Handle, POINTER(Frame), c_int64, Int32s), c_int32),
    ("actionclip_stream_step", (HandleOut, c_size_t, c_size_t, Sizes), c_int32),
    ("actionclip_stream_wait", (HandleOut, c_size_t, c_int32, c_int64, Sizes), c_int32),
    ("actionclip_stream_next", (Handle, POINTER(Window), Floats, c_size_t, Int32s), c_int32),
    ("actionclip_stream_finish", (Handle,), c_int32),
    ("actionclip_stream_reset", (Handle,), c_int32),
    ("actionclip_stream_cancel", (Handle,), c_int32),
    ("actionclip_stream_get_stats", (Handle, POINTER(StreamStats)), c_int32),
    ("actionclip_stream_get_info", (Handle, POINTER(StreamInfo)), c_int32),
    ("actionclip_encode_prompts", (Handle, Strings, c_size_t, c_int32, Floats, c_size_t), c_int32),
    (
        "actionclip_encode_labels",
        (Handle, Strings, c_size_t, Strings, c_size_t, c_int32, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_encode_descriptions",
        (Handle, Strings, c_size_t, Strings, Int32s, Floats, c_size_t, c_int32, Floats, c_size_t),
        c_int32,
    ),
    ("actionclip_template_count", (), c_int32),
    ("actionclip_template", (c_int32,), c_char_p),
    ("actionclip_encode_tokens", (Handle, Int32s, c_size_t, c_size_t, Floats, c_size_t), c_int32),
    ("actionclip_tokenize", (Handle, Strings, c_size_t, c_int32, Int32s, c_size_t), c_int32),
    (
        "actionclip_similarity",
        (Floats, c_size_t, Floats, c_size_t, c_size_t, c_float, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_model_similarity",
        (Handle, Floats, c_size_t, Floats, c_size_t, c_float, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_probabilities",
        (Floats, c_size_t, Floats, c_size_t, c_size_t, c_size_t, c_float, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_probabilities_weighted",
        (Floats, c_size_t, Floats, Floats, c_size_t, c_size_t, c_size_t, c_float, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_model_probabilities",
        (Handle, Floats, c_size_t, Floats, Floats, c_size_t, c_size_t, c_float, Floats, c_size_t),
        c_int32,
    ),
    (
        "actionclip_classifier_create",
        (Handle, Strings, c_size_t, Strings, c_size_t, c_int32, HandleOut),
        c_int32,
    ),
    (
        "actionclip_classifier_create_weighted",
        (Handle, Strings, c_size_t, Strings, Floats, c_size_t, c_int32, HandleOut),
        c_int32,
    ),
    (
        "actionclip_classifier_create_described",
        (Handle, Strings, c_size_t, Strings, Int32s, Floats, c_size_t, c_int32, HandleOut),
        c_int32,
    ),
    ("actionclip_classifier_free", (Handle,), None),
    ("actionclip_classifier_set_labels", (Handle, Strings, c_size_t, Int64s), c_int32),
    ("actionclip_classifier_label_count", (Handle,), c_int32),
    (
        "actionclip_classifier_score",
        (Handle, Floats, c_size_t, c_float, Floats, c_size_t, Sizes, Int64s),
        c_int32,
    ),
    ("actionclip_classifier_label_list", (Handle, HandleOut), c_int32),
    ("actionclip_label_list_free", (Handle,), None),
    ("actionclip_label_list_count", (Handle,), c_int32),
    ("actionclip_label_list_generation", (Handle,), c_int64),
    ("actionclip_label_list_label", (Handle, c_int32), c_char_p),
    ("actionclip_label_list_score", (Handle, Floats, c_size_t, c_float, Floats, c_size_t), c_int32),
    ("actionclip_label_list_directions", (Handle, Floats, c_size_t), c_int32),
    ("actionclip_classifier_add_examples", (Handle, c_char_p, Floats, c_size_t, Int64s), c_int32),
    (
        "actionclip_classifier_add_video",
        (Handle, c_char_p, Handle, c_double, c_double, c_int32, PreprocessIn, c_int64),
        c_int32,
    ),
    (
        "actionclip_classifier_add_frames",
        (Handle, c_char_p, Images, c_size_t, PreprocessIn, c_int64),
        c_int32,
    ),
    (
        "actionclip_classifier_add_camera_frames",
        (Handle, c_char_p, Frames, c_size_t, PreprocessIn, c_int64),
        c_int32,
    ),
    ("actionclip_classifier_remove_examples", (Handle, Int64s, c_size_t), c_int32),
    ("actionclip_classifier_clear_examples", (Handle, c_char_p), c_int32),
    ("actionclip_classifier_example_count", (Handle,), c_int32),
    ("actionclip_classifier_example", (Handle, c_int32, POINTER(Example)), c_int32),
    ("actionclip_fit_options_init_sized", (POINTER(FitOptions), c_size_t), None),
    ("actionclip_classifier_fit", (Handle, POINTER(FitOptions), Int64s), c_int32),
    ("actionclip_classifier_unfit", (Handle, Int64s), c_int32),
    (
        "actionclip_label_list_decide",
        (Handle, Floats, c_size_t, Int32s, c_size_t, Floats, Floats),
        c_int32,
    ),
    ("actionclip_label_list_reject_threshold", (Handle,), c_double),
    ("actionclip_label_list_score_independent", (Handle, Floats, c_size_t, Floats, c_size_t), c_int32),
    ("actionclip_label_list_threshold", (Handle, c_int32), c_double),
    ("actionclip_classifier_report", (Handle, HandleOut), c_int32),
    ("actionclip_report_free", (Handle,), None),
    ("actionclip_report_get_info", (Handle, POINTER(ReportInfo)), c_int32),
    ("actionclip_report_trial", (Handle, c_int32, POINTER(TrialReport)), c_int32),
    ("actionclip_report_label", (Handle, c_int32, POINTER(LabelReport)), c_int32),
    ("actionclip_report_clip", (Handle, c_int32, POINTER(ClipReport)), c_int32),
    ("actionclip_report_confusion", (Handle, c_int32, POINTER(ConfusionReport)), c_int32),
    ("actionclip_report_label_text", (Handle, c_int32), c_char_p),
    ("actionclip_report_reason", (Handle, c_char_p, c_size_t, Sizes), c_int32),
    ("actionclip_report_text", (Handle, c_char_p, c_size_t, Sizes), c_int32),
    ("actionclip_classifier_save", (Handle, c_char_p, c_int32), c_int32),
    ("actionclip_classifier_load", (Handle, c_char_p, HandleOut), c_int32),
    (
        "actionclip_prompts_fit",
        (
            Floats, c_size_t, Int32s, Int64s, Floats, c_size_t, c_size_t, c_size_t, c_float, c_double,
            Floats, c_size_t, POINTER(PromptsReport),
        ),
        c_int32,
    ),
    (
        "actionclip_prompts_fit_unlabelled",
        (Floats, c_size_t, Floats, c_size_t, c_size_t, c_size_t, c_float, Floats, c_size_t),
        c_int32,
    ),
    ("actionclip_pool_template_count", (), c_int32),
    ("actionclip_pool_template", (c_int32,), c_char_p),
    ("actionclip_tuner_options_init_sized", (POINTER(TunerOptions), c_size_t), None),
    (
        "actionclip_tuner_create",
        (Handle, Strings, c_size_t, Strings, c_size_t, POINTER(TunerOptions), HandleOut),
        c_int32,
    ),
    ("actionclip_tuner_free", (Handle,), None),
    ("actionclip_tuner_add_text", (Handle, c_int32, c_char_p), c_int32),
    (
        "actionclip_tuner_add_video",
        (Handle, Int32s, c_size_t, Handle, c_double, c_double, c_int32, PreprocessIn, c_int32),
        c_int32,
    ),
    (
        "actionclip_tuner_add_video_file",
        (
            Handle, Int32s, c_size_t, c_char_p, c_double, c_double, PreprocessIn, POINTER(VideoOptions), c_int32,
        ),
        c_int32,
    ),
    ("actionclip_tuner_add_frames", (Handle, Int32s, c_size_t, Images, c_size_t, PreprocessIn, c_int32), c_int32),
    (
        "actionclip_tuner_add_camera_frames",
        (Handle, Int32s, c_size_t, Frames, c_size_t, PreprocessIn, c_int32),
        c_int32,
    ),
    ("actionclip_tuner_add_pixels", (Handle, Int32s, c_size_t, Floats, c_size_t, c_size_t, c_int32), c_int32),
    ("actionclip_tuner_get_info", (Handle, POINTER(TunerInfo)), c_int32),
    ("actionclip_tuner_step", (Handle, POINTER(TunerResult)), c_int32),
    ("actionclip_tuner_run", (Handle, c_int64, TunerProgress, c_void_p, POINTER(TunerResult)), c_int32),
    ("actionclip_tuner_cancel", (Handle,), c_int32),
    ("actionclip_tuner_eval", (Handle, c_int32, c_double, POINTER(TunerScore)), c_int32),
    ("actionclip_tuner_save", (Handle, c_char_p), c_int32),
    ("actionclip_tuner_load", (Handle, c_char_p), c_int32),
    ("actionclip_tuner_model", (Handle, c_double, HandleOut), c_int32),
    ("actionclip_models_interpolate", (Handle, Handle, c_double, HandleOut), c_int32),
    ("actionclip_tracker_options_init_sized", (POINTER(TrackerOptions), c_size_t), None),
    ("actionclip_tracker_create", (c_size_t, POINTER(TrackerOptions), HandleOut), c_int32),
    ("actionclip_tracker_push", (Handle, c_int64, c_int64, Floats, c_size_t), c_int32),
    ("actionclip_tracker_next", (Handle, POINTER(Event), Int32s), c_int32),
    ("actionclip_tracker_finish", (Handle,), c_int32),
    ("actionclip_tracker_reset", (Handle, c_size_t), c_int32),
    ("actionclip_tracker_free", (Handle,), None),
    ("actionclip_segment_options_init_sized", (POINTER(SegmentOptions), c_size_t), None),
    (
        "actionclip_find_segments",
        (
            Int64s, Int64s, Floats, c_size_t, c_size_t, POINTER(SegmentOptions), POINTER(Segment), c_size_t,
            Sizes,
        ),
        c_int32,
    ),
    (
        "actionclip_suggest_thresholds",
        (
            Int64s, Int64s, Floats, c_size_t, c_size_t, Int32s, Int64s, Int64s, c_size_t, POINTER(TrackerOptions),
            Doubles, c_size_t, Doubles, c_size_t, Doubles, c_size_t,
        ),
        c_int32,
    ),
    ("actionclip_index_options_init_sized", (POINTER(IndexOptions), c_size_t), None),
    ("actionclip_index_open", (c_char_p, POINTER(IndexOptions), HandleOut), c_int32),
    ("actionclip_index_free", (Handle,), None),
    ("actionclip_index_get_info", (Handle, POINTER(IndexInfo)), c_int32),
    ("actionclip_index_manifest", (Handle,), c_char_p),
    ("actionclip_query_options_init_sized", (POINTER(QueryOptions), c_size_t), None),
    (
        "actionclip_index_query",
        (Handle, Floats, Floats, c_size_t, c_size_t, POINTER(QueryOptions), POINTER(Moment), c_size_t, Sizes),
        c_int32,
    ),
    ("actionclip_index_row", (Handle, c_int64, Doubles, Doubles, c_char_p, c_size_t, Sizes), c_int32),
    ("actionclip_tokenizer_load", (c_char_p, HandleOut), c_int32),
    ("actionclip_tokenizer_free", (Handle,), None),
    ("actionclip_tokenizer_encode", (Handle, c_char_p, c_size_t, Int32s, c_size_t, Sizes), c_int32),
    ("actionclip_preprocess_crop", (Images, c_int32, PreprocessIn, Bytes, c_size_t), c_int32),
    ("actionclip_preprocess_pixels", (Images, c_int32, PreprocessIn, Floats, c_size_t), c_int32),
    ("actionclip_preprocess_crop_camera_frame", (Frames, c_int32, PreprocessIn, Bytes, c_size_t), c_int32),
    ("actionclip_preprocess_pixels_camera_frame", (Frames, c_int32, PreprocessIn, Floats, c_size_t), c_int32),
)
