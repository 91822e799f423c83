// Written by scripts/rust_bindings.py from the C header; not to be changed by hand.

use std::marker::{PhantomData, PhantomPinned};
use std::os::raw::{c_char, c_void};

pub const ACTIONCLIP_VERSION_MAJOR: i32 = 0;
pub const ACTIONCLIP_VERSION_MINOR: i32 = 1;
pub const ACTIONCLIP_VERSION_PATCH: i32 = 0;
pub const ACTIONCLIP_ABI_VERSION: i32 = 0;
pub const ACTIONCLIP_OK: i32 = 0;
pub const ACTIONCLIP_ERROR_INVALID_ARGUMENT: i32 = -10;
pub const ACTIONCLIP_ERROR_BUFFER_TOO_SMALL: i32 = -11;
pub const ACTIONCLIP_ERROR_INVALID_HANDLE: i32 = -12;
pub const ACTIONCLIP_ERROR_INVALID_UTF8: i32 = -13;
pub const ACTIONCLIP_ERROR_TEXT_TOO_LONG: i32 = -14;
pub const ACTIONCLIP_ERROR_NOT_FINITE: i32 = -15;
pub const ACTIONCLIP_ERROR_FORKED: i32 = -16;
pub const ACTIONCLIP_ERROR_CANCELLED: i32 = -17;
pub const ACTIONCLIP_ERROR_FILE_OPEN: i32 = -20;
pub const ACTIONCLIP_ERROR_FILE_READ: i32 = -21;
pub const ACTIONCLIP_ERROR_FILE_WRITE: i32 = -22;
pub const ACTIONCLIP_ERROR_HASH_MISMATCH: i32 = -24;
pub const ACTIONCLIP_ERROR_FORMAT_UNKNOWN: i32 = -30;
pub const ACTIONCLIP_ERROR_FORMAT_INVALID: i32 = -31;
pub const ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED: i32 = -32;
pub const ACTIONCLIP_ERROR_FORMAT_LIMIT: i32 = -33;
pub const ACTIONCLIP_ERROR_MISSING_TENSOR: i32 = -40;
pub const ACTIONCLIP_ERROR_TENSOR_SHAPE: i32 = -41;
pub const ACTIONCLIP_ERROR_OPTION_CONFLICT: i32 = -42;
pub const ACTIONCLIP_ERROR_NO_TOKENIZER: i32 = -43;
pub const ACTIONCLIP_ERROR_TOKENIZER_INVALID: i32 = -44;
pub const ACTIONCLIP_ERROR_OUT_OF_MEMORY: i32 = -50;
pub const ACTIONCLIP_ERROR_UNAVAILABLE: i32 = -52;
pub const ACTIONCLIP_ERROR_TIME_LIMIT: i32 = -53;
pub const ACTIONCLIP_ERROR_VIDEO_INVALID: i32 = -60;
pub const ACTIONCLIP_ERROR_VIDEO_DECODE: i32 = -61;
pub const ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES: i32 = -70;
pub const ACTIONCLIP_ERROR_INTERNAL: i32 = -90;
pub const ACTIONCLIP_AS_CHECKPOINT: i32 = 0;
pub const ACTIONCLIP_ON: i32 = 1;
pub const ACTIONCLIP_OFF: i32 = 2;
pub const ACTIONCLIP_CAUSAL: i32 = 3;
pub const ACTIONCLIP_HEAD_AS_CHECKPOINT: i32 = 0;
pub const ACTIONCLIP_HEAD_MEANP: i32 = 1;
pub const ACTIONCLIP_HEAD_CONV_1D: i32 = 2;
pub const ACTIONCLIP_HEAD_LSTM: i32 = 3;
pub const ACTIONCLIP_HEAD_TRANSF: i32 = 4;
pub const ACTIONCLIP_HEAD_TRANSF_CLS: i32 = 5;
pub const ACTIONCLIP_HEAD_MIT: i32 = 6;
pub const ACTIONCLIP_COMPUTE_DEFAULT: i32 = 0;
pub const ACTIONCLIP_COMPUTE_FP32: i32 = 1;
pub const ACTIONCLIP_COMPUTE_BF16: i32 = 2;
pub const ACTIONCLIP_COMPUTE_INT8: i32 = 3;
pub const ACTIONCLIP_ACTIVATION_AS_CHECKPOINT: i32 = 0;
pub const ACTIONCLIP_ACTIVATION_QUICK_GELU: i32 = 1;
pub const ACTIONCLIP_ACTIVATION_GELU: i32 = 2;
pub const ACTIONCLIP_ACTIVATION_TANH_GELU: i32 = 3;
pub const ACTIONCLIP_INSTRUCTIONS_AUTO: i32 = 0;
pub const ACTIONCLIP_INSTRUCTIONS_PORTABLE: i32 = 1;
pub const ACTIONCLIP_INSTRUCTIONS_AVX2: i32 = 2;
pub const ACTIONCLIP_INSTRUCTIONS_AVX_VNNI: i32 = 3;
pub const ACTIONCLIP_INSTRUCTIONS_AVX512: i32 = 4;
pub const ACTIONCLIP_INSTRUCTIONS_AVX512_VNNI: i32 = 5;
pub const ACTIONCLIP_INSTRUCTIONS_AVX512_BF16: i32 = 6;
pub const ACTIONCLIP_INSTRUCTIONS_AMX: i32 = 7;
pub const ACTIONCLIP_INSTRUCTIONS_NEON_DOT: i32 = 8;
pub const ACTIONCLIP_INSTRUCTIONS_NEON_I8MM: i32 = 10;
pub const ACTIONCLIP_INSTRUCTIONS_NEON_BF16: i32 = 9;
pub const ACTIONCLIP_FILE_SAFETENSORS: i32 = 1;
pub const ACTIONCLIP_FILE_TORCH: i32 = 2;
pub const ACTIONCLIP_FILE_TORCHSCRIPT: i32 = 3;
pub const ACTIONCLIP_STORAGE_FP32: i32 = 0;
pub const ACTIONCLIP_STORAGE_FP16: i32 = 1;
pub const ACTIONCLIP_STORAGE_BF16: i32 = 2;
pub const ACTIONCLIP_STORAGE_INT8: i32 = 3;
pub const ACTIONCLIP_PIXEL_RGB: i32 = 1;
pub const ACTIONCLIP_PIXEL_BGR: i32 = 2;
pub const ACTIONCLIP_PIXEL_RGBA: i32 = 3;
pub const ACTIONCLIP_PIXEL_BGRA: i32 = 4;
pub const ACTIONCLIP_PIXEL_GRAY: i32 = 5;
pub const ACTIONCLIP_RESIZE_ACTIONCLIP: i32 = 0;
pub const ACTIONCLIP_RESIZE_CLIP: i32 = 1;
pub const ACTIONCLIP_RESIZE_MMACTION2: i32 = 2;
pub const ACTIONCLIP_RESIZE_HUGGING_FACE: i32 = 3;
pub const ACTIONCLIP_RESIZE_SQUARE: i32 = 4;
pub const ACTIONCLIP_RESIZE_SQUARE_BILINEAR: i32 = 5;
pub const ACTIONCLIP_RESIZE_HUGGING_FACE_BILINEAR: i32 = 6;
pub const ACTIONCLIP_RESIZE_CLIP_BILINEAR: i32 = 7;
pub const ACTIONCLIP_CROP_CENTER: i32 = 0;
pub const ACTIONCLIP_CROP_START: i32 = 1;
pub const ACTIONCLIP_CROP_END: i32 = 2;
pub const ACTIONCLIP_PIXEL_RGBX: i32 = 6;
pub const ACTIONCLIP_PIXEL_BGRX: i32 = 7;
pub const ACTIONCLIP_PIXEL_GRAY16: i32 = 8;
pub const ACTIONCLIP_PIXEL_NV12: i32 = 9;
pub const ACTIONCLIP_PIXEL_NV21: i32 = 10;
pub const ACTIONCLIP_PIXEL_I420: i32 = 11;
pub const ACTIONCLIP_PIXEL_YV12: i32 = 12;
pub const ACTIONCLIP_PIXEL_NV24: i32 = 13;
pub const ACTIONCLIP_PIXEL_YUYV: i32 = 14;
pub const ACTIONCLIP_PIXEL_UYVY: i32 = 15;
pub const ACTIONCLIP_MATRIX_AUTO: i32 = 0;
pub const ACTIONCLIP_MATRIX_BT601: i32 = 1;
pub const ACTIONCLIP_MATRIX_BT709: i32 = 2;
pub const ACTIONCLIP_MATRIX_BT2020: i32 = 3;
pub const ACTIONCLIP_RANGE_AUTO: i32 = 0;
pub const ACTIONCLIP_RANGE_LIMITED: i32 = 1;
pub const ACTIONCLIP_RANGE_FULL: i32 = 2;
pub const ACTIONCLIP_FLIP_NONE: i32 = 0;
pub const ACTIONCLIP_FLIP_HORIZONTAL: i32 = 1;
pub const ACTIONCLIP_FLIP_VERTICAL: i32 = 2;
pub const ACTIONCLIP_NAMES_ANY: i32 = 0;
pub const ACTIONCLIP_NAMES_ROS: i32 = 1;
pub const ACTIONCLIP_NAMES_V4L2: i32 = 2;
pub const ACTIONCLIP_NAMES_DRM: i32 = 3;
pub const ACTIONCLIP_NAMES_GSTREAMER: i32 = 4;
pub const ACTIONCLIP_NAMES_FFMPEG: i32 = 5;
pub const ACTIONCLIP_DECODE_NEEDED: i32 = 0;
pub const ACTIONCLIP_DECODE_ALL: i32 = 1;
pub const ACTIONCLIP_DECODE_KEY_FRAMES: i32 = 2;
pub const ACTIONCLIP_SAMPLING_ACTIONCLIP: i32 = 0;
pub const ACTIONCLIP_SAMPLING_MMACTION2: i32 = 1;
pub const ACTIONCLIP_SAMPLING_OPEN_VCLIP: i32 = 2;
pub const ACTIONCLIP_SAMPLING_OPEN_VCLIP_START: i32 = 3;
pub const ACTIONCLIP_SAMPLING_OPEN_VCLIP_END: i32 = 4;
pub const ACTIONCLIP_STREAM_EXACT: i32 = 0;
pub const ACTIONCLIP_STREAM_CAUSAL: i32 = 1;
pub const ACTIONCLIP_WARMUP_WAIT: i32 = 0;
pub const ACTIONCLIP_WARMUP_REPEAT_FIRST: i32 = 1;
pub const ACTIONCLIP_WARMUP_PARTIAL: i32 = 2;
pub const ACTIONCLIP_OVERFLOW_WAIT: i32 = 0;
pub const ACTIONCLIP_OVERFLOW_DROP_OLDEST: i32 = 1;
pub const ACTIONCLIP_OVERFLOW_DROP_NEWEST: i32 = 2;
pub const ACTIONCLIP_OVERFLOW_LATEST: i32 = 3;
pub const ACTIONCLIP_PUSH_QUEUED: i32 = 1;
pub const ACTIONCLIP_PUSH_NOT_DUE: i32 = 2;
pub const ACTIONCLIP_PUSH_REPLACED: i32 = 3;
pub const ACTIONCLIP_PUSH_DROPPED: i32 = 4;
pub const ACTIONCLIP_PUSH_FULL: i32 = 5;
pub const ACTIONCLIP_WAIT_STEP: i32 = 1;
pub const ACTIONCLIP_WAIT_WINDOW: i32 = 2;
pub const ACTIONCLIP_WAIT_ROOM: i32 = 3;
pub const ACTIONCLIP_WINDOW_PARTIAL: i32 = 1;
pub const ACTIONCLIP_WINDOW_DISCONTINUITY: i32 = 2;
pub const ACTIONCLIP_WINDOW_TAIL: i32 = 4;
pub const ACTIONCLIP_NEXT_NONE: i32 = 0;
pub const ACTIONCLIP_NEXT_WINDOW: i32 = 1;
pub const ACTIONCLIP_NEXT_END: i32 = 2;
pub const ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR: i32 = 0;
pub const ACTIONCLIP_TEXT_TRUNCATE: i32 = 1;
pub const ACTIONCLIP_FIT_AUTO: i32 = 0;
pub const ACTIONCLIP_FIT_WORDS: i32 = 1;
pub const ACTIONCLIP_FIT_PROTOTYPES: i32 = 2;
pub const ACTIONCLIP_FIT_RIDGE: i32 = 3;
pub const ACTIONCLIP_FIT_SOFTMAX: i32 = 4;
pub const ACTIONCLIP_PROMPTS_EQUAL: i32 = 0;
pub const ACTIONCLIP_PROMPTS_WITHOUT_LABELS: i32 = 1;
pub const ACTIONCLIP_PROMPTS_FITTED: i32 = 2;
pub const ACTIONCLIP_RECIPE_ANCHORED: i32 = 0;
pub const ACTIONCLIP_RECIPE_REFERENCE: i32 = 1;
pub const ACTIONCLIP_LOSS_MULTI_POSITIVE: i32 = 0;
pub const ACTIONCLIP_LOSS_CROSS_ENTROPY: i32 = 1;
pub const ACTIONCLIP_TRAIN_NOTHING: i32 = 0;
pub const ACTIONCLIP_TRAIN_PROJECTION: i32 = 1;
pub const ACTIONCLIP_TRAIN_BLOCKS: i32 = 2;
pub const ACTIONCLIP_TRAIN_EVERYTHING: i32 = 3;
pub const ACTIONCLIP_AUGMENT_NONE: i32 = 0;
pub const ACTIONCLIP_AUGMENT_FLIP: i32 = 1;
pub const ACTIONCLIP_AUGMENT_REFERENCE: i32 = 2;
pub const ACTIONCLIP_AUGMENT_REFERENCE_K400: i32 = 3;
pub const ACTIONCLIP_MIRROR_UNLESS_SIDED: i32 = 0;
pub const ACTIONCLIP_CLIP_TRAINED: i32 = 0;
pub const ACTIONCLIP_CLIP_HELD_OUT: i32 = 1;
pub const ACTIONCLIP_TRACK_EXCLUSIVE: i32 = 0;
pub const ACTIONCLIP_TRACK_INDEPENDENT: i32 = 1;
pub const ACTIONCLIP_EVENT_STARTED: i32 = 1;
pub const ACTIONCLIP_EVENT_UPDATED: i32 = 2;
pub const ACTIONCLIP_EVENT_ENDED: i32 = 3;
pub const ACTIONCLIP_SEGMENTS_MEAN: i32 = 0;
pub const ACTIONCLIP_SEGMENTS_HYSTERESIS: i32 = 1;
pub const ACTIONCLIP_SEGMENTS_VITERBI: i32 = 2;
pub const ACTIONCLIP_SEGMENTS_ORDERED: i32 = 3;
pub const ACTIONCLIP_INDEX_FP32: i32 = 1;
pub const ACTIONCLIP_INDEX_FP16: i32 = 2;

/// A flag by which one thread ends the long calls of others early. A thread uses a token; once
/// another thread sets it, the first thread's call returns ACTIONCLIP_ERROR_CANCELLED within the
/// time that one frame or one group of prompts takes. Its outputs are not written and its handles
/// stay usable. While the token is set, later calls return that error at once. These calls can be
/// cancelled: loading, describing and saving files; opening, examining and reading videos;
/// preprocessing; all that encode or tokenize; similarity; making, changing, teaching and scoring
/// with a classifier; fitting weights of templates; all of tuners but actionclip_tuner_cancel;
/// mixing models; finding segments and suggesting thresholds; opening and searching indexes. Other
/// calls ignore the token.
///
/// actionclip_thread_use_cancel_token(token, NULL);              // this thread, before its calls
/// actionclip_cancel(token);                                     // any thread, or a signal handler
/// actionclip_cancel_token_reset(token);                         // once the call has ended
#[repr(C)]
pub struct actionclip_cancel_token {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// A loaded model: both encoders, the temporal head, the tokenizer that was found, and the threads
/// that compute.
#[repr(C)]
pub struct actionclip_model {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// An open video file, for use by one thread at a time. FFmpeg's libraries are loaded when the
/// first video is opened. If they are missing, opening returns ACTIONCLIP_ERROR_UNAVAILABLE, and
/// everything else works.
#[repr(C)]
pub struct actionclip_video {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// A camera's frames, pushed one by one at their own times, and windows of T frames over them, each
/// encoded as a video.
///
/// actionclip_stream_push(stream, &frame , timestamp_ns, &outcome );       // the camera's thread:
/// never waits actionclip_stream_step(streams, count, 0, NULL);                      // a thread
/// that computes, for all streams while (actionclip_stream_next(stream, &window , embedding, E,
/// &found ) == ACTIONCLIP_OK & & found == ACTIONCLIP_NEXT_WINDOW) { ... }                    // any
/// thread: score the embedding
///
/// Push, step and next may be three threads; cancel, stats and info may be called from any. Pushes
/// wait for each other, and a step leaves out a stream that another one encodes. Nothing runs
/// between calls: a stream has no thread of its own. A stream keeps crops of S x S pixels, never
/// whole pictures, in memory that it takes when it is made; the first push, and one of another
/// size, makes the tables of the resize. The model's handle may be freed first.
///
/// Sampling. The frames from one gap to the next are a run; t0 is the timestamp of its first frame,
/// which is due. By time, with d = frame_interval_ns, a frame with timestamp t is in cell floor((t
/// - t0 + floor(d/4)) / d), and it is due if its cell is beyond that of the due frame before. The
/// quarter keeps each frame of a camera whose period is d though its timestamps jitter. By count,
/// frames 0, n, 2n, ... of a run are due, with n = frame_stride. Sampled frames are due frames that
/// are not dropped.
///
/// Windows. A window ends at the n-th sampled frame of a run if n - T is a multiple of hop, and n
/// >= T, or n >= 1 with ACTIONCLIP_WARMUP_REPEAT_FIRST and _PARTIAL. When a run ends, by a gap or
/// by actionclip_stream_finish, and has frames after its last window, its last T frames are a
/// window too, its tail, or all its frames if it has fewer. A window of n < T frames has them at
/// the places that the model's sampling rule chooses for a video of n frames
/// (actionclip_sample_indices_by), or with ACTIONCLIP_WARMUP_REPEAT_FIRST T-n times the first frame
/// and then all.
///
/// Results. Except in ACTIONCLIP_STREAM_CAUSAL, a window's embedding has the same bits as if its T
/// frames were encoded together by actionclip_encode_camera_frames, however frames are pushed,
/// stepped and batched. If frames_independent (actionclip_model_info) is 1, each frame is encoded
/// once; else each window is encoded anew, which actionclip_stream_get_info says in frames_per_hop.
#[repr(C)]
pub struct actionclip_stream {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// Labels with their embeddings, for scoring one video after another. Any number of threads may use
/// a classifier at once, even while one of them sets other labels or teaches it: a call uses the
/// list that it began with. The model's handle may be freed first.
#[repr(C)]
pub struct actionclip_classifier {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// The labels of a classifier at one moment, with their embeddings. A list never changes, any
/// number of threads may use it at once, and it may outlive the classifier. Its generation is its
/// number: 1 for the list that the classifier was made with, and one more for each list set or
/// fitted later.
#[repr(C)]
pub struct actionclip_label_list {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// The report of a fit: which method was chosen and why, how well it does on clips that it did not
/// see, and which clips and labels deserve a look. All of it is known from leaving each clip out in
/// turn. The choices of the fit were made by the same clips, so the figures flatter a little where
/// clips are few. A report never changes, any number of threads may use it at once, and it may
/// outlive its classifier. Of a clip with several views, each view counts its part, so numbers of
/// clips need not be whole.
#[repr(C)]
pub struct actionclip_report {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// A tuner trains a copy of a model on a caller's own clips (the paper's fine-tuning, section 3.3),
/// and makes new models of it. The model that it began with stays as it is, and usable.
///
/// actionclip_tuner_create(model, labels, label_count, NULL, 0, NULL, &tuner );
/// actionclip_tuner_add_video(tuner, &label , 1, video, 0, INFINITY, 4, NULL,
/// ACTIONCLIP_CLIP_TRAINED); actionclip_tuner_run(tuner, 0, progress, user, &result );   // or
/// actionclip_tuner_step in the host's own loop actionclip_tuner_model(tuner, NAN, &tuned );
/// // a model like any other: save it, score with it
///
/// Phases. Clips and texts are added first. The first call that needs the copy
/// (actionclip_tuner_get_info, _step, _run, _eval, _save, _load or _model) makes it, and from then
/// on adding is ACTIONCLIP_ERROR_OPTION_CONFLICT.
///
/// Clips are kept as crops of S x S pixels, or with an augmentation as pictures, so videos and
/// pictures may be freed once they are added. Clips of actionclip_tuner_add_video_file are decoded
/// again at each draw.
///
/// Steps. An epoch goes through the trained clips in an order drawn anew, `batch` of them a step;
/// those that are left over at its end are left out, other ones each time. For each clip of a step
/// a view or T frames, what the augmentation asks for and, with ACTIONCLIP_LOSS_MULTI_POSITIVE, a
/// label of its labels and a text of that label are drawn. Draws follow from the seed and the
/// step's number alone. So a step that failed or was cancelled draws the same when it is repeated,
/// and a tuner that goes on from a saved state takes the steps of one that never stopped, bit for
/// bit, with any number of threads.
///
/// A step that fails changes nothing, except where weights overflow (actionclip_tuner_step). A clip
/// whose numbers overflow is ACTIONCLIP_ERROR_NOT_FINITE, and the message names it by its index
/// among the clips of its purpose, from 0 on in the order of adding.
///
/// Threads: a tuner is for one thread at a time, except for actionclip_tuner_cancel. The copy
/// computes with as many threads as the model. The model's handle may be freed first.
#[repr(C)]
pub struct actionclip_tuner {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// A tracker turns the scores of windows into events: "waving started at 12.4 s", "waving ended at
/// 15.0 s". Make one, push each window's scores as they come, and take the events after each push:
///
/// actionclip_tracker_create(label_count, NULL, &tracker ); actionclip_tracker_push(tracker,
/// window.start_ns, window.end_ns, probabilities, label_count); for (int32_t found;
/// actionclip_tracker_next(tracker, &event , &found ) == ACTIONCLIP_OK & & found;) ...
/// actionclip_tracker_finish(tracker);  // the end of the input; then take the last events
///
/// It reads no clock: equal windows give equal events to the last bit, live or from a recording.
/// Scores may be probabilities, cosines or any finite numbers. Any number of threads may use a
/// tracker: calls take turns.
///
/// Rules. Times are nanoseconds on the caller's clock; divisions of times round down. Time
/// Window i is about its middle, m[i] = start + (end - start) / 2. It counts from b[i] = m[i-1] +
/// (m[i] - m[i-1]) / 2 on, the first window from its start on. Scores   s[i] = p[i] + w (s[i-1] -
/// p[i]) with w = 2^(-(m[i] - m[i-1]) / half_life_ns), in double; s[0] = p[0]. Without
/// half_life_ns, s[i] = p[i]. On, off  INDEPENDENT: a label that is off is on from b[i] on if s[i]
/// >= on; one that is on is off from b[i] on if s[i] < off. EXCLUSIVE: on from b[i] on is the label
/// with the largest s[i] (the first of equal ones), if that is at least `on` and above every other
/// by at least `margin`; else the label that was on before, if its s[i] >= off; else none. A label
/// that has no run does not come on until min_off_ns after the end of its last event. Runs     A
/// run of a label begins where it comes on. Where it goes off and comes on again sooner than
/// min_off_ns, the run goes on; else it ends where the label went off. Before its scores count,
/// window i shows that the label that was on is so until b[i]; then they show which is on, or off,
/// until m[i]. Events   A run is an event, STARTED, as soon as it is known to last min_on_ns and
/// has a window in which the label is on; others are dropped. Its ENDED comes as soon as the run is
/// known to have ended. So no event is shorter than min_on_ns, and no gap between two events of a
/// label is shorter than min_off_ns. UPDATED comes with windows in which the label is on, once
/// update_ns of decided_ns have passed since the event's last report. Others   EXCLUSIVE: while the
/// label of a run is off, another label may begin a run. If the first label comes back in time, the
/// second run is dropped; once the second run is an event, the first ends where its label went off.
/// A third label's run replaces the second one. none_label takes part as a label of its own, but
/// has no runs. Length   A run that is an event and is known to last max_event_ns or more ends
/// after max_event_ns, and a new run begins there. If windows are further apart, it ends after as
/// many times max_event_ns as it is known to last, and never before the middle of a window in which
/// its label is on: then it goes on for longer. Holes    If a window starts more than gap_ns after
/// the end of the window before, every run ends with that one, as actionclip_tracker_finish ends
/// it, and the new window is a first one. Numbers go on. Finish   Labels that are on are so until
/// the last window's end; all events end. Events come in the order in which they are decided. In
/// one push they come by label; EXCLUSIVE: the ENDED of the label before comes first.
/// docs/EVENTS.md has the same as a program, figures, and how to choose thresholds.
#[repr(C)]
pub struct actionclip_tracker {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// An index searches an archive: the folder that `actionclip embed` fills with the embeddings of
/// many videos, a row for each window of a video. A search compares every row, so it misses
/// nothing:
///
/// actionclip_index_open("archive", NULL, &index ); actionclip_encode_prompts(model, &words , 1, 0,
/// query, E); moments[0].struct_size = sizeof moments[0]; actionclip_index_query(index, query,
/// NULL, 1, E, NULL, moments, 20, &count );
///
/// An index shows the archive as it was when it was opened. Its files are read and never mapped, so
/// that a file that is cut or replaced meanwhile is ACTIONCLIP_ERROR_FILE_READ and no fault of the
/// host. docs/ARCHIVES.md has the format.
#[repr(C)]
pub struct actionclip_index {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// A tokenizer without a model, CLIP's, SigLIP's or BERT's. It is immutable, and any number of
/// threads may use it at once.
#[repr(C)]
pub struct actionclip_tokenizer {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// A host's function that actionclip_tuner_run calls after each step, on the same thread, between
/// two calls of the library: it may call any function, with the same tuner too, but must not free
/// it. A result other than 0 ends the run. It must return: neither exceptions nor longjmp may pass
/// through the library.
pub type actionclip_tuner_progress =
    Option<unsafe extern "C" fn(*mut c_void, *const actionclip_tuner_result) -> i32>;

/// Options of loading a model. Call actionclip_model_options_init, then change fields; NULL in
/// place of the struct means all defaults. An option that contradicts the checkpoint is an error.
///
/// The default number of threads, for models and for decoding videos, is what the environment
/// variable ACTIONCLIP_THREADS says; another value than 1 to 256 is
/// ACTIONCLIP_ERROR_INVALID_ARGUMENT. Without the variable it is one thread for each processor of
/// the process's affinity, or fewer where its control groups (cgroup versions 1 and 2: containers,
/// services) have a processor quota: the strictest quota, rounded down, but at least 1.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_model_options {
    /// sizeof(actionclip_model_options), set by _init
    pub struct_size: u32,
    /// pre-network joint space-time tokens: ACTIONCLIP_AS_CHECKPOINT, _ON, _OFF
    pub joint: i32,
    /// in-network temporal shift: ACTIONCLIP_AS_CHECKPOINT, _ON, _OFF, _CAUSAL
    pub temporal_shift: i32,
    /// ACTIONCLIP_HEAD_*; MeanP if the file does not show one
    pub head: i32,
    /// T, frames per video; 0: as the checkpoint says, else 8
    pub frames: i32,
    /// threads that compute, the caller's included, 1 to 256; 0: the default number (above)
    pub threads: i32,
    /// ACTIONCLIP_COMPUTE_*
    pub compute_type: i32,
    /// Temporal view: the number of frames on each side that a frame's tokens attend to besides
    /// their own, 1 to 3. Open-VCLIP's expand_temporal_view is 1, which its averaged files
    /// (swa_*.pth) do not state. 0: as the checkpoint says; -1: none.
    pub temporal_view: i32,
    /// Path of CLIP's BPE merge list, of Hugging Face's tokenizer.json, or of SigLIP's spiece.model
    /// (see actionclip_tokenizer_load). NULL: the tokenizer inside the model's file; else the first
    /// file beside it that is named bpe_simple_vocab_16e6.txt.gz, bpe_simple_vocab_16e6.txt,
    /// merges.txt or tokenizer.json, of a SigLIP spiece.model or tokenizer.json; else none.
    pub tokenizer_path: *const c_char,
    /// Processor ids that the model's own threads are pinned to, in turn; the calling thread is not
    /// pinned. NULL: the affinity of the thread that first computes with the model. With threads 0,
    /// one thread per id. An id that Linux refuses, since the machine has no such processor or the
    /// process may not use it, pins nothing and is no error. Borrowed for the call.
    pub processors: *const i32,
    pub processor_count: usize,
    /// The SHA-256 that the file must have, 64 hexadecimal digits in either case; NULL: any. A file
    /// with another one is ACTIONCLIP_ERROR_HASH_MISMATCH, and nothing in it is parsed. A file to
    /// be hashed is read whole, once, and the model is made from those bytes. So while it loads,
    /// even a safetensors file takes its size in memory beside the model.
    pub expected_sha256: *const c_char,
    /// ACTIONCLIP_ON: compute what actionclip_model_sha256 returns
    pub compute_sha256: i32,
    /// ACTIONCLIP_ACTIVATION_*
    pub activation: i32,
    /// Path of the CLIP file that the weights were trained from. It gives the token embedding if
    /// the weights lack it, as ViFi-CLIP's do, the model that a LoRA is merged into, and the
    /// weights that base_share mixes in. NULL: none.
    pub base_path: *const c_char,
    /// The model's name in open_clip, "ViT-B-16-quickgelu" or, with the weights' tag,
    /// "ViT-B-16/laion2b_s34b_b88k". It determines the activation, and for larger models the number
    /// of heads. Give it for open_clip's files that have no open_clip_config.json beside them; it
    /// is used in place of that file. NULL: none.
    pub open_clip_name: *const c_char,
    /// the highest instruction set to compute with, ACTIONCLIP_INSTRUCTIONS_*
    pub instructions: i32,
    /// 0
    pub reserved: i32,
    /// The share, from 0 up to but not including 1, of the weights at base_path in the model's: (1
    /// - base_share) own + base_share base, in all tensors that both have (Open-VCLIP's
    /// PATCHING_RATIO, 0.5 in its scripts). 0: none. All else is the weights' own.
    pub base_share: f64,
    /// ACTIONCLIP_ON: the model is for actionclip_model_save alone, which reads one tensor at a
    /// time from the files, so that the whole is never in memory. They stay open, and must not
    /// change until then. Its properties are told as ever, and whatever computes with it is
    /// ACTIONCLIP_ERROR_OPTION_CONFLICT; so is loading it in another precision than fp32, or from a
    /// buffer, and saving it in int8. ACTIONCLIP_AS_CHECKPOINT and _OFF: a model as usual.
    pub for_saving: i32,
    /// 0
    pub reserved_2: i32,
}

sized!(actionclip_model_options, actionclip_model_options_init_sized);

/// The sizes and options of a loaded model, after every choice was resolved.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_model_info {
    /// set it to sizeof(actionclip_model_info) before the call
    pub struct_size: u32,
    /// ACTIONCLIP_FILE_*
    pub file_type: i32,
    /// S, input side in pixels
    pub image_size: i32,
    /// p
    pub patch_size: i32,
    /// W
    pub vision_width: i32,
    /// L
    pub vision_layers: i32,
    /// from the file, its configuration or open_clip_name; else as released models
    pub vision_heads: i32,
    /// E, length of every embedding
    pub embedding_size: i32,
    /// X
    pub text_width: i32,
    pub text_layers: i32,
    /// from the file, its configuration or open_clip_name; else X / 64
    pub text_heads: i32,
    /// C, token ids per prompt
    pub context_length: i32,
    /// V
    pub vocabulary_size: i32,
    /// T
    pub frames: i32,
    /// 1 or 0
    pub joint: i32,
    /// 1 or 0; 1 for the causal form too
    pub temporal_shift: i32,
    /// ACTIONCLIP_HEAD_*; MeanP when joint (it then has nothing to join)
    pub head: i32,
    /// ACTIONCLIP_COMPUTE_*
    pub compute_type: i32,
    /// threads that compute
    pub threads: i32,
    /// 1 if prompts can be encoded
    pub has_tokenizer: i32,
    /// exp of the checkpoint's logit_scale: the scale it was trained with
    pub logit_scale: f32,
    /// 1 if the numbers of heads are a guess, since nothing states them
    pub heads_assumed: i32,
    /// weights used by this model
    pub parameters: i64,
    /// memory that the weights take
    pub weight_bytes: i64,
    /// Working memory in bytes of a call that encodes one video. A batch is encoded in groups and
    /// needs at most a few times that. It is allocated when first needed and kept: a call like an
    /// earlier one allocates none.
    pub video_bytes: i64,
    /// working memory in bytes of a call that encodes prompts, for any number
    pub text_bytes: i64,
    /// ACTIONCLIP_ACTIVATION_QUICK_GELU, _GELU or _TANH_GELU
    pub activation: i32,
    /// 1 if QuickGELU is a guess, since nothing states the activation
    pub activation_assumed: i32,
    /// 1 if a frame's embedding depends on that frame alone, so that frames may be encoded singly
    /// and joined later. 0 with joint, temporal shift, a temporal view or X-CLIP's message tokens.
    pub frames_independent: i32,
    /// 0
    pub reserved: i32,
    /// The instruction sets in use, as ACTIONCLIP_INSTRUCTIONS_*: of products in compute_type, and
    /// of row kernels, which are LayerNorm, softmax and conversions.
    pub product_instructions: i32,
    pub row_instructions: i32,
    /// The time from frame to frame in nanoseconds for which the model's file declares that it was
    /// trained; 0: none is declared.
    pub frame_interval_ns: i64,
    /// 1 if the temporal shift is causal, ACTIONCLIP_CAUSAL; else 0
    pub shift_causal: i32,
    /// K, learned vectors that stand in texts in place of "<|context|>"; 0 in most models
    pub context_vectors: i32,
    /// V, floats of a video's row: E in most models, the video's embedding. In an X-CLIP each video
    /// moves the embeddings of texts that it is compared with, and its row is E + (S/p)^2 * E: the
    /// embedding, and what moves texts.
    pub video_size: i64,
    /// 1 if each frame scores by itself, as in Open-VCLIP: a video's embedding is the mean of its
    /// frames' embeddings at unit length, and scale times its product with a text of unit length
    /// the mean of the frames' scores, so its own length counts. Classifiers and
    /// actionclip_model_probabilities score so. Logits of several views are summed by summing the
    /// views' embeddings. Else 0.
    pub frame_scores: i32,
    /// 0
    pub reserved_2: i32,
    /// 1 if they score each label by itself, sigmoid(scale * cosine + logit_bias), so that
    /// probabilities need not sum to 1: in a SigLIP, whose own scale is logit_scale. 0: a softmax
    /// over the labels.
    pub sigmoid_scores: i32,
    /// the checkpoint's; 0 without one
    pub logit_bias: f32,
    /// Floating-point operations of encoding one video: those of products and attention, a
    /// multiplication and an addition counted as two.
    pub video_flops: i64,
    /// The scale of probabilities where 0 is given as their scale: 100, the reference's, or with
    /// sigmoid_scores logit_scale. A classifier that was fitted to examples is scored at 100 in any
    /// model.
    pub usual_scale: f32,
    /// 0
    pub reserved_3: i32,
}

sized!(actionclip_model_info);

/// Contents of a saved file besides the weights, the options in use and the merge list in use. NULL
/// in a field keeps the model's own value; NULL in place of the struct keeps all of them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_save_options {
    /// sizeof(actionclip_save_options), set by _init
    pub struct_size: u32,
    /// ACTIONCLIP_STORAGE_*; a model loaded in bf16 or int8 can only be saved so
    pub storage: i32,
    /// not NULL with label_count 0: none
    pub labels: *const *const c_char,
    pub label_count: usize,
    /// not NULL with template_count 0: none, meaning the reference's
    pub templates: *const *const c_char,
    pub template_count: usize,
    /// "": none
    pub description: *const c_char,
    /// "": none
    pub license: *const c_char,
    /// "": none; where the weights are from
    pub source: *const c_char,
    /// Other notes: keys of lower-case letters, digits, "_" and ".", except those in the table of
    /// docs/FORMAT.md, and a text for each; "" removes the note.
    pub note_keys: *const *const c_char,
    pub note_texts: *const *const c_char,
    pub note_count: usize,
    /// The weight of each template of the file, finite and 0 or more, with a sum above 0. NULL: the
    /// model's own, or equal weights if `templates` is not NULL; not NULL with
    /// template_weight_count 0: equal weights.
    pub template_weights: *const f32,
    pub template_weight_count: usize,
    /// The time from frame to frame, in nanoseconds, of the videos that the model was trained with:
    /// 1 to 86400000000000, a day. 0: the model's own; -1: none. Streams sample by it where they
    /// are told nothing else.
    pub frame_interval_ns: i64,
}

sized!(actionclip_save_options, actionclip_save_options_init_sized);

/// An 8-bit image in the caller's memory. The layout of this struct never changes, since arrays of
/// it are passed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_image {
    /// first byte of the top row
    pub data: *const u8,
    /// bytes from one row to the next; 0: rows are packed
    pub row_stride: i64,
    /// pixels, 1 .. 65535
    pub width: i32,
    /// pixels, 1 .. 65535
    pub height: i32,
    /// ACTIONCLIP_PIXEL_*
    pub pixel_format: i32,
    /// 0
    pub reserved: i32,
}

/// Options of turning an image into the network's input. NULL in place of the struct means the
/// model's own, or all defaults in a call without a model.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_preprocess_options {
    /// sizeof(actionclip_preprocess_options), set by _init
    pub struct_size: u32,
    /// ACTIONCLIP_RESIZE_*
    pub resize: i32,
    /// ACTIONCLIP_CROP_*
    pub crop: i32,
    /// resized short side in pixels, >= S; 0: as `resize` says
    pub short_side: i32,
    /// R, G, B on the 0..1 scale; _init sets CLIP's
    pub mean: [f32; 3],
    /// R, G, B on the 0..1 scale; _init sets CLIP's; > 0
    pub std: [f32; 3],
}

sized!(actionclip_preprocess_options, actionclip_preprocess_options_init_sized);

/// A picture in the caller's memory as a camera gives it. Set it up with actionclip_frame_init,
/// then set pixel_format, width, height and planes.
///
/// The library takes it for the RGB picture that it stands for: Y, U and V are converted, the
/// picture is turned clockwise by `rotation`, mirrored by `flip`, and cut to its region. What
/// follows (resize, crop) has the same bits as for that picture as an actionclip_image. Only pixels
/// that the crop needs are read and converted, and never a row's padding.
///
/// Converting is defined to the bit, on every processor: max(Y-16, 0) (FULL: Y), U-128 and V-128
/// times the matrix's factors, rounded to 20 fractional bits; the sum is rounded to 8 bits. A U and
/// V count for all their pixels alike, without interpolation. With BT601 and LIMITED the bytes are
/// those of OpenCV's cvtColor; the others are at most one level from exact arithmetic.
///
/// In an array of frames all have the same struct_size, which is the distance from one to the next.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_frame {
    /// sizeof(actionclip_frame), set by _init
    pub struct_size: u32,
    /// ACTIONCLIP_PIXEL_*
    pub pixel_format: i32,
    /// pixels as stored, 1 .. 65535
    pub width: i32,
    /// pixels as stored, 1 .. 65535
    pub height: i32,
    /// first byte of each plane's top row; NULL for planes that the format lacks
    pub planes: [*const u8; 4],
    /// bytes from row to row of each plane; 0: its rows are packed
    pub strides: [i64; 4],
    /// ACTIONCLIP_MATRIX_*; ignored for RGB and grey
    pub matrix: i32,
    /// ACTIONCLIP_RANGE_*; ignored for RGB and grey
    pub range: i32,
    /// clockwise degrees by which the picture is turned upright: 0, 90, 180, 270
    pub rotation: i32,
    /// ACTIONCLIP_FLIP_*, after the rotation
    pub flip: i32,
    /// the part of the upright, flipped picture that counts, in pixels, even or odd;
    pub region_x: i32,
    /// all four 0: the whole
    pub region_y: i32,
    pub region_width: i32,
    pub region_height: i32,
    /// ACTIONCLIP_ON: a region partly outside is cut to the picture; else it is an error
    pub region_clamp: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_frame, actionclip_frame_init_sized);

/// Options of opening a video. Two limits guard against files made to block a program; real videos
/// stay far below their defaults. INT64_MAX means no limit for either. max_milliseconds     the
/// time that a call (opening, or any later one) may take until its last frame is decoded. Beyond
/// it: ACTIONCLIP_ERROR_TIME_LIMIT. 0: five minutes, and one second more for every 2048 bytes of
/// the file. max_pixels_per_byte  the pixels that one pass through the video may decode for each
/// byte of the file, beyond the 2^30 that any file may have. Beyond it:
/// ACTIONCLIP_ERROR_FORMAT_LIMIT. 0: 2^17, four times the ratio of a 4K video that is always black.
/// The last three are for folders of frames (see actionclip_video_open); files have their own
/// numbers and times. frame_rate   frames per second, up to 100000. 0: frames have no times, and
/// what asks for times is ACTIONCLIP_ERROR_INVALID_ARGUMENT, unless it asks from 0 to INFINITY.
/// first_frame  the place of the first frame among the folder's, from 0. frame_count  the number of
/// frames, as lists of data sets state it; fewer in the folder are ACTIONCLIP_ERROR_FILE_OPEN, more
/// are not read. 0: all from first_frame on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_video_options {
    /// sizeof(actionclip_video_options), set by _init
    pub struct_size: u32,
    /// decoder threads, 1 to 256; 0: the default number (see actionclip_model_options)
    pub threads: i32,
    /// refuse larger pictures; 0: 2^25 (8K)
    pub max_pixels: i64,
    /// ACTIONCLIP_DECODE_*
    pub decode: i32,
    /// 0
    pub reserved: i32,
    /// time limit of one call; 0: grows with the file
    pub max_milliseconds: i64,
    /// pixels decoded for each byte of the file; 0: 2^17
    pub max_pixels_per_byte: i64,
    /// of a folder of frames, frames per second; 0: not known
    pub frame_rate: f64,
    /// of a folder of frames, 0 to 2^40
    pub first_frame: i64,
    /// of a folder of frames, 0 to 2^40; 0: all
    pub frame_count: i64,
}

sized!(actionclip_video_options, actionclip_video_options_init_sized);

/// The size, length and damage of a video.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_video_info {
    /// set it to sizeof(actionclip_video_info) before the call
    pub struct_size: u32,
    /// pixels of a frame as returned, after rotation
    pub width: i32,
    /// pixels of a frame as returned, after rotation
    pub height: i32,
    /// clockwise degrees applied to every frame: 0, 90, 180, 270
    pub rotation: i32,
    /// frames that decode, counted by decoding once
    pub frame_count: i64,
    /// number of frames that the decoder marked as damaged, and of those that an MP4 file's index
    /// lists beyond the file's end; -1: not known
    pub damaged_frames: i64,
    /// seconds, from the first frame to the end of the last
    pub duration: f64,
    /// average, frames per second; 0 if unknown
    pub frame_rate: f64,
}

sized!(actionclip_video_info);

/// Options of a stream. Call actionclip_stream_options_init, then change fields; NULL in place of
/// the struct means all defaults. If neither frame_stride nor frame_interval_ns is set, the
/// interval is what the model's file declares (frame_interval_ns of actionclip_model_info), else 2
/// s / T.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_stream_options {
    /// sizeof(actionclip_stream_options), set by _init
    pub struct_size: u32,
    /// pushed frames from one due frame to the next, up to 2^20; 0: by time
    pub frame_stride: i32,
    /// nanoseconds from one due frame to the next, up to a day; 0: the default above
    pub frame_interval_ns: i64,
    /// sampled frames from one window to the next, up to 2^16; 0: T/8, at least 1
    pub hop: i32,
    /// ACTIONCLIP_WARMUP_*
    pub warmup: i32,
    /// a longer hole between frames ends a run; -1: none does; 0: T intervals, by stride -1
    pub gap_ns: i64,
    /// a step drops frames that are older than the newest one by more than this; 0: none
    pub max_age_ns: i64,
    /// ACTIONCLIP_OVERFLOW_*
    pub overflow: i32,
    /// due frames that may wait for a step, up to 4096; 0: T; with OVERFLOW_LATEST always 1
    pub queue_frames: i32,
    /// windows that may wait for next, 2 to 65536; 0: 16. While full, frames wait
    pub queue_windows: i32,
    /// ACTIONCLIP_STREAM_*
    pub mode: i32,
    /// borrowed for the call; NULL: the model's own
    pub preprocess: *const actionclip_preprocess_options,
}

sized!(actionclip_stream_options, actionclip_stream_options_init_sized);

/// A window over a stream's frames.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_window {
    /// set it to sizeof(actionclip_window) before the call
    pub struct_size: u32,
    /// ACTIONCLIP_WINDOW_*
    pub flags: i32,
    /// the window's number in the stream, from 0 on
    pub sequence: i64,
    /// timestamp of the window's first frame
    pub start_ns: i64,
    /// timestamp of the window's last frame
    pub end_ns: i64,
    /// number of the window's first frame among all frames pushed, from 0 on
    pub first_push: i64,
    /// number of the window's last frame among all frames pushed
    pub last_push: i64,
    /// due frames between the first and the last that were dropped
    pub dropped_inside: i64,
    /// number of different frames, 1 to T
    pub frame_count: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_window);

/// The account of a stream at one moment. Always pushed = not_due + refused + dropped + encoded +
/// pending.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_stream_stats {
    /// set it to sizeof(actionclip_stream_stats) before the call
    pub struct_size: u32,
    /// 1 after actionclip_stream_finish, else 0
    pub finished: i32,
    /// frames pushed, without those that push answered with ACTIONCLIP_PUSH_FULL
    pub pushed: i64,
    /// frames that were not sampled
    pub not_due: i64,
    /// frames that push refused with an error
    pub refused: i64,
    /// due frames that were dropped: by overflow, by age, or as numbers overflowed in a step
    pub dropped: i64,
    /// frames that a step took
    pub encoded: i64,
    /// frames that wait for a step or are in one
    pub pending: i64,
    /// windows made
    pub windows: i64,
    /// windows that wait for next
    pub windows_waiting: i64,
    /// gaps found
    pub gaps: i64,
    /// the latest timestamp; INT64_MIN before the first frame
    pub newest_ns: i64,
}

sized!(actionclip_stream_stats);

/// The options of a stream after every default was resolved.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_stream_info {
    /// set it to sizeof(actionclip_stream_info) before the call
    pub struct_size: u32,
    /// T, frames of a window
    pub frames: i32,
    /// 0: by count
    pub frame_interval_ns: i64,
    /// 0: by time
    pub frame_stride: i32,
    pub hop: i32,
    /// INT64_MAX: none
    pub gap_ns: i64,
    /// INT64_MAX: none
    pub max_age_ns: i64,
    /// ACTIONCLIP_WARMUP_*
    pub warmup: i32,
    /// ACTIONCLIP_OVERFLOW_*
    pub overflow: i32,
    pub queue_frames: i32,
    pub queue_windows: i32,
    /// frames encoded from one window to the next: hop, or T if windows are encoded anew
    pub frames_per_hop: i32,
    /// 1 if neither the options nor the model's file states how frames are sampled
    pub interval_assumed: i32,
    /// memory that the stream took when it was made
    pub memory_bytes: i64,
    /// ACTIONCLIP_STREAM_*
    pub mode: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_stream_info);

/// A clip that a classifier has as an example.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_example {
    /// set it to sizeof(actionclip_example) before the call
    pub struct_size: u32,
    /// the index of its label in the present list; -1: the list does not have it
    pub label: i32,
    /// 0 or more: the caller's; below 0: the library's
    pub clip_id: i64,
    pub views: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_example);

/// Options of a fit. Call actionclip_fit_options_init, then change fields; none needs to be
/// changed. A number that is NaN is chosen by the fit, from clips that it leaves out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_fit_options {
    /// sizeof(actionclip_fit_options), set by _init
    pub struct_size: u32,
    /// ACTIONCLIP_FIT_*
    pub method: i32,
    /// the factor of the words' logit of a label with examples, 0 to 1e6; NaN by default
    pub text_weight: f64,
    /// the factor of the score by clips, 0 to 1e6; NaN by default
    pub clip_weight: f64,
    /// what is added to the logit of labels with examples, -1e6 to 1e6; NaN by default
    pub offset: f64,
    /// the strength of ridge regression's penalty, 1e-6 to 1e6; NaN by default
    pub ridge: f64,
    /// how strongly softmax regression is held to the words, 1e-6 to 1e6; NaN by default
    pub anchor: f64,
    /// the share of clips, left out, that the reject threshold accepts, 0 to 1; 0.95 by default
    pub accept_rate: f64,
}

sized!(actionclip_fit_options, actionclip_fit_options_init_sized);

/// The numbers of rows that a report has.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_report_info {
    /// set it to sizeof(actionclip_report_info) before the call
    pub struct_size: u32,
    /// 1: the fit chose the method
    pub is_automatic: i32,
    /// the index of the method that is used, for actionclip_report_trial
    pub chosen: i32,
    /// methods that were tried; index 0 is the words alone
    pub trials: i32,
    /// labels in all
    pub label_count: i32,
    /// labels with examples, for actionclip_report_label
    pub labels: i32,
    /// clips, for actionclip_report_clip
    pub clips: i32,
    /// clips that are the only one of their label, of which nothing can be said
    pub single_clips: i32,
    /// pairs of labels that were confused, for actionclip_report_confusion
    pub confusions: i32,
    /// 0
    pub reserved: i32,
    /// a video whose largest probability is below it shows none of the labels
    pub reject_threshold: f64,
    /// clips that were left out, by which the threshold was chosen
    pub known: f64,
    /// of these, the clips that it accepts
    pub accepted: f64,
    /// clips whose label was taken out with its words, which stand for unknown actions
    pub unknown: f64,
    /// of these, the clips that the threshold rejects
    pub rejected: f64,
    /// the probability that a known clip has a larger score than an unknown one; 0 if there are
    /// none
    pub roc_area: f64,
}

sized!(actionclip_report_info);

/// A method that was tried, on clips that were left out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_trial_report {
    /// set it to sizeof(actionclip_trial_report) before the call
    pub struct_size: u32,
    /// ACTIONCLIP_FIT_*
    pub method: i32,
    /// clips that could be left out
    pub clips: f64,
    /// of these, the clips whose label is the best one
    pub right: f64,
    /// Wilson's 95 % interval of the share of right ones, 0 to 1
    pub right_low: f64,
    pub right_high: f64,
    /// clips whose label is among the best five
    pub among_five: f64,
    /// the mean of -log of the label's probability
    pub loss: f64,
    /// clips left out with all clips of their label, which stand for labels without examples
    pub word_clips: f64,
    /// of these, the clips whose label is the best one
    pub right_by_words: f64,
    /// the factor on the logits that made the probabilities calibrated
    pub temperature: f64,
    /// the numbers of actionclip_fit_options that were chosen or given; NaN: not used
    pub text_weight: f64,
    pub clip_weight: f64,
    pub offset: f64,
    pub ridge: f64,
}

sized!(actionclip_trial_report);

/// A label that has examples.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_label_report {
    /// set it to sizeof(actionclip_label_report) before the call
    pub struct_size: u32,
    /// its index
    pub label: i32,
    /// its clips
    pub clips: i32,
    /// 0
    pub reserved: i32,
    /// clips that could be left out: 0 of a single one
    pub judged: f64,
    /// of these, the clips that are recognised
    pub right: f64,
    /// of these, the clips that the words alone recognise
    pub right_by_words: f64,
    /// the mean probability of the label; 0 of a single clip
    pub mean_probability: f64,
}

sized!(actionclip_label_report);

/// A clip, and what a fit without it says of it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_clip_report {
    /// set it to sizeof(actionclip_clip_report) before the call
    pub struct_size: u32,
    /// the index of its label
    pub label: i32,
    pub clip_id: i64,
    /// the label with the largest probability; -1 of a single clip: the numbers are then 0
    pub best: i32,
    /// the label that the words alone find best
    pub best_by_words: i32,
    /// of its own label
    pub probability: f64,
    /// of the best label
    pub best_probability: f64,
    /// the probability of its own label less the largest of another
    pub margin: f64,
    /// 1: it looks mislabelled: another label is over 20 times as probable as its own
    pub is_suspect: i32,
    /// 1: another clip has nearly the same view, with a cosine of 0.9995 or more
    pub has_duplicate: i32,
    /// that clip, the smallest id of several; 0 if there is none
    pub duplicate_id: i64,
    /// 1: such a clip has another label
    pub duplicate_has_other_label: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_clip_report);

/// Two labels of which clips were taken for each other when they were left out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_confusion_report {
    /// set it to sizeof(actionclip_confusion_report) before the call
    pub struct_size: u32,
    /// the smaller index of the two labels
    pub first: i32,
    pub second: i32,
    /// 0
    pub reserved: i32,
    /// clips of either label that were taken for the other
    pub clips: f64,
}

sized!(actionclip_confusion_report);

/// The result of actionclip_prompts_fit. Shares and means are over the videos given. Where the
/// weights are fitted, each clip is scored with weights that were fitted without it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_prompts_report {
    /// set it to sizeof(actionclip_prompts_report) before the call
    pub struct_size: u32,
    /// ACTIONCLIP_PROMPTS_*
    pub origin: i32,
    /// templates with a weight above 0
    pub kept: i32,
    /// parts that were left out: one for each clip up to 64 clips, else 32
    pub folds: i32,
    /// the prior's strength as a share of the videos; 0 if nothing was fitted
    pub strength: f64,
    /// share of videos that equal weights classify right
    pub equal_top1: f64,
    /// with equal weights, the mean log-probability of the right label
    pub equal_log_likelihood: f64,
    /// share of videos that the chosen weights classify right
    pub chosen_top1: f64,
    /// with the chosen weights, the mean log-probability of the right label
    pub chosen_log_likelihood: f64,
}

sized!(actionclip_prompts_report);

/// Options of a tuner. Call actionclip_tuner_options_init, then change fields; NULL in place of the
/// struct means all defaults: the temporal head and the scale of cosines are trained, ANCHORED. A
/// number that is NaN, or 0 in `epochs`, is the recipe's.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_tuner_options {
    /// sizeof(actionclip_tuner_options), set by _init
    pub struct_size: u32,
    /// ACTIONCLIP_RECIPE_*
    pub recipe: i32,
    /// ACTIONCLIP_LOSS_*
    pub loss: i32,
    /// ACTIONCLIP_TRAIN_*, of the image encoder; NOTHING by default
    pub vision: i32,
    /// with ACTIONCLIP_TRAIN_BLOCKS, 1 to the encoder's layers; else 0
    pub vision_blocks: i32,
    /// ACTIONCLIP_TRAIN_*, of the text encoder; NOTHING by default
    pub text: i32,
    /// with ACTIONCLIP_TRAIN_BLOCKS, 1 to the encoder's layers; else 0
    pub text_blocks: i32,
    /// ACTIONCLIP_ON (default) or _OFF: whether the temporal head is trained
    pub head: i32,
    /// ACTIONCLIP_ON (default) or _OFF: whether the scale of cosines is trained
    pub logit_scale: i32,
    /// ACTIONCLIP_HEAD_*: a head that starts anew in place of the model's; AS_CHECKPOINT: none
    pub new_head: i32,
    /// T of the copy with a new head; 0: the model's
    pub frames: i32,
    /// 1 to 100000; 0: the recipe's, 50
    pub epochs: i32,
    /// clips a step, 1 to 65536; fewer if there are fewer clips. 32 by default
    pub batch: i32,
    /// ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR or _TRUNCATE, for texts
    pub too_long: i32,
    /// epochs in which the rate rises from 0, 0 to `epochs`; the recipe's is 5, or fewer epochs
    pub warm_up_epochs: f64,
    /// the encoders' learning rate, above 0 to 1; the recipe's is 5e-6
    pub rate: f64,
    /// the head's rate, as a multiple of `rate`, 0 to 1e6; the recipe's is 10
    pub head_rate_factor: f64,
    /// 0 to 10; the recipe's is 0.2
    pub weight_decay: f64,
    /// The factor a, 0 to 1e6, of a |parameters - those before training|^2, which is added to the
    /// loss; the recipe's is 0, since the share of actionclip_tuner_model keeps a model near its
    /// base (docs/DECISIONS.md).
    pub anchor: f64,
    /// of every draw, and of a new head's numbers; 0 by default
    pub seed: u64,
    /// Bytes that the tuner may take, its clips and texts included; 0: what it needs, and up to 2
    /// GiB to save time. A call that would go beyond it takes none and returns
    /// ACTIONCLIP_ERROR_OUT_OF_MEMORY. What the tuner does not need is spent on keeping what no
    /// training changes of clips and texts, and activations for the backward pass, which changes no
    /// bit. Models that it makes, also for actionclip_tuner_eval, are not counted.
    pub max_memory: i64,
    /// Context vectors that are trained in place of a template's words (CoOp, arXiv 2109.01134), up
    /// to C - 3; 0 (default): none. They stand where templates have "<|context|>". If none of the
    /// tuner's templates has it, the only template is "<|context|> {}", and the vectors start as
    /// the words before the label in the first of the tuner's templates that has as many tokens
    /// there: 4 with the reference's are "a photo of action". Otherwise they start as normal
    /// numbers of deviation 0.02. A model that has context vectors goes on with as many, or keeps
    /// them with 0. The text encoder may be frozen, but each step goes back through all of it.
    pub contexts: i32,
    /// ACTIONCLIP_AUGMENT_*; NONE by default
    pub augment: i32,
    /// the context vectors' rate, as a multiple of `rate`, 0 to 1e6; the recipe's is 1000
    pub context_rate_factor: f64,
    /// The factor d, 0 to below 1, of an exponential mean of the trained numbers: it starts with
    /// those before training, and after each step it is d times itself and 1 - d times the numbers.
    /// Models are made of it, at any share. The recipe's is 0: models are made of the latest
    /// numbers.
    pub mean_decay: f64,
    /// The share, 0 to 0.9, of numbers that the Transf_cls head drops by chance in each step, as
    /// torch.nn.TransformerEncoder does while it is trained; other heads drop none. The recipe's is
    /// 0 with ANCHORED, 0.1 with REFERENCE. The released trainer's drop_out and emb_dropout are 0
    /// in all its configurations, and tuners have nothing like them.
    pub head_dropout: f64,
    /// ACTIONCLIP_ON: each step draws a frame of each of T equal parts of a clip's frames, as the
    /// reference does with random_shift; of T frames or fewer, all of them and some again. _OFF
    /// (default): it draws a view.
    pub jitter: i32,
    /// ACTIONCLIP_MIRROR_UNLESS_SIDED (default), _ON or _OFF: which clips are mirrored
    pub mirror: i32,
    /// A file that keeps what no training changes of clips, in place of memory; NULL: none. It is
    /// made where there is none, and used again by tuners with the same clips to train on, read
    /// alike and in the same order, whose `vision`, `compute_type`, `frames` and frozen weights of
    /// the image encoder are the same; others empty it. So a search over seeds, batches, labels,
    /// texts, recipes or new heads computes clips once. Where the disk is full, the rest is
    /// computed each time. A file that is no such cache is ACTIONCLIP_ERROR_FILE_OPEN, and so is
    /// one that another tuner uses.
    pub cache_path: *const c_char,
    /// ACTIONCLIP_COMPUTE_FP32 (also DEFAULT), or _BF16 for the encoders' products; what is
    /// trained, sums, the temporal head and the optimizer are fp32
    pub compute_type: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_tuner_options, actionclip_tuner_options_init_sized);

/// The sizes of a tuner.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_tuner_info {
    /// set it to sizeof(actionclip_tuner_info) before the call
    pub struct_size: u32,
    pub labels: i32,
    /// clips to train on
    pub clips: i32,
    /// clips held out
    pub held_out: i32,
    /// steps done
    pub steps: i64,
    /// steps of the whole recipe
    pub total_steps: i64,
    pub steps_per_epoch: i64,
    /// numbers that are trained
    pub trained: i64,
    /// memory of the copy, its gradients and its moments
    pub model_bytes: i64,
    /// memory of the clips and texts
    pub clip_bytes: i64,
    /// the most working memory that a step takes besides, without that of decoding files
    pub work_bytes: i64,
    /// clips a step
    pub batch: i32,
    /// 0
    pub reserved: i32,
    /// memory of what no training changes of clips and texts, besides a file's
    pub cache_bytes: i64,
}

sized!(actionclip_tuner_info);

/// The result of a step.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_tuner_result {
    /// set it to sizeof(actionclip_tuner_result) before the call
    pub struct_size: u32,
    /// 0
    pub reserved: i32,
    /// its number, from 1 on
    pub step: i64,
    /// steps of the whole recipe
    pub total_steps: i64,
    /// the loss before the step: the mean of both ways, or cross-entropy's
    pub loss: f64,
    /// the divergence of videos to texts
    pub video_loss: f64,
    /// the divergence of texts to videos; 0 with cross-entropy
    pub text_loss: f64,
    /// the scale of cosines after the step; 0 if it is not trained
    pub scale: f64,
    /// the encoders' learning rate
    pub rate: f64,
    /// the norm of all gradients together, before it was limited
    pub gradient_norm: f64,
}

sized!(actionclip_tuner_result);

/// The result of an evaluation.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_tuner_score {
    /// set it to sizeof(actionclip_tuner_score) before the call
    pub struct_size: u32,
    /// clips that were scored
    pub clips: i32,
    /// of these, the clips whose best label is one of theirs
    pub right: i32,
    /// of these, the clips with a label of theirs among the best five
    pub among_five: i32,
    /// the mean of -log of the probability of a clip's labels, in equal shares
    pub loss: f64,
}

sized!(actionclip_tuner_score);

/// Options of a tracker. Call actionclip_tracker_options_init, then change fields. Times are 0 for
/// none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_tracker_options {
    /// sizeof(actionclip_tracker_options), set by _init
    pub struct_size: u32,
    /// ACTIONCLIP_TRACK_*; EXCLUSIVE by default
    pub mode: i32,
    /// smoothed score from which on a label comes on; 0.4 by default, which is for probabilities
    pub on: f64,
    /// smoothed score below which it goes off, at most `on`; 0.3 by default
    pub off: f64,
    /// EXCLUSIVE: what a label must have over every other to come on, 0 or more; 0 by default
    pub margin: f64,
    /// no event is shorter; 1 s by default
    pub min_on_ns: i64,
    /// no gap between two events of a label is shorter; 0.5 s by default
    pub min_off_ns: i64,
    /// time after which a score counts half; 0.5 s by default; 0: no smoothing
    pub half_life_ns: i64,
    /// longer events are split, at least min_on_ns and min_off_ns; 0 by default: never
    pub max_event_ns: i64,
    /// time from one report of an open event to the next; 0 by default: no UPDATED
    pub update_ns: i64,
    /// a longer hole between windows ends every event; 2 s by default; 0: never
    pub gap_ns: i64,
    /// index of the label that means "nothing in particular"; -1 by default: there is none
    pub none_label: i32,
    /// 0
    pub reserved: i32,
    /// Thresholds of each label [label_count], in place of `on` and `off`; NULL: those for all.
    /// Borrowed for the call.
    pub label_on: *const f64,
    pub label_off: *const f64,
    /// of label_on and label_off: the tracker's; 0 without them
    pub label_count: usize,
}

sized!(actionclip_tracker_options, actionclip_tracker_options_init_sized);

/// A report on an event. Each event has one STARTED and, later, one ENDED.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_event {
    /// set it to sizeof(actionclip_event) before the call
    pub struct_size: u32,
    /// ACTIONCLIP_EVENT_*
    pub kind: i32,
    /// the index of the label
    pub label: i32,
    /// 0
    pub reserved: i32,
    /// 0, 1, 2, ... in the order of starting: the same in each report of the event
    pub number: i64,
    pub start_ns: i64,
    /// ENDED: the end; else the time until which the label is known to be on
    pub end_ns: i64,
    /// the end of the window that decided this; of the last one in actionclip_tracker_finish
    pub decided_ns: i64,
    /// the middle of the window with the largest smoothed score, the first of equal ones
    pub peak_ns: i64,
    /// that score; windows in which the label is off do not count
    pub peak: f64,
    /// the mean smoothed score of the event's windows, those of its gaps included
    pub mean: f64,
}

sized!(actionclip_event);

/// Options of finding segments. Call actionclip_segment_options_init, then change fields.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_segment_options {
    /// sizeof(actionclip_segment_options), set by _init
    pub struct_size: u32,
    /// ACTIONCLIP_SEGMENTS_*; MEAN by default
    pub method: i32,
    /// HYSTERESIS: the tracker's options; NULL: its defaults. Borrowed
    pub tracker: *const actionclip_tracker_options,
    /// MEAN: [label_count], means below show no label; NULL by default: none. Borrowed
    pub thresholds: *const f64,
    /// VITERBI, ORDERED: 0 or more, in seconds times score; 0.25 by default
    pub change_cost: f64,
    /// VITERBI, ORDERED: the score of showing no label; ORDERED: between steps. -INFINITY by
    /// default: a label always shows, unless there is none_label, whose score counts for no label
    /// too.
    pub none_score: f64,
    /// VITERBI, ORDERED: least duration of a label's segment, not of none's; 0 by default
    pub min_duration_ns: i64,
    /// index of the label that means no label; -1 by default: none. HYSTERESIS has tracker's
    pub none_label: i32,
    /// 0
    pub reserved: i32,
    /// ORDERED: the labels of the steps [step_count] in their order. Borrowed
    pub steps: *const i32,
    pub step_count: usize,
    /// ORDERED: [step_count], 1 for a step that may be missing, else 0; NULL: none may
    pub step_optional: *const i32,
}

sized!(actionclip_segment_options, actionclip_segment_options_init_sized);

/// A part of a file that shows a label.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_segment {
    /// of the first element of an array: sizeof(actionclip_segment), set before the call
    pub struct_size: u32,
    /// the index of the label; -1: no label, never of HYSTERESIS
    pub label: i32,
    pub start_ns: i64,
    pub end_ns: i64,
    /// The mean score of the label over the segment's time; of HYSTERESIS the event's mean; where
    /// MEAN finds no label, the score of the best one.
    pub score: f64,
    /// ORDERED: the place in `steps`, else -1
    pub step: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_segment);

/// Options of opening an index. Call actionclip_index_options_init, then change fields.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_index_options {
    /// sizeof(actionclip_index_options), set by _init
    pub struct_size: u32,
    /// threads that compare rows, 1 to 256; 0 by default: as many as a model's
    pub threads: i32,
    /// 1: rows are read into memory once, which takes their size of it; 0 by default: each search
    /// reads the files, which the system's page cache keeps.
    pub in_memory: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_index_options, actionclip_index_options_init_sized);

/// Facts of an archive.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_index_info {
    /// set it to sizeof(actionclip_index_info) before the call
    pub struct_size: u32,
    /// numbers of an embedding, E
    pub dimension: i32,
    /// rows, those of removed videos included
    pub rows: i64,
    /// rows of removed videos, which are never found
    pub removed_rows: i64,
    /// seconds of a window; 0: rows are whole videos
    pub window: f64,
    /// seconds from one window's start to the next one's; 0: rows are whole videos
    pub step: f64,
    /// frames that the model saw of a window; 0: not stated
    pub frames: i32,
    /// ACTIONCLIP_INDEX_*
    pub number_type: i32,
    /// 1: it was being written when it was opened, or a run was interrupted: rows are missing
    pub unfinished: i32,
    /// 0
    pub reserved: i32,
}

sized!(actionclip_index_info);

/// Options of a search. Call actionclip_query_options_init, then change fields.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_query_options {
    /// sizeof(actionclip_query_options), set by _init
    pub struct_size: u32,
    /// 1 by default: windows are merged to moments; 0: every window is a moment of its own
    pub merge: i32,
    /// moments of lower scores are left out; -INFINITY by default: none are
    pub minimum_score: f64,
}

sized!(actionclip_query_options, actionclip_query_options_init_sized);

/// A part of a video that a search found. Times are seconds from the video's beginning.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct actionclip_moment {
    /// of the first element of an array: sizeof(actionclip_moment), set before the call
    pub struct_size: u32,
    /// 0
    pub reserved: i32,
    /// the row of the best window, for actionclip_index_row
    pub row: i64,
    /// the best window's cosine similarity to the query, -1 to 1
    pub score: f64,
    pub start: f64,
    pub end: f64,
    /// the best window's times
    pub peak_start: f64,
    pub peak_end: f64,
}

sized!(actionclip_moment);

extern "C" {
    /// Returns the version of the library at run time, such as "0.1.0". The string is static.
    pub fn actionclip_version() -> *const c_char;
    /// Returns the ACTIONCLIP_ABI_VERSION of the library at run time. A program must stop if it
    /// differs from the header's.
    pub fn actionclip_abi_version() -> i32;
    /// Gives the value of the integer constant of this header that is called `name`, for languages
    /// that cannot see macros: actionclip_constant("ACTIONCLIP_HEAD_LSTM", &value ).
    pub fn actionclip_constant(name: *const c_char, value_out: *mut i64) -> i32;
    /// Returns the name of a status, such as "ACTIONCLIP_ERROR_FILE_OPEN" for -20, or "unknown
    /// status" for a code that this version does not know. The string is static and never NULL.
    pub fn actionclip_status_name(status: i32) -> *const c_char;
    /// Returns one line that explains the failure of the calling thread's latest call, or "" if
    /// that call succeeded. The library owns the string. It is never NULL, and valid until the
    /// thread's next call that returns a status or asks a model for something.
    pub fn actionclip_last_error() -> *const c_char;
    /// Makes a token that is not set. Free it with actionclip_cancel_token_free. Unlike other
    /// handles, a token may be used in a forked child, which has its own copy.
    pub fn actionclip_cancel_token_create(token_out: *mut *mut actionclip_cancel_token) -> i32;
    /// Frees a token. Threads that use it keep it as it is, set or not. NULL is ignored.
    pub fn actionclip_cancel_token_free(token: *mut actionclip_cancel_token);
    /// Sets a token, which ends the long calls of the threads that use it. Any thread may call
    /// this, any number of times. It is the one function of this library that a signal handler may
    /// call. NULL is ignored.
    pub fn actionclip_cancel(token: *mut actionclip_cancel_token);
    /// Returns 1 if a token is set, 0 if not, or a negative status.
    pub fn actionclip_cancel_token_is_cancelled(token: *const actionclip_cancel_token) -> i32;
    /// Clears a token, so that later calls of the threads that use it run again.
    pub fn actionclip_cancel_token_reset(token: *mut actionclip_cancel_token) -> i32;
    /// Makes the calling thread use a token in place of its previous one; with NULL it uses none,
    /// as at first. Any number of threads may use one token. previous_out may be NULL;
    /// *previous_out is the thread's previous token, or NULL if there was none or it has been
    /// freed. A thread that ends stops using its token.
    pub fn actionclip_thread_use_cancel_token(
        token: *mut actionclip_cancel_token,
        previous_out: *mut *mut actionclip_cancel_token,
    ) -> i32;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, and writes nothing
    /// beyond it. `struct_size` is the size of the struct in the caller's header, so that a program
    /// built against an older header, whose struct is smaller, works with a newer library. NULL is
    /// ignored. A size that no version of the struct can have sets struct_size to 0, which every
    /// call refuses. Languages that cannot call the inline _init call this with their own struct's
    /// size.
    pub fn actionclip_model_options_init_sized(
        options: *mut actionclip_model_options,
        struct_size: usize,
    );
    /// Loads a model from a safetensors file, a torch.save checkpoint, CLIP's own TorchScript
    /// archive, an index of shards, or a folder of Hugging Face's, open_clip's or PEFT's (a LoRA).
    /// The format is detected from the content; from a TorchScript archive only tensors are read,
    /// and no code is run. Names of tensors may be those of the reference, CLIP, Hugging Face CLIP,
    /// open_clip, mmaction2's ActionCLIP, ViFi-CLIP or Open-VCLIP (docs/FAMILIES.md). A config.json
    /// or open_clip_config.json beside the file is read if the layout needs one. Options that the
    /// file states about itself, as one made by actionclip_model_save does (docs/FORMAT.md), count
    /// as the checkpoint's. The file is read into memory and closed.
    ///
    /// A path like "openai/clip-vit-base-patch16" that is no file names a model of Hugging Face. It
    /// is loaded from the cache that Hugging Face's tools keep (docs/EMBEDDING.md says where).
    /// Nothing is downloaded: if the cache lacks the model, the message of
    /// ACTIONCLIP_ERROR_FILE_OPEN gives the command that downloads it.
    ///
    /// path NULL loads the default model: the file that the environment variable ACTIONCLIP_MODEL
    /// names; without the variable, actionclip-shapes.safetensors in ../share/actionclip or
    /// ../../share/actionclip, seen from the folder of the loaded libactionclip.so. If there is
    /// none, the message of ACTIONCLIP_ERROR_FILE_OPEN names every path tried.
    ///
    /// Free the model with actionclip_model_free.
    pub fn actionclip_model_load(
        path: *const c_char,
        options: *const actionclip_model_options,
        model_out: *mut *mut actionclip_model,
    ) -> i32;
    /// Loads a model from the `size` bytes of a file in memory, which may be freed after the call.
    /// There are no files beside them: set tokenizer_path to encode prompts if the bytes hold no
    /// merge list. A Hugging Face file needs `activation`, and an index of shards cannot be given.
    /// A file made by actionclip_model_save needs nothing else. Free the model with
    /// actionclip_model_free.
    pub fn actionclip_model_load_buffer(
        data: *const c_void,
        size: usize,
        options: *const actionclip_model_options,
        model_out: *mut *mut actionclip_model,
    ) -> i32;
    /// Describes a file or folder of weights, whether or not it can be loaded. The text is lines of
    /// "key: value" for people; the first are the format, the layout of names, and the tensors.
    /// *text_size_out is the size of the text in bytes, the NUL included; text_capacity must be at
    /// least that. With text_out NULL and text_capacity 0 only the size is given. The call fails if
    /// the tensors cannot be listed.
    pub fn actionclip_file_describe(
        path: *const c_char,
        text_out: *mut c_char,
        text_capacity: usize,
        text_size_out: *mut usize,
    ) -> i32;
    /// Computes the SHA-256 that actionclip_model_sha256 gives of a model loaded from `path`,
    /// without loading it: of the file of weights, or of an index and its shards
    /// (docs/FAMILIES.md). path is as in actionclip_model_load; NULL is the default model. text_out
    /// gets 64 lower-case hexadecimal digits and a NUL; text_capacity must be at least 65. The file
    /// is read from end to end and not kept.
    pub fn actionclip_file_sha256(
        path: *const c_char,
        text_out: *mut c_char,
        text_capacity: usize,
    ) -> i32;
    /// Ends a model's threads and frees it. NULL is ignored.
    pub fn actionclip_model_free(model: *mut actionclip_model);
    /// Gives a model's sizes and options. The caller sets info_out->struct_size first.
    pub fn actionclip_model_get_info(
        model: *const actionclip_model,
        info_out: *mut actionclip_model_info,
    ) -> i32;
    /// Gives the sizes and options that a model loaded with this path and these options has, its
    /// memory among them, without loading it: headers of files are read, and none of the weights
    /// but numbers that stand alone. path is as in actionclip_model_load, and so are the errors,
    /// except of weights that are damaged. The caller sets info_out->struct_size first.
    ///
    /// *video_ns_out gets an estimate of the nanoseconds that encoding one video takes on this
    /// machine, decoding and resizing not included. It is made from the time of one block of the
    /// image encoder's size, which is computed for some tenths of a second with the memory that a
    /// block takes, so it depends on what else the machine does. NULL: no estimate is made.
    pub fn actionclip_file_get_info(
        path: *const c_char,
        options: *const actionclip_model_options,
        info_out: *mut actionclip_model_info,
        video_ns_out: *mut i64,
    ) -> i32;
    /// Returns the family of checkpoints whose layout the model's file has: "CLIP" (also the
    /// reference's), "Hugging Face CLIP", "open_clip", "mmaction2's ActionCLIP", "ViFi-CLIP",
    /// "Open-VCLIP", "X-CLIP", "Hugging Face X-CLIP" or "SigLIP". The string is static; NULL if
    /// `model` is not a live model.
    pub fn actionclip_model_family(model: *const actionclip_model) -> *const c_char;
    /// Returns, as one line for people, the assumption at `index` about a model: a property that
    /// neither its file nor the caller states, such as the encoders' activation. Show it once
    /// beside results. The string is static; NULL beyond the last one.
    pub fn actionclip_model_assumption(model: *const actionclip_model, index: i32) -> *const c_char;
    /// Returns the number of labels that the model's file says it tells apart, 0 if the file names
    /// none, or a negative status.
    pub fn actionclip_model_label_count(model: *const actionclip_model) -> i32;
    /// Returns the label at `index` of those that the model's file names, or NULL if there is none.
    /// The string belongs to the model.
    pub fn actionclip_model_label(model: *const actionclip_model, index: i32) -> *const c_char;
    /// Returns the number of the model's own templates: those of its file, else of its family; 0 if
    /// there are none, or a negative status.
    pub fn actionclip_model_template_count(model: *const actionclip_model) -> i32;
    /// Returns the model's own template at `index`, or NULL if there is none. The string belongs to
    /// the model.
    pub fn actionclip_model_template(model: *const actionclip_model, index: i32) -> *const c_char;
    /// Returns the weight of the model's own template at `index` in a score. The weights of all are
    /// 0 or more and sum to 1; without weights in the file they are equal. -1 if there is no such
    /// template.
    pub fn actionclip_model_template_weight(model: *const actionclip_model, index: i32) -> f32;
    /// Returns the note that the model's file has under `key`, such as "description", "license" or
    /// "source", or NULL if there is none. The string belongs to the model.
    pub fn actionclip_model_note(
        model: *const actionclip_model,
        key: *const c_char,
    ) -> *const c_char;
    /// Returns the number of notes in the model's file, or a negative status.
    pub fn actionclip_model_note_count(model: *const actionclip_model) -> i32;
    /// Returns the key at `index` of the notes in the model's file, sorted, or NULL if there is
    /// none. The string belongs to the model.
    pub fn actionclip_model_note_key(model: *const actionclip_model, index: i32) -> *const c_char;
    /// Gives one line for people about a label that the model does not know, such as the words in
    /// it that the model never learned; "" if there is nothing to say. Only a model whose file
    /// names its labels and has its own vocabulary, like the default model's, gives such notes.
    /// With label NULL the note is about the model. text_out, text_capacity and *text_size_out are
    /// as in actionclip_file_describe. The note changes no result.
    pub fn actionclip_model_label_note(
        model: *const actionclip_model,
        label: *const c_char,
        text_out: *mut c_char,
        text_capacity: usize,
        text_size_out: *mut usize,
    ) -> i32;
    /// Returns the SHA-256 of the file or buffer that the model was loaded from, as 64 lower-case
    /// hexadecimal digits, or NULL if neither expected_sha256 nor compute_sha256 of
    /// actionclip_model_options asked for it. The string belongs to the model.
    pub fn actionclip_model_sha256(model: *const actionclip_model) -> *const c_char;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_save_options_init_sized(
        options: *mut actionclip_save_options,
        struct_size: usize,
    );
    /// Writes a model as one file (docs/FORMAT.md) that needs no other. A file at `path` is
    /// replaced in one step once the new one is complete and on the disk; on failure it stays as it
    /// was. The new file gets the old one's mode (without setuid and the like) and, if the process
    /// may set them, its owner and group; if it may not, the group gets no more rights than
    /// everybody. If `path` is a symbolic link, the file that it points to is replaced and the link
    /// stays; a link to nothing is refused. The next save to the same path removes a temporary file
    /// that a killed process left.
    pub fn actionclip_model_save(
        model: *const actionclip_model,
        path: *const c_char,
        options: *const actionclip_save_options,
    ) -> i32;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_preprocess_options_init_sized(
        options: *mut actionclip_preprocess_options,
        struct_size: usize,
    );
    /// Gives a model's own preprocessing options, so that single fields can be changed: those that
    /// its file states, else those of its family (docs/FAMILIES.md), else the defaults. The caller
    /// sets options_out->struct_size first.
    pub fn actionclip_model_preprocess_options(
        model: *const actionclip_model,
        options_out: *mut actionclip_preprocess_options,
    ) -> i32;
    /// Encodes videos, given as images, to embeddings. `frames` holds videos*T images, the T frames
    /// of the first video first; sizes may differ. video_out is [videos, V], where V is video_size
    /// of actionclip_model_info: E, but in an X-CLIP more. frame_out, which may be NULL, is
    /// [videos*T, E], or [videos, E] if the model is joint. Embeddings are not normalised. Source:
    /// the reference's test.py and modules/Visual_Prompt.py.
    pub fn actionclip_encode_frames(
        model: *const actionclip_model,
        frames: *const actionclip_image,
        frame_count: usize,
        options: *const actionclip_preprocess_options,
        video_out: *mut f32,
        video_capacity: usize,
        frame_out: *mut f32,
        frame_capacity: usize,
    ) -> i32;
    /// Encodes videos, as actionclip_encode_frames does, from pixels already resized, cropped and
    /// normalised: `pixels` [frame_count, 3, S, S] in the order R, G, B, with frame_count =
    /// videos*T. pixel_count is the number of floats.
    pub fn actionclip_encode_pixels(
        model: *const actionclip_model,
        pixels: *const f32,
        pixel_count: usize,
        frame_count: usize,
        video_out: *mut f32,
        video_capacity: usize,
        frame_out: *mut f32,
        frame_capacity: usize,
    ) -> i32;
    /// Encodes single frames, any number from 1 on: frame_out [frame_count, E] has the same bits as
    /// the frame_out of actionclip_encode_frames. So overlapping windows of a stream or a long
    /// video can share frames: encode each frame once, keep its embedding, and join the embeddings
    /// of a window with actionclip_join_frames. A model whose frames_independent
    /// (actionclip_model_info) is 0 returns ACTIONCLIP_ERROR_OPTION_CONFLICT.
    pub fn actionclip_encode_single_frames(
        model: *const actionclip_model,
        frames: *const actionclip_image,
        frame_count: usize,
        options: *const actionclip_preprocess_options,
        frame_out: *mut f32,
        frame_capacity: usize,
    ) -> i32;
    /// Encodes single frames, as actionclip_encode_single_frames does, from pixels already resized,
    /// cropped and normalised: `pixels` [frame_count, 3, S, S] in the order R, G, B. pixel_count is
    /// the number of floats.
    pub fn actionclip_encode_single_pixels(
        model: *const actionclip_model,
        pixels: *const f32,
        pixel_count: usize,
        frame_count: usize,
        frame_out: *mut f32,
        frame_capacity: usize,
    ) -> i32;
    /// Joins frame embeddings to video embeddings with the model's temporal head. `frames` holds
    /// rows of frame_out, not normalised, the first video's first: [videos*T, E] with frame_count =
    /// videos*T, or for a joint model [videos, E] with frame_count = videos. video_out [videos, E]
    /// has the same bits as if the frames were encoded together. An X-CLIP returns
    /// ACTIONCLIP_ERROR_OPTION_CONFLICT: its videos' rows need more than their frames' embeddings.
    pub fn actionclip_join_frames(
        model: *const actionclip_model,
        frames: *const f32,
        frame_count: usize,
        video_out: *mut f32,
        video_capacity: usize,
    ) -> i32;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_frame_init_sized(frame: *mut actionclip_frame, struct_size: usize);
    /// Finds the pixel format, ACTIONCLIP_PIXEL_*, that a name stands for; `names` is
    /// ACTIONCLIP_NAMES_*. Upper and lower case are the same. Names do not tell matrix and range. A
    /// format that is known and not taken (Bayer, compressed, depth, more than 8 bits) is
    /// ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED, and the message says what to do; another name is
    /// ACTIONCLIP_ERROR_INVALID_ARGUMENT.
    pub fn actionclip_pixel_format_from_name(
        name: *const c_char,
        names: i32,
        pixel_format_out: *mut i32,
    ) -> i32;
    /// Encodes videos, given as camera frames, to embeddings. All else is as for
    /// actionclip_encode_frames.
    pub fn actionclip_encode_camera_frames(
        model: *const actionclip_model,
        frames: *const actionclip_frame,
        frame_count: usize,
        options: *const actionclip_preprocess_options,
        video_out: *mut f32,
        video_capacity: usize,
        frame_out: *mut f32,
        frame_capacity: usize,
    ) -> i32;
    /// Encodes single camera frames. All else is as for actionclip_encode_single_frames.
    pub fn actionclip_encode_single_camera_frames(
        model: *const actionclip_model,
        frames: *const actionclip_frame,
        frame_count: usize,
        options: *const actionclip_preprocess_options,
        frame_out: *mut f32,
        frame_capacity: usize,
    ) -> i32;
    /// Gives the version of FFmpeg by which videos are decoded, such as "FFmpeg 5.1.9 (libavformat
    /// 59.27.100)": one that the process uses already, else the newest from 4.4 to 8 that is
    /// installed. It is loaded, if no call has loaded it. The string is static.
    pub fn actionclip_ffmpeg_version(version_out: *mut *const c_char) -> i32;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_video_options_init_sized(
        options: *mut actionclip_video_options,
        struct_size: usize,
    );
    /// Opens the best video stream of a regular file. Other files that it refers to are never
    /// opened. options may be NULL. The path may also name a folder of extracted frames: .jpg,
    /// .jpeg or .png files whose names end in their numbers, such as img_00001.jpg, in that order.
    /// Of several series in a folder the one that begins with img_ is meant, or the one that a
    /// template as the path's last part names: "clip/image_%05d.jpg" or "clip/img_{:05}.jpg". If
    /// numbers are missing, it is ACTIONCLIP_ERROR_FILE_OPEN, whose message names the first. Each
    /// picture is opened when it is read, and has the size of the first. Free the video with
    /// actionclip_video_free. If the file is changed while it is open, every later call returns
    /// ACTIONCLIP_ERROR_FILE_READ; a file that is replaced by renaming another over it is read as
    /// it was.
    pub fn actionclip_video_open(
        path: *const c_char,
        options: *const actionclip_video_options,
        video_out: *mut *mut actionclip_video,
    ) -> i32;
    /// Opens a video from the `size` bytes of a file in memory, which must stay unchanged until
    /// actionclip_video_free. options may be NULL.
    pub fn actionclip_video_open_buffer(
        data: *const c_void,
        size: usize,
        options: *const actionclip_video_options,
        video_out: *mut *mut actionclip_video,
    ) -> i32;
    /// Closes a video and frees it. NULL is ignored.
    pub fn actionclip_video_free(video: *mut actionclip_video);
    /// Gives a video's properties. It decodes the whole stream, unless an earlier call did. The
    /// caller sets info_out->struct_size first.
    pub fn actionclip_video_get_info(
        video: *mut actionclip_video,
        info_out: *mut actionclip_video_info,
    ) -> i32;
    /// Gives a video's properties without decoding it where possible. Unless the stream has been
    /// decoded, or must be (see ACTIONCLIP_DECODE_NEEDED), frames are counted by packets, and
    /// damaged_frames is -1, unknown. The caller sets info_out->struct_size first.
    pub fn actionclip_video_get_outline(
        video: *mut actionclip_video,
        info_out: *mut actionclip_video_info,
    ) -> i32;
    /// Reads frames as RGB: rgb_out is [index_count, height, width, 3]. `indices` count frames from
    /// 0 in presentation order; they may be in any order and repeat. seconds_out, which may be
    /// NULL, is [index_count], the time of each frame from the first one. Times are the container's
    /// and never decrease; a gap stays a gap. In these cases a frame's time is the end of the frame
    /// before it: it has no usable time; times begin again, as in files joined end to end; or times
    /// leap ahead, by 16 times the last distance and more than 10 seconds in MPEG-TS, MPEG-PS and
    /// Ogg, 30 hours in other formats.
    pub fn actionclip_video_read_frames(
        video: *mut actionclip_video,
        indices: *const i64,
        index_count: usize,
        rgb_out: *mut u8,
        rgb_capacity: usize,
        seconds_out: *mut f64,
        seconds_capacity: usize,
    ) -> i32;
    /// Gives the frames of a part of a video: first_out receives the index of its first frame,
    /// count_out their number, at least 1. `start` and `end` are in seconds from the first frame, 0
    /// < = start < end; end may lie after the video's end, and INFINITY means that end. A frame
    /// belongs to the part if its time does (start < = time < end, all rounded to milliseconds), so
    /// parts that follow each other share no frame. If no frame begins in the part, it has the one
    /// that is shown at `start`. A video that ends before `start` is
    /// ACTIONCLIP_ERROR_INVALID_ARGUMENT. The video is not decoded where packets tell the times
    /// (see ACTIONCLIP_DECODE_NEEDED).
    pub fn actionclip_video_frames_between(
        video: *mut actionclip_video,
        start: f64,
        end: f64,
        first_out: *mut i64,
        count_out: *mut i64,
    ) -> i32;
    /// Encodes a whole video file to its embedding: chooses T frames by the model's own rule
    /// (actionclip_model_sampling), decodes, preprocesses and encodes them. video_out is [V]
    /// (video_size of actionclip_model_info, mostly E); frame_out, which may be NULL, is [T, E], or
    /// [E] if the model is joint. options may be NULL. Frames are encoded while later ones are
    /// decoded if frames_independent is 1 and the process may use as many processors as the model
    /// and the video have threads in all; the result is the same.
    pub fn actionclip_encode_video(
        model: *const actionclip_model,
        video: *mut actionclip_video,
        options: *const actionclip_preprocess_options,
        video_out: *mut f32,
        video_capacity: usize,
        frame_out: *mut f32,
        frame_capacity: usize,
    ) -> i32;
    /// Encodes the part of a video from `start` to `end`, as actionclip_video_frames_between finds
    /// it, as if it were a video of its own: the model's rule chooses T of its frames. All else is
    /// as for actionclip_encode_video. Parts of one video are encoded fastest in the order of time,
    /// since decoding goes on where it was.
    pub fn actionclip_encode_video_between(
        model: *const actionclip_model,
        video: *mut actionclip_video,
        start: f64,
        end: f64,
        options: *const actionclip_preprocess_options,
        video_out: *mut f32,
        video_capacity: usize,
        frame_out: *mut f32,
        frame_capacity: usize,
    ) -> i32;
    /// Chooses `segments` of `frame_count` frames by the reference's rule at test time
    /// (datasets.py). indices_out is [segments].
    pub fn actionclip_sample_indices(
        frame_count: i64,
        segments: i32,
        indices_out: *mut i64,
        indices_capacity: usize,
    ) -> i32;
    /// Chooses `segments` of `frame_count` frames by the rule ACTIONCLIP_SAMPLING_*. indices_out is
    /// [segments]. frame_rate is in frames per second, above 0 and at most 1000000; only
    /// Open-VCLIP's views depend on it. Open-VCLIP scores the sum of the three views' embeddings
    /// (frame_scores of actionclip_model_info).
    pub fn actionclip_sample_indices_by(
        sampling: i32,
        frame_count: i64,
        frame_rate: f64,
        segments: i32,
        indices_out: *mut i64,
        indices_capacity: usize,
    ) -> i32;
    /// Returns the rule by which a model's frames are chosen, ACTIONCLIP_SAMPLING_*, or a negative
    /// status.
    pub fn actionclip_model_sampling(model: *const actionclip_model) -> i32;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_stream_options_init_sized(
        options: *mut actionclip_stream_options,
        struct_size: usize,
    );
    /// Makes a stream. Free it with actionclip_stream_free.
    pub fn actionclip_stream_create(
        model: *const actionclip_model,
        options: *const actionclip_stream_options,
        stream_out: *mut *mut actionclip_stream,
    ) -> i32;
    /// Frees a stream, which no other thread may use any more. NULL is ignored.
    pub fn actionclip_stream_free(stream: *mut actionclip_stream);
    /// Takes a frame with its timestamp in nanoseconds, of any clock, within 2^62 of 0. Timestamps
    /// must rise: a frame with a bad timestamp, and one that actionclip_encode_camera_frames would
    /// refuse, is ACTIONCLIP_ERROR_INVALID_ARGUMENT; it counts as refused, and the stream goes on
    /// as if it had not come. A due frame is resized and cropped before the call returns; the
    /// caller's memory is free then. outcome_out may be NULL; *outcome_out is ACTIONCLIP_PUSH_*.
    pub fn actionclip_stream_push(
        stream: *mut actionclip_stream,
        frame: *const actionclip_frame,
        timestamp_ns: i64,
        outcome_out: *mut i32,
    ) -> i32;
    /// Encodes waiting frames of many streams of one model in one batch, oldest first and one from
    /// each stream in turn, and makes the windows that they complete. max_frames is the most that
    /// are taken; 0: no limit. A stream whose windows have no room, or that another thread's step
    /// encodes, is left out, and one of ACTIONCLIP_STREAM_CAUSAL gives frames of one run only.
    /// encoded_out may be NULL; *encoded_out is the number of frames taken, which is 0 where only a
    /// tail was made. A step that fails leaves the frames waiting. If numbers overflow inside the
    /// network (ACTIONCLIP_ERROR_NOT_FINITE), the frames of that stream are dropped, and the
    /// others' are encoded. If a stream is cancelled, the step returns ACTIONCLIP_ERROR_CANCELLED.
    pub fn actionclip_stream_step(
        streams: *const *mut actionclip_stream,
        stream_count: usize,
        max_frames: usize,
        encoded_out: *mut usize,
    ) -> i32;
    /// Waits until one of many streams of one model is ready. *ready_out is the number of streams
    /// that are, 0 if timeout_ns ran out first. timeout_ns negative: without limit; 0: the call
    /// does not wait. It returns ACTIONCLIP_ERROR_CANCELLED if one of the streams is cancelled or
    /// the thread's cancel token is set.
    pub fn actionclip_stream_wait(
        streams: *const *mut actionclip_stream,
        stream_count: usize,
        reason: i32,
        timeout_ns: i64,
        ready_out: *mut usize,
    ) -> i32;
    /// Takes the oldest window that is ready: embedding_out [V], a video's row (video_size of
    /// actionclip_model_info), is what actionclip_classifier_score takes. window_out and
    /// embedding_out are written only if *found_out is ACTIONCLIP_NEXT_WINDOW. The caller sets
    /// window_out->struct_size first.
    pub fn actionclip_stream_next(
        stream: *mut actionclip_stream,
        window_out: *mut actionclip_window,
        embedding_out: *mut f32,
        embedding_capacity: usize,
        found_out: *mut i32,
    ) -> i32;
    /// Says that no more frames come: steps make the windows of the end, and then next gives
    /// ACTIONCLIP_NEXT_END. A frame pushed later, or whose push has not ended, is refused.
    pub fn actionclip_stream_finish(stream: *mut actionclip_stream) -> i32;
    /// Makes a stream as new, with its options: frames and windows are forgotten, counts are 0, and
    /// any timestamp may come next. It waits for a step and a push in progress, and also revives a
    /// cancelled stream.
    pub fn actionclip_stream_reset(stream: *mut actionclip_stream) -> i32;
    /// Ends a step in progress within the time that one frame takes. From then on push, step, wait,
    /// next and finish return ACTIONCLIP_ERROR_CANCELLED, until actionclip_stream_reset. Any thread
    /// may call it, but no signal handler.
    pub fn actionclip_stream_cancel(stream: *mut actionclip_stream) -> i32;
    /// Gives a stream's account. The caller sets stats_out->struct_size first.
    pub fn actionclip_stream_get_stats(
        stream: *const actionclip_stream,
        stats_out: *mut actionclip_stream_stats,
    ) -> i32;
    /// Gives a stream's options. The caller sets info_out->struct_size first.
    pub fn actionclip_stream_get_info(
        stream: *const actionclip_stream,
        info_out: *mut actionclip_stream_info,
    ) -> i32;
    /// Encodes texts to embeddings: text_out is [prompt_count, E], not normalised.
    pub fn actionclip_encode_prompts(
        model: *const actionclip_model,
        prompts: *const *const c_char,
        prompt_count: usize,
        too_long: i32,
        text_out: *mut f32,
        text_capacity: usize,
    ) -> i32;
    /// Encodes every label in every template: text_out is [template_count, label_count, E], in the
    /// reference's order. A template is a text with one "{}" for the label (prefix, suffix or cloze
    /// prompt). With templates NULL and template_count 0, the templates are the model's own
    /// (actionclip_model_template), or the reference's 16 if it has none. A label that is empty, or
    /// nothing but white space, is ACTIONCLIP_ERROR_INVALID_ARGUMENT.
    pub fn actionclip_encode_labels(
        model: *const actionclip_model,
        labels: *const *const c_char,
        label_count: usize,
        templates: *const *const c_char,
        template_count: usize,
        too_long: i32,
        text_out: *mut f32,
        text_capacity: usize,
    ) -> i32;
    /// Encodes labels that texts describe, one or more texts for each: text_out is [label_count,
    /// E], for one template. A label's embedding is the weighted mean of its texts' embeddings,
    /// each scaled to unit length, scaled to unit length itself. A text with one "{}" has the label
    /// put there; one without is taken as it is. `texts` and label_of_text, the index of each
    /// text's label, are [text_count], from 1 to 2^20. `weights` is [text_count], finite and 0 or
    /// more; NULL: equal weights. Every label needs a text of a weight above 0.
    pub fn actionclip_encode_descriptions(
        model: *const actionclip_model,
        labels: *const *const c_char,
        label_count: usize,
        texts: *const *const c_char,
        label_of_text: *const i32,
        weights: *const f32,
        text_count: usize,
        too_long: i32,
        text_out: *mut f32,
        text_capacity: usize,
    ) -> i32;
    /// Returns the number of the reference's templates.
    pub fn actionclip_template_count() -> i32;
    /// Returns the reference's template at `index`, or NULL if there is none. The string is static.
    pub fn actionclip_template(index: i32) -> *const c_char;
    /// Encodes token ids to embeddings: text_out is [row_count, E], not normalised. `tokens` is
    /// [row_count, C]; each row has the ids of one text with its start and end markers, then zeros.
    /// token_count is row_count*C. In a model with context vectors the ids from -1 to -K are these.
    pub fn actionclip_encode_tokens(
        model: *const actionclip_model,
        tokens: *const i32,
        token_count: usize,
        row_count: usize,
        text_out: *mut f32,
        text_capacity: usize,
    ) -> i32;
    /// Turns texts into rows of token ids for actionclip_encode_tokens: tokens_out is
    /// [prompt_count, C]. "<|context|>" in a text becomes -1 to -K, the model's context vectors; in
    /// a model that has none it is ACTIONCLIP_ERROR_INVALID_ARGUMENT, here and wherever a model
    /// encodes texts.
    pub fn actionclip_tokenize(
        model: *const actionclip_model,
        prompts: *const *const c_char,
        prompt_count: usize,
        too_long: i32,
        tokens_out: *mut i32,
        tokens_capacity: usize,
    ) -> i32;
    /// Compares videos with texts: logits_out [video_count, text_count] is scale times the cosine
    /// similarity. `videos` [video_count, E] and `texts` [text_count, E] need not be normalised; a
    /// row of zeros has similarity 0. The reference evaluates with scale 100; the trained scale is
    /// logit_scale of actionclip_model_info. Videos of an X-CLIP are compared by
    /// actionclip_model_similarity.
    pub fn actionclip_similarity(
        videos: *const f32,
        video_count: usize,
        texts: *const f32,
        text_count: usize,
        embedding_size: usize,
        scale: f32,
        logits_out: *mut f32,
        logits_capacity: usize,
    ) -> i32;
    /// Compares videos with texts by a model: logits_out [video_count, text_count] is scale times
    /// the cosine similarity. `videos` is [video_count, V], rows as the model's encoding functions
    /// write them (video_size of actionclip_model_info), and `texts` [text_count, E] as
    /// actionclip_encode_prompts gives them, not normalised. Where each video moves the texts
    /// (X-CLIP), it does so here; else this is actionclip_similarity.
    pub fn actionclip_model_similarity(
        model: *const actionclip_model,
        videos: *const f32,
        video_count: usize,
        texts: *const f32,
        text_count: usize,
        scale: f32,
        logits_out: *mut f32,
        logits_capacity: usize,
    ) -> i32;
    /// Scores videos by the reference's evaluation rule: a softmax over classes for each template,
    /// then the mean over templates. `videos` is [video_count, E], and `texts` is [template_count,
    /// class_count, E], as actionclip_encode_labels gives it. probabilities_out is [video_count,
    /// class_count], and each row sums to 1.
    pub fn actionclip_probabilities(
        videos: *const f32,
        video_count: usize,
        texts: *const f32,
        template_count: usize,
        class_count: usize,
        embedding_size: usize,
        scale: f32,
        probabilities_out: *mut f32,
        probabilities_capacity: usize,
    ) -> i32;
    /// Scores videos as actionclip_probabilities does, with a weighted mean over templates.
    /// `weights` is [template_count], finite and 0 or more, with a sum above 0, by which they are
    /// divided; NULL: equal weights. Texts of a template of weight 0 are not compared.
    pub fn actionclip_probabilities_weighted(
        videos: *const f32,
        video_count: usize,
        texts: *const f32,
        weights: *const f32,
        template_count: usize,
        class_count: usize,
        embedding_size: usize,
        scale: f32,
        probabilities_out: *mut f32,
        probabilities_capacity: usize,
    ) -> i32;
    /// Scores videos as a model does: `videos` is [video_count, V] (video_size of
    /// actionclip_model_info), `texts` [template_count, class_count, E] as actionclip_encode_labels
    /// gives it, and `weights` as in actionclip_probabilities_weighted, which this is but in three
    /// kinds of models. Where each video moves the texts (X-CLIP), it does so here. Where each
    /// frame scores by itself (frame_scores), the templates of a class are joined to one text, and
    /// a video's length counts. Where each class is scored by itself (sigmoid_scores), the sigmoid
    /// of scale times the cosine plus logit_bias stands in place of the softmax, and rows of
    /// probabilities_out [video_count, class_count] need not sum to 1. A scale of 0 is usual_scale
    /// of actionclip_model_info.
    pub fn actionclip_model_probabilities(
        model: *const actionclip_model,
        videos: *const f32,
        video_count: usize,
        texts: *const f32,
        weights: *const f32,
        template_count: usize,
        class_count: usize,
        scale: f32,
        probabilities_out: *mut f32,
        probabilities_capacity: usize,
    ) -> i32;
    /// Makes a classifier of 1 to 2^20 labels, which it encodes as actionclip_encode_labels does,
    /// with the same choice of templates. A label that is there twice counts as two labels, which
    /// have the same scores. The model's own templates count with their weights
    /// (actionclip_model_template_weight), others equally. Free it with actionclip_classifier_free.
    pub fn actionclip_classifier_create(
        model: *const actionclip_model,
        labels: *const *const c_char,
        label_count: usize,
        templates: *const *const c_char,
        template_count: usize,
        too_long: i32,
        classifier_out: *mut *mut actionclip_classifier,
    ) -> i32;
    /// Makes a classifier whose templates count with weights, as in
    /// actionclip_probabilities_weighted: `weights` is [template_count]; NULL: as
    /// actionclip_classifier_create does. With `templates` NULL, `weights` must be NULL. A template
    /// of weight 0 is not encoded. Free it with actionclip_classifier_free.
    pub fn actionclip_classifier_create_weighted(
        model: *const actionclip_model,
        labels: *const *const c_char,
        label_count: usize,
        templates: *const *const c_char,
        weights: *const f32,
        template_count: usize,
        too_long: i32,
        classifier_out: *mut *mut actionclip_classifier,
    ) -> i32;
    /// Makes a classifier of labels that texts describe, which it encodes as
    /// actionclip_encode_descriptions does, so that a score costs as much as with one template.
    /// Labels with a description keep it whenever they are set again. Other labels that are set
    /// later get the weighted mean over the model's own templates, or the reference's, in the same
    /// way. Free it with actionclip_classifier_free.
    pub fn actionclip_classifier_create_described(
        model: *const actionclip_model,
        labels: *const *const c_char,
        label_count: usize,
        texts: *const *const c_char,
        label_of_text: *const i32,
        weights: *const f32,
        text_count: usize,
        too_long: i32,
        classifier_out: *mut *mut actionclip_classifier,
    ) -> i32;
    /// Frees a classifier. NULL is ignored.
    pub fn actionclip_classifier_free(classifier: *mut actionclip_classifier);
    /// Sets a classifier's labels. Only labels that it does not have yet are encoded; results have
    /// the same bits as those of a new classifier. On failure the labels stay as they were.
    /// generation_out may be NULL; *generation_out is the generation of the new list.
    pub fn actionclip_classifier_set_labels(
        classifier: *mut actionclip_classifier,
        labels: *const *const c_char,
        label_count: usize,
        generation_out: *mut i64,
    ) -> i32;
    /// Returns the number of labels that a classifier has now, or a negative status.
    pub fn actionclip_classifier_label_count(classifier: *const actionclip_classifier) -> i32;
    /// Scores `videos` [video_count, V] (video_size of actionclip_model_info: rows as encoding
    /// functions and streams give them) with a classifier's present labels, as
    /// actionclip_probabilities does, or by frames (frame_scores of actionclip_model_info):
    /// probabilities_out is [video_count, labels], rows packed. label_count_out and generation_out
    /// may be NULL; they receive the number of labels and the generation of the list that was used.
    /// If another thread may set labels meanwhile, use actionclip_label_list_score, whose output
    /// has a size that is known beforehand. A scale of 0 is the usual one: usual_scale of
    /// actionclip_model_info, or of a classifier that was fitted to examples 100.
    pub fn actionclip_classifier_score(
        classifier: *const actionclip_classifier,
        videos: *const f32,
        video_count: usize,
        scale: f32,
        probabilities_out: *mut f32,
        probabilities_capacity: usize,
        label_count_out: *mut usize,
        generation_out: *mut i64,
    ) -> i32;
    /// Gives a classifier's present list of labels. Free it with actionclip_label_list_free.
    pub fn actionclip_classifier_label_list(
        classifier: *const actionclip_classifier,
        list_out: *mut *mut actionclip_label_list,
    ) -> i32;
    /// Frees a list of labels. NULL is ignored.
    pub fn actionclip_label_list_free(list: *mut actionclip_label_list);
    /// Returns the number of labels in a list, or a negative status.
    pub fn actionclip_label_list_count(list: *const actionclip_label_list) -> i32;
    /// Returns the generation of a list, from 1 on, or a negative status.
    pub fn actionclip_label_list_generation(list: *const actionclip_label_list) -> i64;
    /// Returns the label at `index` of a list, or NULL if there is none. The string belongs to the
    /// list.
    pub fn actionclip_label_list_label(
        list: *const actionclip_label_list,
        index: i32,
    ) -> *const c_char;
    /// Scores `videos` [video_count, V], as actionclip_classifier_score does, with the labels of a
    /// list: probabilities_out is [video_count, labels].
    pub fn actionclip_label_list_score(
        list: *const actionclip_label_list,
        videos: *const f32,
        video_count: usize,
        scale: f32,
        probabilities_out: *mut f32,
        probabilities_capacity: usize,
    ) -> i32;
    /// Writes the direction of each label of a list among embeddings, directions_out [labels, E],
    /// of unit length: the weighted mean of its texts' embeddings, each scaled to unit length; of a
    /// fitted classifier the weights by which it scores videos. The nearer a video's embedding to a
    /// direction, the more it shows of the label, which is how an archive is searched
    /// (actionclip_index_query). Texts in opposite directions give zeros. Without a fit an X-CLIP
    /// returns ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED: each video moves its labels, which have no
    /// direction by themselves.
    pub fn actionclip_label_list_directions(
        list: *const actionclip_label_list,
        directions_out: *mut f32,
        directions_capacity: usize,
    ) -> i32;
    /// Adds examples of a label: `videos` [video_count, V] (video_size of actionclip_model_info),
    /// whose embeddings are scaled to unit length; what else a row holds plays no part in a fit.
    /// `label` is one of the classifier's labels. clip_ids is [video_count], each 0 or more, the
    /// same for views of one clip; NULL: each video is a clip of its own. These are errors, and
    /// nothing is added: a label that the classifier does not have; a video of NaN, infinity or
    /// zeros alone; an id of a clip with another label; an embedding that its clip has already.
    pub fn actionclip_classifier_add_examples(
        classifier: *mut actionclip_classifier,
        label: *const c_char,
        videos: *const f32,
        video_count: usize,
        clip_ids: *const i64,
    ) -> i32;
    /// Encodes the part of a video from `start` to `end` as actionclip_encode_video_between does,
    /// and adds it as an example. `views` is 1 to 100: the model's rule chooses T * views frames,
    /// and each view takes every views-th of them, so each covers the whole part. Views beyond the
    /// frames that the part has are left out. options may be NULL. clip_id is 0 or more, or -1 for
    /// a clip of its own.
    pub fn actionclip_classifier_add_video(
        classifier: *mut actionclip_classifier,
        label: *const c_char,
        video: *mut actionclip_video,
        start: f64,
        end: f64,
        views: i32,
        options: *const actionclip_preprocess_options,
        clip_id: i64,
    ) -> i32;
    /// Encodes frames in memory as actionclip_encode_frames does, and adds them as an example: T
    /// frames for each view. options may be NULL. clip_id is 0 or more, or -1 for a clip of its
    /// own.
    pub fn actionclip_classifier_add_frames(
        classifier: *mut actionclip_classifier,
        label: *const c_char,
        frames: *const actionclip_image,
        frame_count: usize,
        options: *const actionclip_preprocess_options,
        clip_id: i64,
    ) -> i32;
    /// Encodes camera frames in memory as actionclip_encode_camera_frames does, and adds them as an
    /// example. All else is as for actionclip_classifier_add_frames.
    pub fn actionclip_classifier_add_camera_frames(
        classifier: *mut actionclip_classifier,
        label: *const c_char,
        frames: *const actionclip_frame,
        frame_count: usize,
        options: *const actionclip_preprocess_options,
        clip_id: i64,
    ) -> i32;
    /// Removes clips by their ids. An id that the classifier does not have is an error, and nothing
    /// is removed.
    pub fn actionclip_classifier_remove_examples(
        classifier: *mut actionclip_classifier,
        clip_ids: *const i64,
        clip_count: usize,
    ) -> i32;
    /// Removes all clips of a label, or with NULL of all labels.
    pub fn actionclip_classifier_clear_examples(
        classifier: *mut actionclip_classifier,
        label: *const c_char,
    ) -> i32;
    /// Returns the number of clips that a classifier has as examples, or a negative status.
    pub fn actionclip_classifier_example_count(classifier: *const actionclip_classifier) -> i32;
    /// Describes the clip at `index`, in the order of adding.
    pub fn actionclip_classifier_example(
        classifier: *const actionclip_classifier,
        index: i32,
        example_out: *mut actionclip_example,
    ) -> i32;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_fit_options_init_sized(
        options: *mut actionclip_fit_options,
        struct_size: usize,
    );
    /// Fits a classifier to its examples, by clips alone: no video takes part that was not added.
    /// The result has the same bits for any order of adding and any ids. options may be NULL.
    /// generation_out may be NULL; *generation_out is the generation of the new list. Fewer than
    /// two labels, or no example of one, is ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES.
    pub fn actionclip_classifier_fit(
        classifier: *mut actionclip_classifier,
        options: *const actionclip_fit_options,
        generation_out: *mut i64,
    ) -> i32;
    /// Returns a classifier to its words; the examples stay. generation_out may be NULL;
    /// *generation_out is the generation of the new list.
    pub fn actionclip_classifier_unfit(
        classifier: *mut actionclip_classifier,
        generation_out: *mut i64,
    ) -> i32;
    /// Decides about videos [video_count, E] with a list of a fit: labels_out [video_count] is the
    /// index of the best label, or -1 if the video shows none of them: the best label has examples,
    /// and its probability is below the list's threshold. The threshold says nothing of labels
    /// without examples. probabilities_out [video_count] is the largest probability, calibrated as
    /// at a scale of 100, and margins_out [video_count] the amount by which it exceeds the second
    /// largest; either may be NULL. Without a fit every video shows a label.
    pub fn actionclip_label_list_decide(
        list: *const actionclip_label_list,
        videos: *const f32,
        video_count: usize,
        labels_out: *mut i32,
        labels_capacity: usize,
        probabilities_out: *mut f32,
        margins_out: *mut f32,
    ) -> i32;
    /// Returns the threshold of actionclip_label_list_decide, 0 to 1, or a negative status. The fit
    /// chose it so that of the clips that it left out the share accept_rate is accepted; 0 without
    /// a fit.
    pub fn actionclip_label_list_reject_threshold(list: *const actionclip_label_list) -> f64;
    /// Scores videos [video_count, E] that may show several labels or none: probabilities_out
    /// [video_count, labels] are independent of each other. A video shows the labels whose
    /// threshold they reach. A list without a fit is ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES.
    pub fn actionclip_label_list_score_independent(
        list: *const actionclip_label_list,
        videos: *const f32,
        video_count: usize,
        probabilities_out: *mut f32,
        probabilities_capacity: usize,
    ) -> i32;
    /// Returns the independent probability, 0 to 1, from which on a video shows the label at
    /// `index`, or a negative status.
    pub fn actionclip_label_list_threshold(list: *const actionclip_label_list, index: i32) -> f64;
    /// Gives the report of a classifier's latest fit. Clips added after it have no part in it.
    /// Without a fit, or with one that was loaded from a file, it is
    /// ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES. Free it with actionclip_report_free.
    pub fn actionclip_classifier_report(
        classifier: *const actionclip_classifier,
        report_out: *mut *mut actionclip_report,
    ) -> i32;
    /// Frees a report. NULL is ignored.
    pub fn actionclip_report_free(report: *mut actionclip_report);
    /// Gives the numbers of rows that a report has.
    pub fn actionclip_report_get_info(
        report: *const actionclip_report,
        info_out: *mut actionclip_report_info,
    ) -> i32;
    /// Describes a method that was tried.
    pub fn actionclip_report_trial(
        report: *const actionclip_report,
        index: i32,
        trial_out: *mut actionclip_trial_report,
    ) -> i32;
    /// Describes a label with examples; `index` goes by the labels' order.
    pub fn actionclip_report_label(
        report: *const actionclip_report,
        index: i32,
        label_out: *mut actionclip_label_report,
    ) -> i32;
    /// Describes a clip; `index` goes by their ids.
    pub fn actionclip_report_clip(
        report: *const actionclip_report,
        index: i32,
        clip_out: *mut actionclip_clip_report,
    ) -> i32;
    /// Describes a pair of confused labels; the one with the most clips has index 0.
    pub fn actionclip_report_confusion(
        report: *const actionclip_report,
        index: i32,
        confusion_out: *mut actionclip_confusion_report,
    ) -> i32;
    /// Returns the text of a label by its index in a report, or NULL if there is none. The string
    /// belongs to the report.
    pub fn actionclip_report_label_text(
        report: *const actionclip_report,
        label: i32,
    ) -> *const c_char;
    /// Writes one sentence for people that says why the method was chosen. *size_out is its size
    /// with the NUL; with text_out NULL and text_capacity 0 only the size is given.
    pub fn actionclip_report_reason(
        report: *const actionclip_report,
        text_out: *mut c_char,
        text_capacity: usize,
        size_out: *mut usize,
    ) -> i32;
    /// Writes the whole report for people, in lines of at most 100 characters, as
    /// actionclip_report_reason writes its sentence.
    pub fn actionclip_report_text(
        report: *const actionclip_report,
        text_out: *mut c_char,
        text_capacity: usize,
        size_out: *mut usize,
    ) -> i32;
    /// Writes a classifier as one file, as actionclip_model_save does it: its labels with their
    /// embeddings, its examples and its fit (docs/FORMAT.md). keep_clips is 1 or 0. With 0 no clip
    /// is in the file, only sums over clips: then the classifier that is loaded can score, and
    /// after ACTIONCLIP_FIT_PROTOTYPES and _RIDGE take in more clips of one view, but not be fitted
    /// again nor get other labels. The sum over a single clip is that clip.
    pub fn actionclip_classifier_save(
        classifier: *const actionclip_classifier,
        path: *const c_char,
        keep_clips: i32,
    ) -> i32;
    /// Loads a classifier that was saved. It scores with the bits that the saved one scored with,
    /// and nothing is encoded. A file for another model is ACTIONCLIP_ERROR_OPTION_CONFLICT;
    /// precision and storage of the model may differ. Free the classifier with
    /// actionclip_classifier_free.
    pub fn actionclip_classifier_load(
        model: *const actionclip_model,
        path: *const c_char,
        classifier_out: *mut *mut actionclip_classifier,
    ) -> i32;
    /// Chooses weights for templates by labelled videos: weights_out is [template_count], 0 for
    /// templates that do not count, and sums to 1. They are for actionclip_probabilities_weighted,
    /// actionclip_classifier_create_weighted and actionclip_save_options. `videos`, `texts` and
    /// `scale` are as in actionclip_probabilities; `labels` is [video_count], the index of each
    /// video's class. clip_ids [video_count] has the same number for views of one clip, which are
    /// left out together; NULL: each video is a clip. The weights maximise the likelihood of the
    /// labels under a prior whose strength is chosen by leaving clips out. They replace weights
    /// that use no label only where they classify more of the clips left out right, so that a few
    /// clips do no harm. `strength` is negative for that, or the strength itself, a share of the
    /// videos. report_out may be NULL. docs/PROMPTS.md has the formulas. The call takes 8 bytes for
    /// each video, template and class.
    pub fn actionclip_prompts_fit(
        videos: *const f32,
        video_count: usize,
        labels: *const i32,
        clip_ids: *const i64,
        texts: *const f32,
        template_count: usize,
        class_count: usize,
        embedding_size: usize,
        scale: f32,
        strength: f64,
        weights_out: *mut f32,
        weights_capacity: usize,
        report_out: *mut actionclip_prompts_report,
    ) -> i32;
    /// Chooses weights for templates by videos without labels, as zero-shot prompt ensembling does
    /// (arXiv 2302.06235): a template counts more if some class stands out in it for each video.
    /// weights_out is [template_count] and sums to 1.
    pub fn actionclip_prompts_fit_unlabelled(
        videos: *const f32,
        video_count: usize,
        texts: *const f32,
        template_count: usize,
        class_count: usize,
        embedding_size: usize,
        scale: f32,
        weights_out: *mut f32,
        weights_capacity: usize,
    ) -> i32;
    /// Returns the number of templates in the built-in pool, from which actionclip_prompts_fit may
    /// choose. The reference's are not among them.
    pub fn actionclip_pool_template_count() -> i32;
    /// Returns the pool's template at `index`, or NULL if there is none. The string is static.
    pub fn actionclip_pool_template(index: i32) -> *const c_char;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_tuner_options_init_sized(
        options: *mut actionclip_tuner_options,
        struct_size: usize,
    );
    /// Makes a tuner of 1 to 2^20 labels. The texts of a label are the label in each template: NULL
    /// with template_count 0 takes the model's own, or the reference's 16. A model held in bf16 or
    /// int8 is tuned from its rounded weights, in fp32. A model with a temporal view (Open-VCLIP)
    /// and an X-CLIP are ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED. Free the tuner with
    /// actionclip_tuner_free.
    pub fn actionclip_tuner_create(
        model: *const actionclip_model,
        labels: *const *const c_char,
        label_count: usize,
        templates: *const *const c_char,
        template_count: usize,
        options: *const actionclip_tuner_options,
        tuner_out: *mut *mut actionclip_tuner,
    ) -> i32;
    /// Frees a tuner. Models that it made stay. NULL is ignored.
    pub fn actionclip_tuner_free(tuner: *mut actionclip_tuner);
    /// Adds a whole text of the label at index `label`, such as a description, beside those that
    /// the templates give.
    pub fn actionclip_tuner_add_text(
        tuner: *mut actionclip_tuner,
        label: i32,
        text: *const c_char,
    ) -> i32;
    /// Adds a clip: the part of a video from `start` to `end`, as actionclip_encode_video_between
    /// takes it. labels [label_count] are indices of the tuner's labels, 1 to 256, each once.
    /// `views` is 1 to 100: the model's rule chooses T * views frames, and each view takes every
    /// views-th of them; each step draws one view. options may be NULL. `purpose` is
    /// ACTIONCLIP_CLIP_*. A clip takes views * T * 3 * S * S bytes, or with an augmentation, if
    /// steps train on it, those of views * T pictures. On failure nothing is added.
    pub fn actionclip_tuner_add_video(
        tuner: *mut actionclip_tuner,
        labels: *const i32,
        label_count: usize,
        video: *mut actionclip_video,
        start: f64,
        end: f64,
        views: i32,
        options: *const actionclip_preprocess_options,
        purpose: i32,
    ) -> i32;
    /// Adds a clip that is the part of a video file from `start` to `end`, and is opened and
    /// decoded at each draw, so that it takes no memory. Steps draw their frames from all of the
    /// part with `jitter`; without it they have those of test time, as clips held out always have.
    /// The file is opened once now, with video_options, as actionclip_video_open does; it must stay
    /// as it is: a file that a step cannot open, that is damaged, or whose size or time of
    /// modification is another one is an error that names it, as actionclip_video_open and
    /// actionclip_encode_video give them, and the step has changed nothing. A saved state knows
    /// files by their size and both their ends, so they may be moved. A draw decodes all frames
    /// that the chosen ones need, which may take longer than to train on them: short files, small
    /// pictures and frequent key frames help. options and video_options may be NULL. All else is as
    /// for actionclip_tuner_add_video.
    pub fn actionclip_tuner_add_video_file(
        tuner: *mut actionclip_tuner,
        labels: *const i32,
        label_count: usize,
        path: *const c_char,
        start: f64,
        end: f64,
        options: *const actionclip_preprocess_options,
        video_options: *const actionclip_video_options,
        purpose: i32,
    ) -> i32;
    /// Adds a clip from images: frame_count = views * T, the first view's T frames first, with 1 to
    /// 100 views; with `jitter` any number of 1 to 100 * T frames in order of time. All else is as
    /// for actionclip_tuner_add_video.
    pub fn actionclip_tuner_add_frames(
        tuner: *mut actionclip_tuner,
        labels: *const i32,
        label_count: usize,
        frames: *const actionclip_image,
        frame_count: usize,
        options: *const actionclip_preprocess_options,
        purpose: i32,
    ) -> i32;
    /// Adds a clip from camera frames. All else is as for actionclip_tuner_add_frames.
    pub fn actionclip_tuner_add_camera_frames(
        tuner: *mut actionclip_tuner,
        labels: *const i32,
        label_count: usize,
        frames: *const actionclip_frame,
        frame_count: usize,
        options: *const actionclip_preprocess_options,
        purpose: i32,
    ) -> i32;
    /// Adds a clip from pixels already resized, cropped and normalised: `pixels` [frame_count, 3,
    /// S, S] in the order R, G, B, which no augmentation changes. pixel_count is the number of
    /// floats, which the tuner copies: 4 bytes each. NaN or infinity is
    /// ACTIONCLIP_ERROR_NOT_FINITE. All else is as for actionclip_tuner_add_frames.
    pub fn actionclip_tuner_add_pixels(
        tuner: *mut actionclip_tuner,
        labels: *const i32,
        label_count: usize,
        pixels: *const f32,
        pixel_count: usize,
        frame_count: usize,
        purpose: i32,
    ) -> i32;
    /// Makes the copy, if no call has made it, and gives the tuner's sizes, before any step is
    /// done. If the sum of the four memories is above max_memory, it and every call that needs the
    /// copy return ACTIONCLIP_ERROR_OUT_OF_MEMORY, and the message has both numbers; where that is
    /// known from sizes alone, nothing is taken. No clip to train on, or clips of one label alone,
    /// is ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES.
    pub fn actionclip_tuner_get_info(
        tuner: *mut actionclip_tuner,
        info_out: *mut actionclip_tuner_info,
    ) -> i32;
    /// Does one step. After the last one it is ACTIONCLIP_ERROR_INVALID_ARGUMENT. result_out may be
    /// NULL. A cancel token, as actionclip_tuner_cancel, ends it within the time that one clip
    /// takes, with nothing changed. Gradients that overflow are ACTIONCLIP_ERROR_NOT_FINITE:
    /// training diverged, and the tuner keeps its last good numbers. So are weights that overflow,
    /// which only rates far too high can do: calls for the tuner's numbers then fail so until
    /// actionclip_tuner_load.
    pub fn actionclip_tuner_step(
        tuner: *mut actionclip_tuner,
        result_out: *mut actionclip_tuner_result,
    ) -> i32;
    /// Does `steps` steps, or with 0 all that are left; fewer where the recipe ends. progress may
    /// be NULL; `user` is handed to it. result_out may be NULL; *result_out is the last step's, and
    /// is not written if no step was left. The steps before one that failed or was cancelled are
    /// done, and *result_out is the last one's.
    pub fn actionclip_tuner_run(
        tuner: *mut actionclip_tuner,
        steps: i64,
        progress: actionclip_tuner_progress,
        user: *mut c_void,
        result_out: *mut actionclip_tuner_result,
    ) -> i32;
    /// Ends the present step or run, or the next one if there is none, with
    /// ACTIONCLIP_ERROR_CANCELLED, within the time that one clip takes. A present call that makes
    /// the copy of the model, such as the first actionclip_tuner_get_info or actionclip_tuner_load,
    /// is ended too. The call that ended so has used it up: later ones go on. Any thread may call
    /// this.
    pub fn actionclip_tuner_cancel(tuner: *mut actionclip_tuner) -> i32;
    /// Scores the clips of a purpose (ACTIONCLIP_CLIP_*) with the model that actionclip_tuner_model
    /// would make at `share`, in fp32: each clip's first view, against the mean of each label's
    /// texts, each scaled to unit length. The tuner stays as it is. No clip of that purpose is
    /// ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES.
    pub fn actionclip_tuner_eval(
        tuner: *mut actionclip_tuner,
        purpose: i32,
        share: f64,
        score_out: *mut actionclip_tuner_score,
    ) -> i32;
    /// Writes the whole state as one file, as actionclip_model_save does it: the trained numbers,
    /// both their moments, and the number of steps, from which every draw follows. Clips are not in
    /// it.
    pub fn actionclip_tuner_save(tuner: *mut actionclip_tuner, path: *const c_char) -> i32;
    /// Goes on from a state. The tuner must have the model, options, labels, texts and clips, in
    /// the same order, of the one that saved it; else it is ACTIONCLIP_ERROR_OPTION_CONFLICT, which
    /// names the first option that differs with both its values, or says that the model, the texts
    /// or the clips are others. Threads, max_memory, cache_path and clips held out may differ. On
    /// failure the tuner stays as it was; so a tuner that has a copy already takes the memory of a
    /// second one during the call.
    pub fn actionclip_tuner_load(tuner: *mut actionclip_tuner, path: *const c_char) -> i32;
    /// Makes a new model of the base and the tuned weights, (1 - share) base + share tuned, with
    /// `share` from 0 to 1, or NaN for the recipe's: 0.5 with ANCHORED, 1 with REFERENCE. A new
    /// head is taken whole, and so are context vectors that started as random numbers; those that
    /// started as words are mixed with them. The model has the base model's precision, threads,
    /// tokenizer, preprocessing, templates and notes, and the tuner's labels, and no SHA-256; with
    /// `contexts`, its templates are the tuner's. A base that scores each label by itself
    /// (sigmoid_scores of actionclip_model_info) gives a model without that, which scores by the
    /// softmax that it was trained with. The tuner may go on. Free the model with
    /// actionclip_model_free.
    pub fn actionclip_tuner_model(
        tuner: *mut actionclip_tuner,
        share: f64,
        model_out: *mut *mut actionclip_model,
    ) -> i32;
    /// Makes a new model of the weights of two, (1 - share) first + share second, with `share` from
    /// 0 to 1 (WiSE-FT, arXiv 2109.01903). It has all else of `first`, and scores each label by
    /// itself if both do. Parameters must have the same names and shapes, and the networks the same
    /// head, T and other options; else it is ACTIONCLIP_ERROR_OPTION_CONFLICT. Free the model with
    /// actionclip_model_free.
    pub fn actionclip_models_interpolate(
        first: *const actionclip_model,
        second: *const actionclip_model,
        share: f64,
        model_out: *mut *mut actionclip_model,
    ) -> i32;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_tracker_options_init_sized(
        options: *mut actionclip_tracker_options,
        struct_size: usize,
    );
    /// Makes a tracker for scores of `label_count` labels, 1 to 2^20. options may be NULL. All its
    /// memory is taken here. Free it with actionclip_tracker_free.
    pub fn actionclip_tracker_create(
        label_count: usize,
        options: *const actionclip_tracker_options,
        tracker_out: *mut *mut actionclip_tracker,
    ) -> i32;
    /// Gives a tracker the scores [label_count] of a window. It refuses these, takes nothing of
    /// them, and goes on with the next window: an end that is not after the window before, or a
    /// start before that window's; times beyond -2^62 .. 2^62; a score that is not finite
    /// (ACTIONCLIP_ERROR_NOT_FINITE); any window after actionclip_tracker_finish; and any while
    /// more than 16 events wait (INDEPENDENT: 5 for each label), which is
    /// ACTIONCLIP_ERROR_BUFFER_TOO_SMALL until actionclip_tracker_next has taken them. No event is
    /// ever lost.
    pub fn actionclip_tracker_push(
        tracker: *mut actionclip_tracker,
        start_ns: i64,
        end_ns: i64,
        scores: *const f32,
        label_count: usize,
    ) -> i32;
    /// Takes the event that has waited longest: *found_out is 1, or 0 if none waits; then
    /// *event_out is left as it is.
    pub fn actionclip_tracker_next(
        tracker: *mut actionclip_tracker,
        event_out: *mut actionclip_event,
        found_out: *mut i32,
    ) -> i32;
    /// Ends every event with the last window. The events wait for actionclip_tracker_next. A second
    /// call does nothing.
    pub fn actionclip_tracker_finish(tracker: *mut actionclip_tracker) -> i32;
    /// Makes a tracker as new, for `label_count` labels: windows and waiting events are forgotten,
    /// numbers begin at 0. It must be above none_label, and is the old one where label_on or
    /// label_off were given.
    pub fn actionclip_tracker_reset(tracker: *mut actionclip_tracker, label_count: usize) -> i32;
    /// Frees a tracker. NULL is ignored.
    pub fn actionclip_tracker_free(tracker: *mut actionclip_tracker);
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_segment_options_init_sized(
        options: *mut actionclip_segment_options,
        struct_size: usize,
    );
    /// Finds the segments of a whole file from the scores [window_count, label_count] of its
    /// windows, whose times follow each other as in actionclip_tracker_push. segments_out is
    /// [capacity]; its elements are as far apart as the struct_size of the first says, and get that
    /// struct_size. *count_out is the number of segments, which follow each other by their starts.
    /// With segments_out NULL and capacity 0 only the number is given. options may be NULL. MEAN
    /// takes numbers of frames as well as times. Of equal totals VITERBI and ORDERED take, at the
    /// first window where they differ, the one without a change, then no label, then the label or
    /// step that comes first. Steps that do not fit are ACTIONCLIP_ERROR_INVALID_ARGUMENT. VITERBI
    /// takes 12 bytes for each window and label, ORDERED 24 for each window and step.
    pub fn actionclip_find_segments(
        starts_ns: *const i64,
        ends_ns: *const i64,
        scores: *const f32,
        window_count: usize,
        label_count: usize,
        options: *const actionclip_segment_options,
        segments_out: *mut actionclip_segment,
        capacity: usize,
        count_out: *mut usize,
    ) -> i32;
    /// Suggests thresholds for a tracker by labelled spans: label span_labels[k] is shown from
    /// span_starts_ns[k] to span_ends_ns[k], for span_count spans in any order; where no span of a
    /// label is, it is not shown. Windows and scores are as in actionclip_find_segments. on_out and
    /// off_out are [label_count]: of the pairs tried, the one whose events, of a tracker with these
    /// options for that label alone, have the largest F1: twice the time in both events and spans,
    /// over the time in events plus the time in spans. Of equal pairs those with fewest events
    /// count, and of these the middle `on` with its middle `off` is taken. Thresholds are tried
    /// from 24 quantiles of the label's smoothed scores in its spans and 24 outside: the lowest
    /// one, and the middle between each two neighbours. Labels without spans get the options' own.
    /// f1_out [label_count] may be NULL; it is the F1, NaN without spans. Several files go into one
    /// call: shift the times of each so that it follows the file before by more than gap_ns.
    pub fn actionclip_suggest_thresholds(
        starts_ns: *const i64,
        ends_ns: *const i64,
        scores: *const f32,
        window_count: usize,
        label_count: usize,
        span_labels: *const i32,
        span_starts_ns: *const i64,
        span_ends_ns: *const i64,
        span_count: usize,
        options: *const actionclip_tracker_options,
        on_out: *mut f64,
        on_capacity: usize,
        off_out: *mut f64,
        off_capacity: usize,
        f1_out: *mut f64,
        f1_capacity: usize,
    ) -> i32;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_index_options_init_sized(
        options: *mut actionclip_index_options,
        struct_size: usize,
    );
    /// Opens the archive in a folder. options may be NULL. A folder without a manifest is
    /// ACTIONCLIP_ERROR_FILE_OPEN; files that contradict each other, or whose sizes are not those
    /// of their headers, are ACTIONCLIP_ERROR_FORMAT_INVALID. Free it with actionclip_index_free.
    pub fn actionclip_index_open(
        path: *const c_char,
        options: *const actionclip_index_options,
        index_out: *mut *mut actionclip_index,
    ) -> i32;
    /// Frees an index. NULL is ignored.
    pub fn actionclip_index_free(index: *mut actionclip_index);
    /// Describes an archive.
    pub fn actionclip_index_get_info(
        index: *const actionclip_index,
        info_out: *mut actionclip_index_info,
    ) -> i32;
    /// Returns the text of the archive's manifest.json, which names the model that the rows are of;
    /// NULL on failure. The string belongs to the index.
    pub fn actionclip_index_manifest(index: *const actionclip_index) -> *const c_char;
    /// Sets struct_size and every default in a struct of `struct_size` bytes, as
    /// actionclip_model_options_init_sized does for its struct.
    pub fn actionclip_query_options_init_sized(
        options: *mut actionclip_query_options,
        struct_size: usize,
    );
    /// Finds the `capacity` best moments of an archive. The query is the sum of `vectors`
    /// [vector_count, dimension], each scaled to unit length and times its weight: embeddings of
    /// texts, of videos, or both. `weights` is [vector_count]; NULL: 1 each; a negative one takes a
    /// meaning away. vector_count is from 1 to 65536, and vectors that cancel each other out are
    /// ACTIONCLIP_ERROR_INVALID_ARGUMENT. moments_out is [capacity], 1 to 2^20; its elements are as
    /// far apart as the struct_size of the first says, and get that struct_size. *count_out is the
    /// number of moments found. options may be NULL.
    ///
    /// The order is that of exact sums, rounded once to double; of equal scores by path, then
    /// start. Windows are taken from the best on. Each begins a moment, which grows over the
    /// windows before and after it that touch what it has, are of the same video, and score at
    /// least half-way from the archive's mean score to the moment's own. A window that touches an
    /// earlier moment and is no part of it is passed over. Rows that hold no embedding of unit
    /// length are never found.
    pub fn actionclip_index_query(
        index: *const actionclip_index,
        vectors: *const f32,
        weights: *const f32,
        vector_count: usize,
        dimension: usize,
        options: *const actionclip_query_options,
        moments_out: *mut actionclip_moment,
        capacity: usize,
        count_out: *mut usize,
    ) -> i32;
    /// Gives the window that a row stands for: its times in seconds, which may be NULL, and its
    /// video's path as the archive has it. *path_size_out is the size of the path in bytes with its
    /// NUL; with path_out NULL and path_capacity 0 only the size is given.
    pub fn actionclip_index_row(
        index: *const actionclip_index,
        row: i64,
        start_out: *mut f64,
        end_out: *mut f64,
        path_out: *mut c_char,
        path_capacity: usize,
        path_size_out: *mut usize,
    ) -> i32;
    /// Loads CLIP's byte-level BPE tokenizer from a merge list (CLIP's own, or Hugging Face's
    /// merges.txt) or a tokenizer.json, plain or gzip; the format is detected from the content.
    /// Every id in a tokenizer.json, and in a vocab.json beside a merges.txt, must be CLIP's; the
    /// message of ACTIONCLIP_ERROR_TOKENIZER_INVALID names the token whose id is not. Texts are
    /// cleaned as CLIP does it, for any such file. SigLIP's spiece.model (SentencePiece, unigrams)
    /// and SigLIP 2's tokenizer.json (byte pairs with byte fallback) are read too, and their texts
    /// cleaned as transformers does it; and BERT's uncased vocab.txt and tokenizer.json (word
    /// pieces), as open_clip's CLIPA has them. A step of such a file that is not computed is
    /// ACTIONCLIP_ERROR_TOKENIZER_INVALID or _FORMAT_UNSUPPORTED by its name. Free it with
    /// actionclip_tokenizer_free.
    pub fn actionclip_tokenizer_load(
        path: *const c_char,
        tokenizer_out: *mut *mut actionclip_tokenizer,
    ) -> i32;
    /// Frees a tokenizer. NULL is ignored.
    pub fn actionclip_tokenizer_free(tokenizer: *mut actionclip_tokenizer);
    /// Turns a text of `text_size` bytes into token ids, without start and end markers. *count_out
    /// is the number of ids. With ids_out NULL and ids_capacity 0 only the number is given.
    pub fn actionclip_tokenizer_encode(
        tokenizer: *const actionclip_tokenizer,
        text: *const c_char,
        text_size: usize,
        ids_out: *mut i32,
        ids_capacity: usize,
        count_out: *mut usize,
    ) -> i32;
    /// Resizes and crops one image: crop_out is [size, size, 3], RGB. `size` is S, 1 .. 4096; mean
    /// and std are not used. Bicubic resizing, width first, has the same bits as Pillow before 13,
    /// and as later ones except for images more than twice as tall as wide. Bilinear resizing has
    /// the same bits as OpenCV's. options may be NULL.
    pub fn actionclip_preprocess_crop(
        image: *const actionclip_image,
        size: i32,
        options: *const actionclip_preprocess_options,
        crop_out: *mut u8,
        crop_capacity: usize,
    ) -> i32;
    /// Resizes and crops one image as actionclip_preprocess_crop does, then normalises it:
    /// pixels_out [3, size, size] is (value / 255 - mean) / std. options may be NULL.
    pub fn actionclip_preprocess_pixels(
        image: *const actionclip_image,
        size: i32,
        options: *const actionclip_preprocess_options,
        pixels_out: *mut f32,
        pixels_capacity: usize,
    ) -> i32;
    /// Resizes and crops one camera frame. All else is as for actionclip_preprocess_crop.
    pub fn actionclip_preprocess_crop_camera_frame(
        frame: *const actionclip_frame,
        size: i32,
        options: *const actionclip_preprocess_options,
        crop_out: *mut u8,
        crop_capacity: usize,
    ) -> i32;
    /// Resizes, crops and normalises one camera frame. All else is as for
    /// actionclip_preprocess_pixels.
    pub fn actionclip_preprocess_pixels_camera_frame(
        frame: *const actionclip_frame,
        size: i32,
        options: *const actionclip_preprocess_options,
        pixels_out: *mut f32,
        pixels_capacity: usize,
    ) -> i32;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{align_of, size_of, MaybeUninit};

    macro_rules! offset {
        ($struct:ident, $field:ident) => {{
            let value = MaybeUninit::<$struct>::uninit();
            let start = value.as_ptr();
            unsafe { std::ptr::addr_of!((*start).$field) as usize - start as usize }
        }};
    }

    #[test]
    fn structs_have_the_layout_of_c() {
        assert_eq!(size_of::<actionclip_model_options>(), 112);
        assert_eq!(align_of::<actionclip_model_options>(), 8);
        assert_eq!(offset!(actionclip_model_options, struct_size), 0);
        assert_eq!(offset!(actionclip_model_options, joint), 4);
        assert_eq!(offset!(actionclip_model_options, temporal_shift), 8);
        assert_eq!(offset!(actionclip_model_options, head), 12);
        assert_eq!(offset!(actionclip_model_options, frames), 16);
        assert_eq!(offset!(actionclip_model_options, threads), 20);
        assert_eq!(offset!(actionclip_model_options, compute_type), 24);
        assert_eq!(offset!(actionclip_model_options, temporal_view), 28);
        assert_eq!(offset!(actionclip_model_options, tokenizer_path), 32);
        assert_eq!(offset!(actionclip_model_options, processors), 40);
        assert_eq!(offset!(actionclip_model_options, processor_count), 48);
        assert_eq!(offset!(actionclip_model_options, expected_sha256), 56);
        assert_eq!(offset!(actionclip_model_options, compute_sha256), 64);
        assert_eq!(offset!(actionclip_model_options, activation), 68);
        assert_eq!(offset!(actionclip_model_options, base_path), 72);
        assert_eq!(offset!(actionclip_model_options, open_clip_name), 80);
        assert_eq!(offset!(actionclip_model_options, instructions), 88);
        assert_eq!(offset!(actionclip_model_options, reserved), 92);
        assert_eq!(offset!(actionclip_model_options, base_share), 96);
        assert_eq!(offset!(actionclip_model_options, for_saving), 104);
        assert_eq!(offset!(actionclip_model_options, reserved_2), 108);
        assert_eq!(size_of::<actionclip_model_info>(), 200);
        assert_eq!(align_of::<actionclip_model_info>(), 8);
        assert_eq!(offset!(actionclip_model_info, struct_size), 0);
        assert_eq!(offset!(actionclip_model_info, file_type), 4);
        assert_eq!(offset!(actionclip_model_info, image_size), 8);
        assert_eq!(offset!(actionclip_model_info, patch_size), 12);
        assert_eq!(offset!(actionclip_model_info, vision_width), 16);
        assert_eq!(offset!(actionclip_model_info, vision_layers), 20);
        assert_eq!(offset!(actionclip_model_info, vision_heads), 24);
        assert_eq!(offset!(actionclip_model_info, embedding_size), 28);
        assert_eq!(offset!(actionclip_model_info, text_width), 32);
        assert_eq!(offset!(actionclip_model_info, text_layers), 36);
        assert_eq!(offset!(actionclip_model_info, text_heads), 40);
        assert_eq!(offset!(actionclip_model_info, context_length), 44);
        assert_eq!(offset!(actionclip_model_info, vocabulary_size), 48);
        assert_eq!(offset!(actionclip_model_info, frames), 52);
        assert_eq!(offset!(actionclip_model_info, joint), 56);
        assert_eq!(offset!(actionclip_model_info, temporal_shift), 60);
        assert_eq!(offset!(actionclip_model_info, head), 64);
        assert_eq!(offset!(actionclip_model_info, compute_type), 68);
        assert_eq!(offset!(actionclip_model_info, threads), 72);
        assert_eq!(offset!(actionclip_model_info, has_tokenizer), 76);
        assert_eq!(offset!(actionclip_model_info, logit_scale), 80);
        assert_eq!(offset!(actionclip_model_info, heads_assumed), 84);
        assert_eq!(offset!(actionclip_model_info, parameters), 88);
        assert_eq!(offset!(actionclip_model_info, weight_bytes), 96);
        assert_eq!(offset!(actionclip_model_info, video_bytes), 104);
        assert_eq!(offset!(actionclip_model_info, text_bytes), 112);
        assert_eq!(offset!(actionclip_model_info, activation), 120);
        assert_eq!(offset!(actionclip_model_info, activation_assumed), 124);
        assert_eq!(offset!(actionclip_model_info, frames_independent), 128);
        assert_eq!(offset!(actionclip_model_info, reserved), 132);
        assert_eq!(offset!(actionclip_model_info, product_instructions), 136);
        assert_eq!(offset!(actionclip_model_info, row_instructions), 140);
        assert_eq!(offset!(actionclip_model_info, frame_interval_ns), 144);
        assert_eq!(offset!(actionclip_model_info, shift_causal), 152);
        assert_eq!(offset!(actionclip_model_info, context_vectors), 156);
        assert_eq!(offset!(actionclip_model_info, video_size), 160);
        assert_eq!(offset!(actionclip_model_info, frame_scores), 168);
        assert_eq!(offset!(actionclip_model_info, reserved_2), 172);
        assert_eq!(offset!(actionclip_model_info, sigmoid_scores), 176);
        assert_eq!(offset!(actionclip_model_info, logit_bias), 180);
        assert_eq!(offset!(actionclip_model_info, video_flops), 184);
        assert_eq!(offset!(actionclip_model_info, usual_scale), 192);
        assert_eq!(offset!(actionclip_model_info, reserved_3), 196);
        assert_eq!(size_of::<actionclip_save_options>(), 112);
        assert_eq!(align_of::<actionclip_save_options>(), 8);
        assert_eq!(offset!(actionclip_save_options, struct_size), 0);
        assert_eq!(offset!(actionclip_save_options, storage), 4);
        assert_eq!(offset!(actionclip_save_options, labels), 8);
        assert_eq!(offset!(actionclip_save_options, label_count), 16);
        assert_eq!(offset!(actionclip_save_options, templates), 24);
        assert_eq!(offset!(actionclip_save_options, template_count), 32);
        assert_eq!(offset!(actionclip_save_options, description), 40);
        assert_eq!(offset!(actionclip_save_options, license), 48);
        assert_eq!(offset!(actionclip_save_options, source), 56);
        assert_eq!(offset!(actionclip_save_options, note_keys), 64);
        assert_eq!(offset!(actionclip_save_options, note_texts), 72);
        assert_eq!(offset!(actionclip_save_options, note_count), 80);
        assert_eq!(offset!(actionclip_save_options, template_weights), 88);
        assert_eq!(offset!(actionclip_save_options, template_weight_count), 96);
        assert_eq!(offset!(actionclip_save_options, frame_interval_ns), 104);
        assert_eq!(size_of::<actionclip_image>(), 32);
        assert_eq!(align_of::<actionclip_image>(), 8);
        assert_eq!(offset!(actionclip_image, data), 0);
        assert_eq!(offset!(actionclip_image, row_stride), 8);
        assert_eq!(offset!(actionclip_image, width), 16);
        assert_eq!(offset!(actionclip_image, height), 20);
        assert_eq!(offset!(actionclip_image, pixel_format), 24);
        assert_eq!(offset!(actionclip_image, reserved), 28);
        assert_eq!(size_of::<actionclip_preprocess_options>(), 40);
        assert_eq!(align_of::<actionclip_preprocess_options>(), 4);
        assert_eq!(offset!(actionclip_preprocess_options, struct_size), 0);
        assert_eq!(offset!(actionclip_preprocess_options, resize), 4);
        assert_eq!(offset!(actionclip_preprocess_options, crop), 8);
        assert_eq!(offset!(actionclip_preprocess_options, short_side), 12);
        assert_eq!(offset!(actionclip_preprocess_options, mean), 16);
        assert_eq!(offset!(actionclip_preprocess_options, std), 28);
        assert_eq!(size_of::<actionclip_frame>(), 120);
        assert_eq!(align_of::<actionclip_frame>(), 8);
        assert_eq!(offset!(actionclip_frame, struct_size), 0);
        assert_eq!(offset!(actionclip_frame, pixel_format), 4);
        assert_eq!(offset!(actionclip_frame, width), 8);
        assert_eq!(offset!(actionclip_frame, height), 12);
        assert_eq!(offset!(actionclip_frame, planes), 16);
        assert_eq!(offset!(actionclip_frame, strides), 48);
        assert_eq!(offset!(actionclip_frame, matrix), 80);
        assert_eq!(offset!(actionclip_frame, range), 84);
        assert_eq!(offset!(actionclip_frame, rotation), 88);
        assert_eq!(offset!(actionclip_frame, flip), 92);
        assert_eq!(offset!(actionclip_frame, region_x), 96);
        assert_eq!(offset!(actionclip_frame, region_y), 100);
        assert_eq!(offset!(actionclip_frame, region_width), 104);
        assert_eq!(offset!(actionclip_frame, region_height), 108);
        assert_eq!(offset!(actionclip_frame, region_clamp), 112);
        assert_eq!(offset!(actionclip_frame, reserved), 116);
        assert_eq!(size_of::<actionclip_video_options>(), 64);
        assert_eq!(align_of::<actionclip_video_options>(), 8);
        assert_eq!(offset!(actionclip_video_options, struct_size), 0);
        assert_eq!(offset!(actionclip_video_options, threads), 4);
        assert_eq!(offset!(actionclip_video_options, max_pixels), 8);
        assert_eq!(offset!(actionclip_video_options, decode), 16);
        assert_eq!(offset!(actionclip_video_options, reserved), 20);
        assert_eq!(offset!(actionclip_video_options, max_milliseconds), 24);
        assert_eq!(offset!(actionclip_video_options, max_pixels_per_byte), 32);
        assert_eq!(offset!(actionclip_video_options, frame_rate), 40);
        assert_eq!(offset!(actionclip_video_options, first_frame), 48);
        assert_eq!(offset!(actionclip_video_options, frame_count), 56);
        assert_eq!(size_of::<actionclip_video_info>(), 48);
        assert_eq!(align_of::<actionclip_video_info>(), 8);
        assert_eq!(offset!(actionclip_video_info, struct_size), 0);
        assert_eq!(offset!(actionclip_video_info, width), 4);
        assert_eq!(offset!(actionclip_video_info, height), 8);
        assert_eq!(offset!(actionclip_video_info, rotation), 12);
        assert_eq!(offset!(actionclip_video_info, frame_count), 16);
        assert_eq!(offset!(actionclip_video_info, damaged_frames), 24);
        assert_eq!(offset!(actionclip_video_info, duration), 32);
        assert_eq!(offset!(actionclip_video_info, frame_rate), 40);
        assert_eq!(size_of::<actionclip_stream_options>(), 64);
        assert_eq!(align_of::<actionclip_stream_options>(), 8);
        assert_eq!(offset!(actionclip_stream_options, struct_size), 0);
        assert_eq!(offset!(actionclip_stream_options, frame_stride), 4);
        assert_eq!(offset!(actionclip_stream_options, frame_interval_ns), 8);
        assert_eq!(offset!(actionclip_stream_options, hop), 16);
        assert_eq!(offset!(actionclip_stream_options, warmup), 20);
        assert_eq!(offset!(actionclip_stream_options, gap_ns), 24);
        assert_eq!(offset!(actionclip_stream_options, max_age_ns), 32);
        assert_eq!(offset!(actionclip_stream_options, overflow), 40);
        assert_eq!(offset!(actionclip_stream_options, queue_frames), 44);
        assert_eq!(offset!(actionclip_stream_options, queue_windows), 48);
        assert_eq!(offset!(actionclip_stream_options, mode), 52);
        assert_eq!(offset!(actionclip_stream_options, preprocess), 56);
        assert_eq!(size_of::<actionclip_window>(), 64);
        assert_eq!(align_of::<actionclip_window>(), 8);
        assert_eq!(offset!(actionclip_window, struct_size), 0);
        assert_eq!(offset!(actionclip_window, flags), 4);
        assert_eq!(offset!(actionclip_window, sequence), 8);
        assert_eq!(offset!(actionclip_window, start_ns), 16);
        assert_eq!(offset!(actionclip_window, end_ns), 24);
        assert_eq!(offset!(actionclip_window, first_push), 32);
        assert_eq!(offset!(actionclip_window, last_push), 40);
        assert_eq!(offset!(actionclip_window, dropped_inside), 48);
        assert_eq!(offset!(actionclip_window, frame_count), 56);
        assert_eq!(offset!(actionclip_window, reserved), 60);
        assert_eq!(size_of::<actionclip_stream_stats>(), 88);
        assert_eq!(align_of::<actionclip_stream_stats>(), 8);
        assert_eq!(offset!(actionclip_stream_stats, struct_size), 0);
        assert_eq!(offset!(actionclip_stream_stats, finished), 4);
        assert_eq!(offset!(actionclip_stream_stats, pushed), 8);
        assert_eq!(offset!(actionclip_stream_stats, not_due), 16);
        assert_eq!(offset!(actionclip_stream_stats, refused), 24);
        assert_eq!(offset!(actionclip_stream_stats, dropped), 32);
        assert_eq!(offset!(actionclip_stream_stats, encoded), 40);
        assert_eq!(offset!(actionclip_stream_stats, pending), 48);
        assert_eq!(offset!(actionclip_stream_stats, windows), 56);
        assert_eq!(offset!(actionclip_stream_stats, windows_waiting), 64);
        assert_eq!(offset!(actionclip_stream_stats, gaps), 72);
        assert_eq!(offset!(actionclip_stream_stats, newest_ns), 80);
        assert_eq!(size_of::<actionclip_stream_info>(), 80);
        assert_eq!(align_of::<actionclip_stream_info>(), 8);
        assert_eq!(offset!(actionclip_stream_info, struct_size), 0);
        assert_eq!(offset!(actionclip_stream_info, frames), 4);
        assert_eq!(offset!(actionclip_stream_info, frame_interval_ns), 8);
        assert_eq!(offset!(actionclip_stream_info, frame_stride), 16);
        assert_eq!(offset!(actionclip_stream_info, hop), 20);
        assert_eq!(offset!(actionclip_stream_info, gap_ns), 24);
        assert_eq!(offset!(actionclip_stream_info, max_age_ns), 32);
        assert_eq!(offset!(actionclip_stream_info, warmup), 40);
        assert_eq!(offset!(actionclip_stream_info, overflow), 44);
        assert_eq!(offset!(actionclip_stream_info, queue_frames), 48);
        assert_eq!(offset!(actionclip_stream_info, queue_windows), 52);
        assert_eq!(offset!(actionclip_stream_info, frames_per_hop), 56);
        assert_eq!(offset!(actionclip_stream_info, interval_assumed), 60);
        assert_eq!(offset!(actionclip_stream_info, memory_bytes), 64);
        assert_eq!(offset!(actionclip_stream_info, mode), 72);
        assert_eq!(offset!(actionclip_stream_info, reserved), 76);
        assert_eq!(size_of::<actionclip_example>(), 24);
        assert_eq!(align_of::<actionclip_example>(), 8);
        assert_eq!(offset!(actionclip_example, struct_size), 0);
        assert_eq!(offset!(actionclip_example, label), 4);
        assert_eq!(offset!(actionclip_example, clip_id), 8);
        assert_eq!(offset!(actionclip_example, views), 16);
        assert_eq!(offset!(actionclip_example, reserved), 20);
        assert_eq!(size_of::<actionclip_fit_options>(), 56);
        assert_eq!(align_of::<actionclip_fit_options>(), 8);
        assert_eq!(offset!(actionclip_fit_options, struct_size), 0);
        assert_eq!(offset!(actionclip_fit_options, method), 4);
        assert_eq!(offset!(actionclip_fit_options, text_weight), 8);
        assert_eq!(offset!(actionclip_fit_options, clip_weight), 16);
        assert_eq!(offset!(actionclip_fit_options, offset), 24);
        assert_eq!(offset!(actionclip_fit_options, ridge), 32);
        assert_eq!(offset!(actionclip_fit_options, anchor), 40);
        assert_eq!(offset!(actionclip_fit_options, accept_rate), 48);
        assert_eq!(size_of::<actionclip_report_info>(), 88);
        assert_eq!(align_of::<actionclip_report_info>(), 8);
        assert_eq!(offset!(actionclip_report_info, struct_size), 0);
        assert_eq!(offset!(actionclip_report_info, is_automatic), 4);
        assert_eq!(offset!(actionclip_report_info, chosen), 8);
        assert_eq!(offset!(actionclip_report_info, trials), 12);
        assert_eq!(offset!(actionclip_report_info, label_count), 16);
        assert_eq!(offset!(actionclip_report_info, labels), 20);
        assert_eq!(offset!(actionclip_report_info, clips), 24);
        assert_eq!(offset!(actionclip_report_info, single_clips), 28);
        assert_eq!(offset!(actionclip_report_info, confusions), 32);
        assert_eq!(offset!(actionclip_report_info, reserved), 36);
        assert_eq!(offset!(actionclip_report_info, reject_threshold), 40);
        assert_eq!(offset!(actionclip_report_info, known), 48);
        assert_eq!(offset!(actionclip_report_info, accepted), 56);
        assert_eq!(offset!(actionclip_report_info, unknown), 64);
        assert_eq!(offset!(actionclip_report_info, rejected), 72);
        assert_eq!(offset!(actionclip_report_info, roc_area), 80);
        assert_eq!(size_of::<actionclip_trial_report>(), 112);
        assert_eq!(align_of::<actionclip_trial_report>(), 8);
        assert_eq!(offset!(actionclip_trial_report, struct_size), 0);
        assert_eq!(offset!(actionclip_trial_report, method), 4);
        assert_eq!(offset!(actionclip_trial_report, clips), 8);
        assert_eq!(offset!(actionclip_trial_report, right), 16);
        assert_eq!(offset!(actionclip_trial_report, right_low), 24);
        assert_eq!(offset!(actionclip_trial_report, right_high), 32);
        assert_eq!(offset!(actionclip_trial_report, among_five), 40);
        assert_eq!(offset!(actionclip_trial_report, loss), 48);
        assert_eq!(offset!(actionclip_trial_report, word_clips), 56);
        assert_eq!(offset!(actionclip_trial_report, right_by_words), 64);
        assert_eq!(offset!(actionclip_trial_report, temperature), 72);
        assert_eq!(offset!(actionclip_trial_report, text_weight), 80);
        assert_eq!(offset!(actionclip_trial_report, clip_weight), 88);
        assert_eq!(offset!(actionclip_trial_report, offset), 96);
        assert_eq!(offset!(actionclip_trial_report, ridge), 104);
        assert_eq!(size_of::<actionclip_label_report>(), 48);
        assert_eq!(align_of::<actionclip_label_report>(), 8);
        assert_eq!(offset!(actionclip_label_report, struct_size), 0);
        assert_eq!(offset!(actionclip_label_report, label), 4);
        assert_eq!(offset!(actionclip_label_report, clips), 8);
        assert_eq!(offset!(actionclip_label_report, reserved), 12);
        assert_eq!(offset!(actionclip_label_report, judged), 16);
        assert_eq!(offset!(actionclip_label_report, right), 24);
        assert_eq!(offset!(actionclip_label_report, right_by_words), 32);
        assert_eq!(offset!(actionclip_label_report, mean_probability), 40);
        assert_eq!(size_of::<actionclip_clip_report>(), 72);
        assert_eq!(align_of::<actionclip_clip_report>(), 8);
        assert_eq!(offset!(actionclip_clip_report, struct_size), 0);
        assert_eq!(offset!(actionclip_clip_report, label), 4);
        assert_eq!(offset!(actionclip_clip_report, clip_id), 8);
        assert_eq!(offset!(actionclip_clip_report, best), 16);
        assert_eq!(offset!(actionclip_clip_report, best_by_words), 20);
        assert_eq!(offset!(actionclip_clip_report, probability), 24);
        assert_eq!(offset!(actionclip_clip_report, best_probability), 32);
        assert_eq!(offset!(actionclip_clip_report, margin), 40);
        assert_eq!(offset!(actionclip_clip_report, is_suspect), 48);
        assert_eq!(offset!(actionclip_clip_report, has_duplicate), 52);
        assert_eq!(offset!(actionclip_clip_report, duplicate_id), 56);
        assert_eq!(offset!(actionclip_clip_report, duplicate_has_other_label), 64);
        assert_eq!(offset!(actionclip_clip_report, reserved), 68);
        assert_eq!(size_of::<actionclip_confusion_report>(), 24);
        assert_eq!(align_of::<actionclip_confusion_report>(), 8);
        assert_eq!(offset!(actionclip_confusion_report, struct_size), 0);
        assert_eq!(offset!(actionclip_confusion_report, first), 4);
        assert_eq!(offset!(actionclip_confusion_report, second), 8);
        assert_eq!(offset!(actionclip_confusion_report, reserved), 12);
        assert_eq!(offset!(actionclip_confusion_report, clips), 16);
        assert_eq!(size_of::<actionclip_prompts_report>(), 56);
        assert_eq!(align_of::<actionclip_prompts_report>(), 8);
        assert_eq!(offset!(actionclip_prompts_report, struct_size), 0);
        assert_eq!(offset!(actionclip_prompts_report, origin), 4);
        assert_eq!(offset!(actionclip_prompts_report, kept), 8);
        assert_eq!(offset!(actionclip_prompts_report, folds), 12);
        assert_eq!(offset!(actionclip_prompts_report, strength), 16);
        assert_eq!(offset!(actionclip_prompts_report, equal_top1), 24);
        assert_eq!(offset!(actionclip_prompts_report, equal_log_likelihood), 32);
        assert_eq!(offset!(actionclip_prompts_report, chosen_top1), 40);
        assert_eq!(offset!(actionclip_prompts_report, chosen_log_likelihood), 48);
        assert_eq!(size_of::<actionclip_tuner_options>(), 168);
        assert_eq!(align_of::<actionclip_tuner_options>(), 8);
        assert_eq!(offset!(actionclip_tuner_options, struct_size), 0);
        assert_eq!(offset!(actionclip_tuner_options, recipe), 4);
        assert_eq!(offset!(actionclip_tuner_options, loss), 8);
        assert_eq!(offset!(actionclip_tuner_options, vision), 12);
        assert_eq!(offset!(actionclip_tuner_options, vision_blocks), 16);
        assert_eq!(offset!(actionclip_tuner_options, text), 20);
        assert_eq!(offset!(actionclip_tuner_options, text_blocks), 24);
        assert_eq!(offset!(actionclip_tuner_options, head), 28);
        assert_eq!(offset!(actionclip_tuner_options, logit_scale), 32);
        assert_eq!(offset!(actionclip_tuner_options, new_head), 36);
        assert_eq!(offset!(actionclip_tuner_options, frames), 40);
        assert_eq!(offset!(actionclip_tuner_options, epochs), 44);
        assert_eq!(offset!(actionclip_tuner_options, batch), 48);
        assert_eq!(offset!(actionclip_tuner_options, too_long), 52);
        assert_eq!(offset!(actionclip_tuner_options, warm_up_epochs), 56);
        assert_eq!(offset!(actionclip_tuner_options, rate), 64);
        assert_eq!(offset!(actionclip_tuner_options, head_rate_factor), 72);
        assert_eq!(offset!(actionclip_tuner_options, weight_decay), 80);
        assert_eq!(offset!(actionclip_tuner_options, anchor), 88);
        assert_eq!(offset!(actionclip_tuner_options, seed), 96);
        assert_eq!(offset!(actionclip_tuner_options, max_memory), 104);
        assert_eq!(offset!(actionclip_tuner_options, contexts), 112);
        assert_eq!(offset!(actionclip_tuner_options, augment), 116);
        assert_eq!(offset!(actionclip_tuner_options, context_rate_factor), 120);
        assert_eq!(offset!(actionclip_tuner_options, mean_decay), 128);
        assert_eq!(offset!(actionclip_tuner_options, head_dropout), 136);
        assert_eq!(offset!(actionclip_tuner_options, jitter), 144);
        assert_eq!(offset!(actionclip_tuner_options, mirror), 148);
        assert_eq!(offset!(actionclip_tuner_options, cache_path), 152);
        assert_eq!(offset!(actionclip_tuner_options, compute_type), 160);
        assert_eq!(offset!(actionclip_tuner_options, reserved), 164);
        assert_eq!(size_of::<actionclip_tuner_info>(), 88);
        assert_eq!(align_of::<actionclip_tuner_info>(), 8);
        assert_eq!(offset!(actionclip_tuner_info, struct_size), 0);
        assert_eq!(offset!(actionclip_tuner_info, labels), 4);
        assert_eq!(offset!(actionclip_tuner_info, clips), 8);
        assert_eq!(offset!(actionclip_tuner_info, held_out), 12);
        assert_eq!(offset!(actionclip_tuner_info, steps), 16);
        assert_eq!(offset!(actionclip_tuner_info, total_steps), 24);
        assert_eq!(offset!(actionclip_tuner_info, steps_per_epoch), 32);
        assert_eq!(offset!(actionclip_tuner_info, trained), 40);
        assert_eq!(offset!(actionclip_tuner_info, model_bytes), 48);
        assert_eq!(offset!(actionclip_tuner_info, clip_bytes), 56);
        assert_eq!(offset!(actionclip_tuner_info, work_bytes), 64);
        assert_eq!(offset!(actionclip_tuner_info, batch), 72);
        assert_eq!(offset!(actionclip_tuner_info, reserved), 76);
        assert_eq!(offset!(actionclip_tuner_info, cache_bytes), 80);
        assert_eq!(size_of::<actionclip_tuner_result>(), 72);
        assert_eq!(align_of::<actionclip_tuner_result>(), 8);
        assert_eq!(offset!(actionclip_tuner_result, struct_size), 0);
        assert_eq!(offset!(actionclip_tuner_result, reserved), 4);
        assert_eq!(offset!(actionclip_tuner_result, step), 8);
        assert_eq!(offset!(actionclip_tuner_result, total_steps), 16);
        assert_eq!(offset!(actionclip_tuner_result, loss), 24);
        assert_eq!(offset!(actionclip_tuner_result, video_loss), 32);
        assert_eq!(offset!(actionclip_tuner_result, text_loss), 40);
        assert_eq!(offset!(actionclip_tuner_result, scale), 48);
        assert_eq!(offset!(actionclip_tuner_result, rate), 56);
        assert_eq!(offset!(actionclip_tuner_result, gradient_norm), 64);
        assert_eq!(size_of::<actionclip_tuner_score>(), 24);
        assert_eq!(align_of::<actionclip_tuner_score>(), 8);
        assert_eq!(offset!(actionclip_tuner_score, struct_size), 0);
        assert_eq!(offset!(actionclip_tuner_score, clips), 4);
        assert_eq!(offset!(actionclip_tuner_score, right), 8);
        assert_eq!(offset!(actionclip_tuner_score, among_five), 12);
        assert_eq!(offset!(actionclip_tuner_score, loss), 16);
        assert_eq!(size_of::<actionclip_tracker_options>(), 112);
        assert_eq!(align_of::<actionclip_tracker_options>(), 8);
        assert_eq!(offset!(actionclip_tracker_options, struct_size), 0);
        assert_eq!(offset!(actionclip_tracker_options, mode), 4);
        assert_eq!(offset!(actionclip_tracker_options, on), 8);
        assert_eq!(offset!(actionclip_tracker_options, off), 16);
        assert_eq!(offset!(actionclip_tracker_options, margin), 24);
        assert_eq!(offset!(actionclip_tracker_options, min_on_ns), 32);
        assert_eq!(offset!(actionclip_tracker_options, min_off_ns), 40);
        assert_eq!(offset!(actionclip_tracker_options, half_life_ns), 48);
        assert_eq!(offset!(actionclip_tracker_options, max_event_ns), 56);
        assert_eq!(offset!(actionclip_tracker_options, update_ns), 64);
        assert_eq!(offset!(actionclip_tracker_options, gap_ns), 72);
        assert_eq!(offset!(actionclip_tracker_options, none_label), 80);
        assert_eq!(offset!(actionclip_tracker_options, reserved), 84);
        assert_eq!(offset!(actionclip_tracker_options, label_on), 88);
        assert_eq!(offset!(actionclip_tracker_options, label_off), 96);
        assert_eq!(offset!(actionclip_tracker_options, label_count), 104);
        assert_eq!(size_of::<actionclip_event>(), 72);
        assert_eq!(align_of::<actionclip_event>(), 8);
        assert_eq!(offset!(actionclip_event, struct_size), 0);
        assert_eq!(offset!(actionclip_event, kind), 4);
        assert_eq!(offset!(actionclip_event, label), 8);
        assert_eq!(offset!(actionclip_event, reserved), 12);
        assert_eq!(offset!(actionclip_event, number), 16);
        assert_eq!(offset!(actionclip_event, start_ns), 24);
        assert_eq!(offset!(actionclip_event, end_ns), 32);
        assert_eq!(offset!(actionclip_event, decided_ns), 40);
        assert_eq!(offset!(actionclip_event, peak_ns), 48);
        assert_eq!(offset!(actionclip_event, peak), 56);
        assert_eq!(offset!(actionclip_event, mean), 64);
        assert_eq!(size_of::<actionclip_segment_options>(), 80);
        assert_eq!(align_of::<actionclip_segment_options>(), 8);
        assert_eq!(offset!(actionclip_segment_options, struct_size), 0);
        assert_eq!(offset!(actionclip_segment_options, method), 4);
        assert_eq!(offset!(actionclip_segment_options, tracker), 8);
        assert_eq!(offset!(actionclip_segment_options, thresholds), 16);
        assert_eq!(offset!(actionclip_segment_options, change_cost), 24);
        assert_eq!(offset!(actionclip_segment_options, none_score), 32);
        assert_eq!(offset!(actionclip_segment_options, min_duration_ns), 40);
        assert_eq!(offset!(actionclip_segment_options, none_label), 48);
        assert_eq!(offset!(actionclip_segment_options, reserved), 52);
        assert_eq!(offset!(actionclip_segment_options, steps), 56);
        assert_eq!(offset!(actionclip_segment_options, step_count), 64);
        assert_eq!(offset!(actionclip_segment_options, step_optional), 72);
        assert_eq!(size_of::<actionclip_segment>(), 40);
        assert_eq!(align_of::<actionclip_segment>(), 8);
        assert_eq!(offset!(actionclip_segment, struct_size), 0);
        assert_eq!(offset!(actionclip_segment, label), 4);
        assert_eq!(offset!(actionclip_segment, start_ns), 8);
        assert_eq!(offset!(actionclip_segment, end_ns), 16);
        assert_eq!(offset!(actionclip_segment, score), 24);
        assert_eq!(offset!(actionclip_segment, step), 32);
        assert_eq!(offset!(actionclip_segment, reserved), 36);
        assert_eq!(size_of::<actionclip_index_options>(), 16);
        assert_eq!(align_of::<actionclip_index_options>(), 4);
        assert_eq!(offset!(actionclip_index_options, struct_size), 0);
        assert_eq!(offset!(actionclip_index_options, threads), 4);
        assert_eq!(offset!(actionclip_index_options, in_memory), 8);
        assert_eq!(offset!(actionclip_index_options, reserved), 12);
        assert_eq!(size_of::<actionclip_index_info>(), 56);
        assert_eq!(align_of::<actionclip_index_info>(), 8);
        assert_eq!(offset!(actionclip_index_info, struct_size), 0);
        assert_eq!(offset!(actionclip_index_info, dimension), 4);
        assert_eq!(offset!(actionclip_index_info, rows), 8);
        assert_eq!(offset!(actionclip_index_info, removed_rows), 16);
        assert_eq!(offset!(actionclip_index_info, window), 24);
        assert_eq!(offset!(actionclip_index_info, step), 32);
        assert_eq!(offset!(actionclip_index_info, frames), 40);
        assert_eq!(offset!(actionclip_index_info, number_type), 44);
        assert_eq!(offset!(actionclip_index_info, unfinished), 48);
        assert_eq!(offset!(actionclip_index_info, reserved), 52);
        assert_eq!(size_of::<actionclip_query_options>(), 16);
        assert_eq!(align_of::<actionclip_query_options>(), 8);
        assert_eq!(offset!(actionclip_query_options, struct_size), 0);
        assert_eq!(offset!(actionclip_query_options, merge), 4);
        assert_eq!(offset!(actionclip_query_options, minimum_score), 8);
        assert_eq!(size_of::<actionclip_moment>(), 56);
        assert_eq!(align_of::<actionclip_moment>(), 8);
        assert_eq!(offset!(actionclip_moment, struct_size), 0);
        assert_eq!(offset!(actionclip_moment, reserved), 4);
        assert_eq!(offset!(actionclip_moment, row), 8);
        assert_eq!(offset!(actionclip_moment, score), 16);
        assert_eq!(offset!(actionclip_moment, start), 24);
        assert_eq!(offset!(actionclip_moment, end), 32);
        assert_eq!(offset!(actionclip_moment, peak_start), 40);
        assert_eq!(offset!(actionclip_moment, peak_end), 48);
    }

    #[test]
    fn constants_are_the_library_s() {
        let constants: &[(&[u8], i32)] = &[
            (b"ACTIONCLIP_VERSION_MAJOR\0", ACTIONCLIP_VERSION_MAJOR),
            (b"ACTIONCLIP_VERSION_MINOR\0", ACTIONCLIP_VERSION_MINOR),
            (b"ACTIONCLIP_VERSION_PATCH\0", ACTIONCLIP_VERSION_PATCH),
            (b"ACTIONCLIP_ABI_VERSION\0", ACTIONCLIP_ABI_VERSION),
            (b"ACTIONCLIP_OK\0", ACTIONCLIP_OK),
            (b"ACTIONCLIP_ERROR_INVALID_ARGUMENT\0", ACTIONCLIP_ERROR_INVALID_ARGUMENT),
            (b"ACTIONCLIP_ERROR_BUFFER_TOO_SMALL\0", ACTIONCLIP_ERROR_BUFFER_TOO_SMALL),
            (b"ACTIONCLIP_ERROR_INVALID_HANDLE\0", ACTIONCLIP_ERROR_INVALID_HANDLE),
            (b"ACTIONCLIP_ERROR_INVALID_UTF8\0", ACTIONCLIP_ERROR_INVALID_UTF8),
            (b"ACTIONCLIP_ERROR_TEXT_TOO_LONG\0", ACTIONCLIP_ERROR_TEXT_TOO_LONG),
            (b"ACTIONCLIP_ERROR_NOT_FINITE\0", ACTIONCLIP_ERROR_NOT_FINITE),
            (b"ACTIONCLIP_ERROR_FORKED\0", ACTIONCLIP_ERROR_FORKED),
            (b"ACTIONCLIP_ERROR_CANCELLED\0", ACTIONCLIP_ERROR_CANCELLED),
            (b"ACTIONCLIP_ERROR_FILE_OPEN\0", ACTIONCLIP_ERROR_FILE_OPEN),
            (b"ACTIONCLIP_ERROR_FILE_READ\0", ACTIONCLIP_ERROR_FILE_READ),
            (b"ACTIONCLIP_ERROR_FILE_WRITE\0", ACTIONCLIP_ERROR_FILE_WRITE),
            (b"ACTIONCLIP_ERROR_HASH_MISMATCH\0", ACTIONCLIP_ERROR_HASH_MISMATCH),
            (b"ACTIONCLIP_ERROR_FORMAT_UNKNOWN\0", ACTIONCLIP_ERROR_FORMAT_UNKNOWN),
            (b"ACTIONCLIP_ERROR_FORMAT_INVALID\0", ACTIONCLIP_ERROR_FORMAT_INVALID),
            (b"ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED\0", ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED),
            (b"ACTIONCLIP_ERROR_FORMAT_LIMIT\0", ACTIONCLIP_ERROR_FORMAT_LIMIT),
            (b"ACTIONCLIP_ERROR_MISSING_TENSOR\0", ACTIONCLIP_ERROR_MISSING_TENSOR),
            (b"ACTIONCLIP_ERROR_TENSOR_SHAPE\0", ACTIONCLIP_ERROR_TENSOR_SHAPE),
            (b"ACTIONCLIP_ERROR_OPTION_CONFLICT\0", ACTIONCLIP_ERROR_OPTION_CONFLICT),
            (b"ACTIONCLIP_ERROR_NO_TOKENIZER\0", ACTIONCLIP_ERROR_NO_TOKENIZER),
            (b"ACTIONCLIP_ERROR_TOKENIZER_INVALID\0", ACTIONCLIP_ERROR_TOKENIZER_INVALID),
            (b"ACTIONCLIP_ERROR_OUT_OF_MEMORY\0", ACTIONCLIP_ERROR_OUT_OF_MEMORY),
            (b"ACTIONCLIP_ERROR_UNAVAILABLE\0", ACTIONCLIP_ERROR_UNAVAILABLE),
            (b"ACTIONCLIP_ERROR_TIME_LIMIT\0", ACTIONCLIP_ERROR_TIME_LIMIT),
            (b"ACTIONCLIP_ERROR_VIDEO_INVALID\0", ACTIONCLIP_ERROR_VIDEO_INVALID),
            (b"ACTIONCLIP_ERROR_VIDEO_DECODE\0", ACTIONCLIP_ERROR_VIDEO_DECODE),
            (b"ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES\0", ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES),
            (b"ACTIONCLIP_ERROR_INTERNAL\0", ACTIONCLIP_ERROR_INTERNAL),
            (b"ACTIONCLIP_AS_CHECKPOINT\0", ACTIONCLIP_AS_CHECKPOINT),
            (b"ACTIONCLIP_ON\0", ACTIONCLIP_ON),
            (b"ACTIONCLIP_OFF\0", ACTIONCLIP_OFF),
            (b"ACTIONCLIP_CAUSAL\0", ACTIONCLIP_CAUSAL),
            (b"ACTIONCLIP_HEAD_AS_CHECKPOINT\0", ACTIONCLIP_HEAD_AS_CHECKPOINT),
            (b"ACTIONCLIP_HEAD_MEANP\0", ACTIONCLIP_HEAD_MEANP),
            (b"ACTIONCLIP_HEAD_CONV_1D\0", ACTIONCLIP_HEAD_CONV_1D),
            (b"ACTIONCLIP_HEAD_LSTM\0", ACTIONCLIP_HEAD_LSTM),
            (b"ACTIONCLIP_HEAD_TRANSF\0", ACTIONCLIP_HEAD_TRANSF),
            (b"ACTIONCLIP_HEAD_TRANSF_CLS\0", ACTIONCLIP_HEAD_TRANSF_CLS),
            (b"ACTIONCLIP_HEAD_MIT\0", ACTIONCLIP_HEAD_MIT),
            (b"ACTIONCLIP_COMPUTE_DEFAULT\0", ACTIONCLIP_COMPUTE_DEFAULT),
            (b"ACTIONCLIP_COMPUTE_FP32\0", ACTIONCLIP_COMPUTE_FP32),
            (b"ACTIONCLIP_COMPUTE_BF16\0", ACTIONCLIP_COMPUTE_BF16),
            (b"ACTIONCLIP_COMPUTE_INT8\0", ACTIONCLIP_COMPUTE_INT8),
            (b"ACTIONCLIP_ACTIVATION_AS_CHECKPOINT\0", ACTIONCLIP_ACTIVATION_AS_CHECKPOINT),
            (b"ACTIONCLIP_ACTIVATION_QUICK_GELU\0", ACTIONCLIP_ACTIVATION_QUICK_GELU),
            (b"ACTIONCLIP_ACTIVATION_GELU\0", ACTIONCLIP_ACTIVATION_GELU),
            (b"ACTIONCLIP_ACTIVATION_TANH_GELU\0", ACTIONCLIP_ACTIVATION_TANH_GELU),
            (b"ACTIONCLIP_INSTRUCTIONS_AUTO\0", ACTIONCLIP_INSTRUCTIONS_AUTO),
            (b"ACTIONCLIP_INSTRUCTIONS_PORTABLE\0", ACTIONCLIP_INSTRUCTIONS_PORTABLE),
            (b"ACTIONCLIP_INSTRUCTIONS_AVX2\0", ACTIONCLIP_INSTRUCTIONS_AVX2),
            (b"ACTIONCLIP_INSTRUCTIONS_AVX_VNNI\0", ACTIONCLIP_INSTRUCTIONS_AVX_VNNI),
            (b"ACTIONCLIP_INSTRUCTIONS_AVX512\0", ACTIONCLIP_INSTRUCTIONS_AVX512),
            (b"ACTIONCLIP_INSTRUCTIONS_AVX512_VNNI\0", ACTIONCLIP_INSTRUCTIONS_AVX512_VNNI),
            (b"ACTIONCLIP_INSTRUCTIONS_AVX512_BF16\0", ACTIONCLIP_INSTRUCTIONS_AVX512_BF16),
            (b"ACTIONCLIP_INSTRUCTIONS_AMX\0", ACTIONCLIP_INSTRUCTIONS_AMX),
            (b"ACTIONCLIP_INSTRUCTIONS_NEON_DOT\0", ACTIONCLIP_INSTRUCTIONS_NEON_DOT),
            (b"ACTIONCLIP_INSTRUCTIONS_NEON_I8MM\0", ACTIONCLIP_INSTRUCTIONS_NEON_I8MM),
            (b"ACTIONCLIP_INSTRUCTIONS_NEON_BF16\0", ACTIONCLIP_INSTRUCTIONS_NEON_BF16),
            (b"ACTIONCLIP_FILE_SAFETENSORS\0", ACTIONCLIP_FILE_SAFETENSORS),
            (b"ACTIONCLIP_FILE_TORCH\0", ACTIONCLIP_FILE_TORCH),
            (b"ACTIONCLIP_FILE_TORCHSCRIPT\0", ACTIONCLIP_FILE_TORCHSCRIPT),
            (b"ACTIONCLIP_STORAGE_FP32\0", ACTIONCLIP_STORAGE_FP32),
            (b"ACTIONCLIP_STORAGE_FP16\0", ACTIONCLIP_STORAGE_FP16),
            (b"ACTIONCLIP_STORAGE_BF16\0", ACTIONCLIP_STORAGE_BF16),
            (b"ACTIONCLIP_STORAGE_INT8\0", ACTIONCLIP_STORAGE_INT8),
            (b"ACTIONCLIP_PIXEL_RGB\0", ACTIONCLIP_PIXEL_RGB),
            (b"ACTIONCLIP_PIXEL_BGR\0", ACTIONCLIP_PIXEL_BGR),
            (b"ACTIONCLIP_PIXEL_RGBA\0", ACTIONCLIP_PIXEL_RGBA),
            (b"ACTIONCLIP_PIXEL_BGRA\0", ACTIONCLIP_PIXEL_BGRA),
            (b"ACTIONCLIP_PIXEL_GRAY\0", ACTIONCLIP_PIXEL_GRAY),
            (b"ACTIONCLIP_RESIZE_ACTIONCLIP\0", ACTIONCLIP_RESIZE_ACTIONCLIP),
            (b"ACTIONCLIP_RESIZE_CLIP\0", ACTIONCLIP_RESIZE_CLIP),
            (b"ACTIONCLIP_RESIZE_MMACTION2\0", ACTIONCLIP_RESIZE_MMACTION2),
            (b"ACTIONCLIP_RESIZE_HUGGING_FACE\0", ACTIONCLIP_RESIZE_HUGGING_FACE),
            (b"ACTIONCLIP_RESIZE_SQUARE\0", ACTIONCLIP_RESIZE_SQUARE),
            (b"ACTIONCLIP_RESIZE_SQUARE_BILINEAR\0", ACTIONCLIP_RESIZE_SQUARE_BILINEAR),
            (b"ACTIONCLIP_RESIZE_HUGGING_FACE_BILINEAR\0", ACTIONCLIP_RESIZE_HUGGING_FACE_BILINEAR),
            (b"ACTIONCLIP_RESIZE_CLIP_BILINEAR\0", ACTIONCLIP_RESIZE_CLIP_BILINEAR),
            (b"ACTIONCLIP_CROP_CENTER\0", ACTIONCLIP_CROP_CENTER),
            (b"ACTIONCLIP_CROP_START\0", ACTIONCLIP_CROP_START),
            (b"ACTIONCLIP_CROP_END\0", ACTIONCLIP_CROP_END),
            (b"ACTIONCLIP_PIXEL_RGBX\0", ACTIONCLIP_PIXEL_RGBX),
            (b"ACTIONCLIP_PIXEL_BGRX\0", ACTIONCLIP_PIXEL_BGRX),
            (b"ACTIONCLIP_PIXEL_GRAY16\0", ACTIONCLIP_PIXEL_GRAY16),
            (b"ACTIONCLIP_PIXEL_NV12\0", ACTIONCLIP_PIXEL_NV12),
            (b"ACTIONCLIP_PIXEL_NV21\0", ACTIONCLIP_PIXEL_NV21),
            (b"ACTIONCLIP_PIXEL_I420\0", ACTIONCLIP_PIXEL_I420),
            (b"ACTIONCLIP_PIXEL_YV12\0", ACTIONCLIP_PIXEL_YV12),
            (b"ACTIONCLIP_PIXEL_NV24\0", ACTIONCLIP_PIXEL_NV24),
            (b"ACTIONCLIP_PIXEL_YUYV\0", ACTIONCLIP_PIXEL_YUYV),
            (b"ACTIONCLIP_PIXEL_UYVY\0", ACTIONCLIP_PIXEL_UYVY),
            (b"ACTIONCLIP_MATRIX_AUTO\0", ACTIONCLIP_MATRIX_AUTO),
            (b"ACTIONCLIP_MATRIX_BT601\0", ACTIONCLIP_MATRIX_BT601),
            (b"ACTIONCLIP_MATRIX_BT709\0", ACTIONCLIP_MATRIX_BT709),
            (b"ACTIONCLIP_MATRIX_BT2020\0", ACTIONCLIP_MATRIX_BT2020),
            (b"ACTIONCLIP_RANGE_AUTO\0", ACTIONCLIP_RANGE_AUTO),
            (b"ACTIONCLIP_RANGE_LIMITED\0", ACTIONCLIP_RANGE_LIMITED),
            (b"ACTIONCLIP_RANGE_FULL\0", ACTIONCLIP_RANGE_FULL),
            (b"ACTIONCLIP_FLIP_NONE\0", ACTIONCLIP_FLIP_NONE),
            (b"ACTIONCLIP_FLIP_HORIZONTAL\0", ACTIONCLIP_FLIP_HORIZONTAL),
            (b"ACTIONCLIP_FLIP_VERTICAL\0", ACTIONCLIP_FLIP_VERTICAL),
            (b"ACTIONCLIP_NAMES_ANY\0", ACTIONCLIP_NAMES_ANY),
            (b"ACTIONCLIP_NAMES_ROS\0", ACTIONCLIP_NAMES_ROS),
            (b"ACTIONCLIP_NAMES_V4L2\0", ACTIONCLIP_NAMES_V4L2),
            (b"ACTIONCLIP_NAMES_DRM\0", ACTIONCLIP_NAMES_DRM),
            (b"ACTIONCLIP_NAMES_GSTREAMER\0", ACTIONCLIP_NAMES_GSTREAMER),
            (b"ACTIONCLIP_NAMES_FFMPEG\0", ACTIONCLIP_NAMES_FFMPEG),
            (b"ACTIONCLIP_DECODE_NEEDED\0", ACTIONCLIP_DECODE_NEEDED),
            (b"ACTIONCLIP_DECODE_ALL\0", ACTIONCLIP_DECODE_ALL),
            (b"ACTIONCLIP_DECODE_KEY_FRAMES\0", ACTIONCLIP_DECODE_KEY_FRAMES),
            (b"ACTIONCLIP_SAMPLING_ACTIONCLIP\0", ACTIONCLIP_SAMPLING_ACTIONCLIP),
            (b"ACTIONCLIP_SAMPLING_MMACTION2\0", ACTIONCLIP_SAMPLING_MMACTION2),
            (b"ACTIONCLIP_SAMPLING_OPEN_VCLIP\0", ACTIONCLIP_SAMPLING_OPEN_VCLIP),
            (b"ACTIONCLIP_SAMPLING_OPEN_VCLIP_START\0", ACTIONCLIP_SAMPLING_OPEN_VCLIP_START),
            (b"ACTIONCLIP_SAMPLING_OPEN_VCLIP_END\0", ACTIONCLIP_SAMPLING_OPEN_VCLIP_END),
            (b"ACTIONCLIP_STREAM_EXACT\0", ACTIONCLIP_STREAM_EXACT),
            (b"ACTIONCLIP_STREAM_CAUSAL\0", ACTIONCLIP_STREAM_CAUSAL),
            (b"ACTIONCLIP_WARMUP_WAIT\0", ACTIONCLIP_WARMUP_WAIT),
            (b"ACTIONCLIP_WARMUP_REPEAT_FIRST\0", ACTIONCLIP_WARMUP_REPEAT_FIRST),
            (b"ACTIONCLIP_WARMUP_PARTIAL\0", ACTIONCLIP_WARMUP_PARTIAL),
            (b"ACTIONCLIP_OVERFLOW_WAIT\0", ACTIONCLIP_OVERFLOW_WAIT),
            (b"ACTIONCLIP_OVERFLOW_DROP_OLDEST\0", ACTIONCLIP_OVERFLOW_DROP_OLDEST),
            (b"ACTIONCLIP_OVERFLOW_DROP_NEWEST\0", ACTIONCLIP_OVERFLOW_DROP_NEWEST),
            (b"ACTIONCLIP_OVERFLOW_LATEST\0", ACTIONCLIP_OVERFLOW_LATEST),
            (b"ACTIONCLIP_PUSH_QUEUED\0", ACTIONCLIP_PUSH_QUEUED),
            (b"ACTIONCLIP_PUSH_NOT_DUE\0", ACTIONCLIP_PUSH_NOT_DUE),
            (b"ACTIONCLIP_PUSH_REPLACED\0", ACTIONCLIP_PUSH_REPLACED),
            (b"ACTIONCLIP_PUSH_DROPPED\0", ACTIONCLIP_PUSH_DROPPED),
            (b"ACTIONCLIP_PUSH_FULL\0", ACTIONCLIP_PUSH_FULL),
            (b"ACTIONCLIP_WAIT_STEP\0", ACTIONCLIP_WAIT_STEP),
            (b"ACTIONCLIP_WAIT_WINDOW\0", ACTIONCLIP_WAIT_WINDOW),
            (b"ACTIONCLIP_WAIT_ROOM\0", ACTIONCLIP_WAIT_ROOM),
            (b"ACTIONCLIP_WINDOW_PARTIAL\0", ACTIONCLIP_WINDOW_PARTIAL),
            (b"ACTIONCLIP_WINDOW_DISCONTINUITY\0", ACTIONCLIP_WINDOW_DISCONTINUITY),
            (b"ACTIONCLIP_WINDOW_TAIL\0", ACTIONCLIP_WINDOW_TAIL),
            (b"ACTIONCLIP_NEXT_NONE\0", ACTIONCLIP_NEXT_NONE),
            (b"ACTIONCLIP_NEXT_WINDOW\0", ACTIONCLIP_NEXT_WINDOW),
            (b"ACTIONCLIP_NEXT_END\0", ACTIONCLIP_NEXT_END),
            (b"ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR\0", ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR),
            (b"ACTIONCLIP_TEXT_TRUNCATE\0", ACTIONCLIP_TEXT_TRUNCATE),
            (b"ACTIONCLIP_FIT_AUTO\0", ACTIONCLIP_FIT_AUTO),
            (b"ACTIONCLIP_FIT_WORDS\0", ACTIONCLIP_FIT_WORDS),
            (b"ACTIONCLIP_FIT_PROTOTYPES\0", ACTIONCLIP_FIT_PROTOTYPES),
            (b"ACTIONCLIP_FIT_RIDGE\0", ACTIONCLIP_FIT_RIDGE),
            (b"ACTIONCLIP_FIT_SOFTMAX\0", ACTIONCLIP_FIT_SOFTMAX),
            (b"ACTIONCLIP_PROMPTS_EQUAL\0", ACTIONCLIP_PROMPTS_EQUAL),
            (b"ACTIONCLIP_PROMPTS_WITHOUT_LABELS\0", ACTIONCLIP_PROMPTS_WITHOUT_LABELS),
            (b"ACTIONCLIP_PROMPTS_FITTED\0", ACTIONCLIP_PROMPTS_FITTED),
            (b"ACTIONCLIP_RECIPE_ANCHORED\0", ACTIONCLIP_RECIPE_ANCHORED),
            (b"ACTIONCLIP_RECIPE_REFERENCE\0", ACTIONCLIP_RECIPE_REFERENCE),
            (b"ACTIONCLIP_LOSS_MULTI_POSITIVE\0", ACTIONCLIP_LOSS_MULTI_POSITIVE),
            (b"ACTIONCLIP_LOSS_CROSS_ENTROPY\0", ACTIONCLIP_LOSS_CROSS_ENTROPY),
            (b"ACTIONCLIP_TRAIN_NOTHING\0", ACTIONCLIP_TRAIN_NOTHING),
            (b"ACTIONCLIP_TRAIN_PROJECTION\0", ACTIONCLIP_TRAIN_PROJECTION),
            (b"ACTIONCLIP_TRAIN_BLOCKS\0", ACTIONCLIP_TRAIN_BLOCKS),
            (b"ACTIONCLIP_TRAIN_EVERYTHING\0", ACTIONCLIP_TRAIN_EVERYTHING),
            (b"ACTIONCLIP_AUGMENT_NONE\0", ACTIONCLIP_AUGMENT_NONE),
            (b"ACTIONCLIP_AUGMENT_FLIP\0", ACTIONCLIP_AUGMENT_FLIP),
            (b"ACTIONCLIP_AUGMENT_REFERENCE\0", ACTIONCLIP_AUGMENT_REFERENCE),
            (b"ACTIONCLIP_AUGMENT_REFERENCE_K400\0", ACTIONCLIP_AUGMENT_REFERENCE_K400),
            (b"ACTIONCLIP_MIRROR_UNLESS_SIDED\0", ACTIONCLIP_MIRROR_UNLESS_SIDED),
            (b"ACTIONCLIP_CLIP_TRAINED\0", ACTIONCLIP_CLIP_TRAINED),
            (b"ACTIONCLIP_CLIP_HELD_OUT\0", ACTIONCLIP_CLIP_HELD_OUT),
            (b"ACTIONCLIP_TRACK_EXCLUSIVE\0", ACTIONCLIP_TRACK_EXCLUSIVE),
            (b"ACTIONCLIP_TRACK_INDEPENDENT\0", ACTIONCLIP_TRACK_INDEPENDENT),
            (b"ACTIONCLIP_EVENT_STARTED\0", ACTIONCLIP_EVENT_STARTED),
            (b"ACTIONCLIP_EVENT_UPDATED\0", ACTIONCLIP_EVENT_UPDATED),
            (b"ACTIONCLIP_EVENT_ENDED\0", ACTIONCLIP_EVENT_ENDED),
            (b"ACTIONCLIP_SEGMENTS_MEAN\0", ACTIONCLIP_SEGMENTS_MEAN),
            (b"ACTIONCLIP_SEGMENTS_HYSTERESIS\0", ACTIONCLIP_SEGMENTS_HYSTERESIS),
            (b"ACTIONCLIP_SEGMENTS_VITERBI\0", ACTIONCLIP_SEGMENTS_VITERBI),
            (b"ACTIONCLIP_SEGMENTS_ORDERED\0", ACTIONCLIP_SEGMENTS_ORDERED),
            (b"ACTIONCLIP_INDEX_FP32\0", ACTIONCLIP_INDEX_FP32),
            (b"ACTIONCLIP_INDEX_FP16\0", ACTIONCLIP_INDEX_FP16),
        ];
        for &(name, value) in constants {
            let mut found = -12345;
            assert_eq!(unsafe { actionclip_constant(name.as_ptr().cast(), &mut found) }, ACTIONCLIP_OK);
            assert_eq!(found, i64::from(value));
        }
    }

    #[test]
    fn every_function_is_in_the_library() {
        let functions = [
            actionclip_version as *const (),
            actionclip_abi_version as *const (),
            actionclip_constant as *const (),
            actionclip_status_name as *const (),
            actionclip_last_error as *const (),
            actionclip_cancel_token_create as *const (),
            actionclip_cancel_token_free as *const (),
            actionclip_cancel as *const (),
            actionclip_cancel_token_is_cancelled as *const (),
            actionclip_cancel_token_reset as *const (),
            actionclip_thread_use_cancel_token as *const (),
            actionclip_model_options_init_sized as *const (),
            actionclip_model_load as *const (),
            actionclip_model_load_buffer as *const (),
            actionclip_file_describe as *const (),
            actionclip_file_sha256 as *const (),
            actionclip_model_free as *const (),
            actionclip_model_get_info as *const (),
            actionclip_file_get_info as *const (),
            actionclip_model_family as *const (),
            actionclip_model_assumption as *const (),
            actionclip_model_label_count as *const (),
            actionclip_model_label as *const (),
            actionclip_model_template_count as *const (),
            actionclip_model_template as *const (),
            actionclip_model_template_weight as *const (),
            actionclip_model_note as *const (),
            actionclip_model_note_count as *const (),
            actionclip_model_note_key as *const (),
            actionclip_model_label_note as *const (),
            actionclip_model_sha256 as *const (),
            actionclip_save_options_init_sized as *const (),
            actionclip_model_save as *const (),
            actionclip_preprocess_options_init_sized as *const (),
            actionclip_model_preprocess_options as *const (),
            actionclip_encode_frames as *const (),
            actionclip_encode_pixels as *const (),
            actionclip_encode_single_frames as *const (),
            actionclip_encode_single_pixels as *const (),
            actionclip_join_frames as *const (),
            actionclip_frame_init_sized as *const (),
            actionclip_pixel_format_from_name as *const (),
            actionclip_encode_camera_frames as *const (),
            actionclip_encode_single_camera_frames as *const (),
            actionclip_ffmpeg_version as *const (),
            actionclip_video_options_init_sized as *const (),
            actionclip_video_open as *const (),
            actionclip_video_open_buffer as *const (),
            actionclip_video_free as *const (),
            actionclip_video_get_info as *const (),
            actionclip_video_get_outline as *const (),
            actionclip_video_read_frames as *const (),
            actionclip_video_frames_between as *const (),
            actionclip_encode_video as *const (),
            actionclip_encode_video_between as *const (),
            actionclip_sample_indices as *const (),
            actionclip_sample_indices_by as *const (),
            actionclip_model_sampling as *const (),
            actionclip_stream_options_init_sized as *const (),
            actionclip_stream_create as *const (),
            actionclip_stream_free as *const (),
            actionclip_stream_push as *const (),
            actionclip_stream_step as *const (),
            actionclip_stream_wait as *const (),
            actionclip_stream_next as *const (),
            actionclip_stream_finish as *const (),
            actionclip_stream_reset as *const (),
            actionclip_stream_cancel as *const (),
            actionclip_stream_get_stats as *const (),
            actionclip_stream_get_info as *const (),
            actionclip_encode_prompts as *const (),
            actionclip_encode_labels as *const (),
            actionclip_encode_descriptions as *const (),
            actionclip_template_count as *const (),
            actionclip_template as *const (),
            actionclip_encode_tokens as *const (),
            actionclip_tokenize as *const (),
            actionclip_similarity as *const (),
            actionclip_model_similarity as *const (),
            actionclip_probabilities as *const (),
            actionclip_probabilities_weighted as *const (),
            actionclip_model_probabilities as *const (),
            actionclip_classifier_create as *const (),
            actionclip_classifier_create_weighted as *const (),
            actionclip_classifier_create_described as *const (),
            actionclip_classifier_free as *const (),
            actionclip_classifier_set_labels as *const (),
            actionclip_classifier_label_count as *const (),
            actionclip_classifier_score as *const (),
            actionclip_classifier_label_list as *const (),
            actionclip_label_list_free as *const (),
            actionclip_label_list_count as *const (),
            actionclip_label_list_generation as *const (),
            actionclip_label_list_label as *const (),
            actionclip_label_list_score as *const (),
            actionclip_label_list_directions as *const (),
            actionclip_classifier_add_examples as *const (),
            actionclip_classifier_add_video as *const (),
            actionclip_classifier_add_frames as *const (),
            actionclip_classifier_add_camera_frames as *const (),
            actionclip_classifier_remove_examples as *const (),
            actionclip_classifier_clear_examples as *const (),
            actionclip_classifier_example_count as *const (),
            actionclip_classifier_example as *const (),
            actionclip_fit_options_init_sized as *const (),
            actionclip_classifier_fit as *const (),
            actionclip_classifier_unfit as *const (),
            actionclip_label_list_decide as *const (),
            actionclip_label_list_reject_threshold as *const (),
            actionclip_label_list_score_independent as *const (),
            actionclip_label_list_threshold as *const (),
            actionclip_classifier_report as *const (),
            actionclip_report_free as *const (),
            actionclip_report_get_info as *const (),
            actionclip_report_trial as *const (),
            actionclip_report_label as *const (),
            actionclip_report_clip as *const (),
            actionclip_report_confusion as *const (),
            actionclip_report_label_text as *const (),
            actionclip_report_reason as *const (),
            actionclip_report_text as *const (),
            actionclip_classifier_save as *const (),
            actionclip_classifier_load as *const (),
            actionclip_prompts_fit as *const (),
            actionclip_prompts_fit_unlabelled as *const (),
            actionclip_pool_template_count as *const (),
            actionclip_pool_template as *const (),
            actionclip_tuner_options_init_sized as *const (),
            actionclip_tuner_create as *const (),
            actionclip_tuner_free as *const (),
            actionclip_tuner_add_text as *const (),
            actionclip_tuner_add_video as *const (),
            actionclip_tuner_add_video_file as *const (),
            actionclip_tuner_add_frames as *const (),
            actionclip_tuner_add_camera_frames as *const (),
            actionclip_tuner_add_pixels as *const (),
            actionclip_tuner_get_info as *const (),
            actionclip_tuner_step as *const (),
            actionclip_tuner_run as *const (),
            actionclip_tuner_cancel as *const (),
            actionclip_tuner_eval as *const (),
            actionclip_tuner_save as *const (),
            actionclip_tuner_load as *const (),
            actionclip_tuner_model as *const (),
            actionclip_models_interpolate as *const (),
            actionclip_tracker_options_init_sized as *const (),
            actionclip_tracker_create as *const (),
            actionclip_tracker_push as *const (),
            actionclip_tracker_next as *const (),
            actionclip_tracker_finish as *const (),
            actionclip_tracker_reset as *const (),
            actionclip_tracker_free as *const (),
            actionclip_segment_options_init_sized as *const (),
            actionclip_find_segments as *const (),
            actionclip_suggest_thresholds as *const (),
            actionclip_index_options_init_sized as *const (),
            actionclip_index_open as *const (),
            actionclip_index_free as *const (),
            actionclip_index_get_info as *const (),
            actionclip_index_manifest as *const (),
            actionclip_query_options_init_sized as *const (),
            actionclip_index_query as *const (),
            actionclip_index_row as *const (),
            actionclip_tokenizer_load as *const (),
            actionclip_tokenizer_free as *const (),
            actionclip_tokenizer_encode as *const (),
            actionclip_preprocess_crop as *const (),
            actionclip_preprocess_pixels as *const (),
            actionclip_preprocess_crop_camera_frame as *const (),
            actionclip_preprocess_pixels_camera_frame as *const (),
        ];
        assert!(functions.iter().all(|f| !f.is_null()));
    }
}
