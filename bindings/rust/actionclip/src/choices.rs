//! Choices that C has as numbered constants.

use crate::sys;

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $value:ident,)* })*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$case_doc])* $case = sys::$value,)*
        })*
    };
}

choices! {
    /// A temporal head, which joins the frame embeddings of a video.
    Head {
        /// The one that the checkpoint shows, else the mean.
        AsCheckpoint = ACTIONCLIP_HEAD_AS_CHECKPOINT,
        /// The mean of the frames.
        MeanP = ACTIONCLIP_HEAD_MEANP,
        /// A convolution over time.
        Conv1D = ACTIONCLIP_HEAD_CONV_1D,
        /// An LSTM over time.
        Lstm = ACTIONCLIP_HEAD_LSTM,
        /// A transformer over time.
        Transf = ACTIONCLIP_HEAD_TRANSF,
        /// A transformer over time with a class token.
        TransfCls = ACTIONCLIP_HEAD_TRANSF_CLS,
        /// X-CLIP's multiframe integration transformer.
        Mit = ACTIONCLIP_HEAD_MIT,
    }
    /// The precision in which the encoders multiply matrices.
    ComputeType {
        /// The file's own, else fp32.
        Default = ACTIONCLIP_COMPUTE_DEFAULT,
        /// IEEE single precision.
        Fp32 = ACTIONCLIP_COMPUTE_FP32,
        /// Weights and activations of 8 bits of mantissa.
        Bf16 = ACTIONCLIP_COMPUTE_BF16,
        /// Weights of 127 steps and activations of 255 steps.
        Int8 = ACTIONCLIP_COMPUTE_INT8,
    }
    /// An instruction set, as a limit to those that a model computes with. It allows those before it.
    Instructions {
        /// No limit.
        Auto = ACTIONCLIP_INSTRUCTIONS_AUTO,
        /// Instructions that every processor of the architecture has: SSE2, or NEON.
        Portable = ACTIONCLIP_INSTRUCTIONS_PORTABLE,
        /// x86-64: AVX2 and FMA.
        Avx2 = ACTIONCLIP_INSTRUCTIONS_AVX2,
        /// x86-64: AVX-VNNI, for int8.
        AvxVnni = ACTIONCLIP_INSTRUCTIONS_AVX_VNNI,
        /// x86-64: AVX-512 F, VL, DQ and BW.
        Avx512 = ACTIONCLIP_INSTRUCTIONS_AVX512,
        /// x86-64: AVX512-VNNI, for int8.
        Avx512Vnni = ACTIONCLIP_INSTRUCTIONS_AVX512_VNNI,
        /// x86-64: AVX512-BF16.
        Avx512Bf16 = ACTIONCLIP_INSTRUCTIONS_AVX512_BF16,
        /// x86-64: AMX-TILE, AMX-BF16 and AMX-INT8.
        Amx = ACTIONCLIP_INSTRUCTIONS_AMX,
        /// aarch64: dot products, for int8.
        NeonDot = ACTIONCLIP_INSTRUCTIONS_NEON_DOT,
        /// aarch64: products of int8.
        NeonI8mm = ACTIONCLIP_INSTRUCTIONS_NEON_I8MM,
        /// aarch64: products of bf16.
        NeonBf16 = ACTIONCLIP_INSTRUCTIONS_NEON_BF16,
    }
    /// The activation function of the encoders' MLPs, which weights do not state.
    Activation {
        /// The file's own, else QuickGELU.
        AsCheckpoint = ACTIONCLIP_ACTIVATION_AS_CHECKPOINT,
        /// x sigmoid(1.702 x), as OpenAI's models have it.
        QuickGelu = ACTIONCLIP_ACTIVATION_QUICK_GELU,
        /// GELU with the exact error function, as most of open_clip's models have it.
        Gelu = ACTIONCLIP_ACTIVATION_GELU,
        /// GELU by tanh, as SigLIP has it.
        TanhGelu = ACTIONCLIP_ACTIVATION_TANH_GELU,
    }
    /// An option that is on, off, or as the checkpoint says.
    Switch {
        /// As the checkpoint says.
        AsCheckpoint = ACTIONCLIP_AS_CHECKPOINT,
        /// On.
        On = ACTIONCLIP_ON,
        /// Off.
        Off = ACTIONCLIP_OFF,
    }
    /// The temporal shift of channels between neighbouring frames.
    TemporalShift {
        /// As the checkpoint says.
        AsCheckpoint = ACTIONCLIP_AS_CHECKPOINT,
        /// From the frame before and the frame after.
        On = ACTIONCLIP_ON,
        /// None.
        Off = ACTIONCLIP_OFF,
        /// From the frame before alone, which is another network.
        Causal = ACTIONCLIP_CAUSAL,
    }
    /// The planes of a camera's frame, and the order of their bytes.
    FrameFormat {
        /// Three bytes a pixel: red, green, blue.
        Rgb = ACTIONCLIP_PIXEL_RGB,
        /// Three bytes a pixel: blue, green, red.
        Bgr = ACTIONCLIP_PIXEL_BGR,
        /// Four bytes a pixel: red, green, blue, alpha.
        Rgba = ACTIONCLIP_PIXEL_RGBA,
        /// Four bytes a pixel: blue, green, red, alpha.
        Bgra = ACTIONCLIP_PIXEL_BGRA,
        /// One byte a pixel.
        Gray = ACTIONCLIP_PIXEL_GRAY,
        /// As `Rgba`; the fourth byte means nothing.
        Rgbx = ACTIONCLIP_PIXEL_RGBX,
        /// As `Bgra`; the fourth byte means nothing.
        Bgrx = ACTIONCLIP_PIXEL_BGRX,
        /// 16 bits a pixel in the processor's byte order; the upper byte counts.
        Gray16 = ACTIONCLIP_PIXEL_GRAY16,
        /// Two planes: Y; U and V in turn, for 2 x 2 pixels.
        Nv12 = ACTIONCLIP_PIXEL_NV12,
        /// Two planes: Y; V and U in turn, for 2 x 2 pixels.
        Nv21 = ACTIONCLIP_PIXEL_NV21,
        /// Three planes: Y, U, V, the last two for 2 x 2 pixels.
        I420 = ACTIONCLIP_PIXEL_I420,
        /// Three planes: Y, V, U, the last two for 2 x 2 pixels.
        Yv12 = ACTIONCLIP_PIXEL_YV12,
        /// Two planes: Y; U and V in turn, for every pixel.
        Nv24 = ACTIONCLIP_PIXEL_NV24,
        /// One plane: Y U Y V for two pixels.
        Yuyv = ACTIONCLIP_PIXEL_YUYV,
        /// One plane: U Y V Y for two pixels.
        Uyvy = ACTIONCLIP_PIXEL_UYVY,
    }
    /// The matrix by which Y, U and V are turned into RGB.
    ColorMatrix {
        /// BT.601 for frames of at most 576 stored rows, else BT.709.
        Auto = ACTIONCLIP_MATRIX_AUTO,
        /// BT.601.
        Bt601 = ACTIONCLIP_MATRIX_BT601,
        /// BT.709.
        Bt709 = ACTIONCLIP_MATRIX_BT709,
        /// BT.2020 with non-constant luminance.
        Bt2020 = ACTIONCLIP_MATRIX_BT2020,
    }
    /// The numbers of Y that stand for black and white.
    ColorRange {
        /// `Limited`.
        Auto = ACTIONCLIP_RANGE_AUTO,
        /// 16 and 235.
        Limited = ACTIONCLIP_RANGE_LIMITED,
        /// 0 and 255, as pictures decoded from JPEG have.
        Full = ACTIONCLIP_RANGE_FULL,
    }
    /// A mirroring of a frame, after it was turned.
    Flip {
        /// None.
        None = ACTIONCLIP_FLIP_NONE,
        /// Left and right are exchanged.
        Horizontal = ACTIONCLIP_FLIP_HORIZONTAL,
        /// Top and bottom are exchanged.
        Vertical = ACTIONCLIP_FLIP_VERTICAL,
    }
    /// Programs whose names of formats are known.
    FormatNames {
        /// Any of them.
        Any = ACTIONCLIP_NAMES_ANY,
        /// The encoding of ROS's sensor_msgs/Image.
        Ros = ACTIONCLIP_NAMES_ROS,
        /// The four characters of V4L2.
        V4l2 = ACTIONCLIP_NAMES_V4L2,
        /// The four characters of DRM, or libcamera's names.
        Drm = ACTIONCLIP_NAMES_DRM,
        /// The format of GStreamer's video/x-raw.
        GStreamer = ACTIONCLIP_NAMES_GSTREAMER,
        /// FFmpeg's pix_fmt.
        Ffmpeg = ACTIONCLIP_NAMES_FFMPEG,
    }
    /// The order of the bytes of a pixel.
    PixelFormat {
        /// Three bytes: red, green, blue.
        Rgb = ACTIONCLIP_PIXEL_RGB,
        /// Three bytes: blue, green, red.
        Bgr = ACTIONCLIP_PIXEL_BGR,
        /// Four bytes: red, green, blue, alpha.
        Rgba = ACTIONCLIP_PIXEL_RGBA,
        /// Four bytes: blue, green, red, alpha.
        Bgra = ACTIONCLIP_PIXEL_BGRA,
        /// One byte.
        Gray = ACTIONCLIP_PIXEL_GRAY,
    }
    /// A way to resize an image.
    Resize {
        /// Bicubic; the short side becomes S*256/224 (the reference).
        ActionClip = ACTIONCLIP_RESIZE_ACTIONCLIP,
        /// Bicubic; the short side becomes S (CLIP's own).
        Clip = ACTIONCLIP_RESIZE_CLIP,
        /// Bilinear, with the sizes and crops of mmaction2.
        Mmaction2 = ACTIONCLIP_RESIZE_MMACTION2,
        /// Bicubic, with the margins of Hugging Face's transformers.
        HuggingFace = ACTIONCLIP_RESIZE_HUGGING_FACE,
        /// Bicubic; the whole picture becomes S by S (SigLIP).
        Square = ACTIONCLIP_RESIZE_SQUARE,
        /// Bilinear; the whole picture becomes S by S (SigLIP 2).
        SquareBilinear = ACTIONCLIP_RESIZE_SQUARE_BILINEAR,
        /// Bilinear, with the margins of Hugging Face's transformers (X-CLIP).
        HuggingFaceBilinear = ACTIONCLIP_RESIZE_HUGGING_FACE_BILINEAR,
        /// Bilinear; the short side becomes S (MobileCLIP).
        ClipBilinear = ACTIONCLIP_RESIZE_CLIP_BILINEAR,
    }
    /// The part of a resized image that is taken.
    Crop {
        /// The centre.
        Center = ACTIONCLIP_CROP_CENTER,
        /// The start of the long side: left or top.
        Start = ACTIONCLIP_CROP_START,
        /// The end of the long side: right or bottom.
        End = ACTIONCLIP_CROP_END,
    }
    /// The frames of a video that are decoded.
    Decode {
        /// The wanted frames and those that they depend on.
        Needed = ACTIONCLIP_DECODE_NEEDED,
        /// Every frame from the first on.
        All = ACTIONCLIP_DECODE_ALL,
        /// In place of each wanted frame the nearest key frame: an approximation for large archives.
        KeyFrames = ACTIONCLIP_DECODE_KEY_FRAMES,
    }
    /// The fate of a text that has more tokens than the model's context holds.
    TooLong {
        /// It is an error.
        Error = ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR,
        /// It is cut.
        Truncate = ACTIONCLIP_TEXT_TRUNCATE,
    }
    /// The element type of the matrices in a saved file.
    Storage {
        /// Single precision: loaded again, the model gives the same bits.
        Fp32 = ACTIONCLIP_STORAGE_FP32,
        /// Half precision: half the size.
        Fp16 = ACTIONCLIP_STORAGE_FP16,
        /// As `ComputeType::Bf16` uses them: half the size.
        Bf16 = ACTIONCLIP_STORAGE_BF16,
        /// As `ComputeType::Int8` uses them: a little more than a quarter of the size.
        Int8 = ACTIONCLIP_STORAGE_INT8,
    }
    /// The ways in which a stream encodes the frames of a model with temporal shift.
    StreamMode {
        /// Each window anew, with the bits of its frames encoded as a video.
        Exact = ACTIONCLIP_STREAM_EXACT,
        /// Each frame once, with the causal shift: for models that were trained so.
        Causal = ACTIONCLIP_STREAM_CAUSAL,
    }
    /// The windows that a stream has before its T-th frame.
    WarmUp {
        /// None.
        Wait = ACTIONCLIP_WARMUP_WAIT,
        /// Windows from the first frame on; the missing frames before it are copies of it.
        RepeatFirst = ACTIONCLIP_WARMUP_REPEAT_FIRST,
        /// Windows from the first frame on; the frames that are there are spread over T places.
        Partial = ACTIONCLIP_WARMUP_PARTIAL,
    }
    /// The fate of a stream's frames when too many wait.
    Overflow {
        /// The new frame is not taken, and may be pushed again.
        Wait = ACTIONCLIP_OVERFLOW_WAIT,
        /// The oldest waiting frame is dropped.
        DropOldest = ACTIONCLIP_OVERFLOW_DROP_OLDEST,
        /// The new frame is dropped.
        DropNewest = ACTIONCLIP_OVERFLOW_DROP_NEWEST,
        /// One frame waits, and each new one replaces it.
        Latest = ACTIONCLIP_OVERFLOW_LATEST,
    }
    /// The fate of a frame that was pushed to a stream.
    Pushed {
        /// It waits for a step.
        Queued = ACTIONCLIP_PUSH_QUEUED,
        /// The sampling does not take it; its pixels were not read.
        NotDue = ACTIONCLIP_PUSH_NOT_DUE,
        /// It waits for a step, and older frames were dropped for it.
        Replaced = ACTIONCLIP_PUSH_REPLACED,
        /// It was dropped.
        Dropped = ACTIONCLIP_PUSH_DROPPED,
        /// It was not taken: step, then push it again.
        Full = ACTIONCLIP_PUSH_FULL,
    }
    /// A thing to wait for.
    WaitFor {
        /// Work for a step.
        Step = ACTIONCLIP_WAIT_STEP,
        /// A window, or the end of the stream.
        Window = ACTIONCLIP_WAIT_WINDOW,
        /// Room for a frame.
        Room = ACTIONCLIP_WAIT_ROOM,
    }
    /// A way to learn from examples.
    FitMethod {
        /// The best of the others, by clips that are left out.
        Auto = ACTIONCLIP_FIT_AUTO,
        /// The words alone, as without examples.
        Words = ACTIONCLIP_FIT_WORDS,
        /// Words mixed with the mean of each label's clips.
        Prototypes = ACTIONCLIP_FIT_PROTOTYPES,
        /// Words mixed with ridge regression.
        Ridge = ACTIONCLIP_FIT_RIDGE,
        /// Softmax regression held to the words.
        Softmax = ACTIONCLIP_FIT_SOFTMAX,
    }
    /// A preset of training.
    Recipe {
        /// The paper's training made safe: decay on matrices alone, limits, and models half-way between base and tuned.
        Anchored = ACTIONCLIP_RECIPE_ANCHORED,
        /// The released trainer's.
        Reference = ACTIONCLIP_RECIPE_REFERENCE,
    }
    /// A loss of a batch of clips and texts.
    Loss {
        /// The mean of two KL divergences, of videos to texts and back, where clips that share a label match.
        MultiPositive = ACTIONCLIP_LOSS_MULTI_POSITIVE,
        /// Cross-entropy of each clip over all labels.
        CrossEntropy = ACTIONCLIP_LOSS_CROSS_ENTROPY,
    }
    /// A way to draw the pixels of a clip anew at each step.
    Augment {
        /// They are those of test time.
        None = ACTIONCLIP_AUGMENT_NONE,
        /// Drawn places and sizes, and one clip in two mirrored.
        Flip = ACTIONCLIP_AUGMENT_FLIP,
        /// The released trainer's.
        Reference = ACTIONCLIP_AUGMENT_REFERENCE,
        /// The released trainer's for Kinetics-400.
        ReferenceK400 = ACTIONCLIP_AUGMENT_REFERENCE_K400,
    }
    /// A rule for the clips that an augmentation mirrors.
    Mirror {
        /// All but those of labels with a word such as "left".
        UnlessSided = ACTIONCLIP_MIRROR_UNLESS_SIDED,
        /// All of them.
        On = ACTIONCLIP_ON,
        /// None.
        Off = ACTIONCLIP_OFF,
    }
    /// The purpose of a tuner's clip.
    Purpose {
        /// Steps train on it.
        Trained = ACTIONCLIP_CLIP_TRAINED,
        /// It is only scored.
        HeldOut = ACTIONCLIP_CLIP_HELD_OUT,
    }
    /// Whether events of a tracker exclude each other.
    TrackMode {
        /// At most one label has an event at a time.
        Exclusive = ACTIONCLIP_TRACK_EXCLUSIVE,
        /// Each label has events of its own.
        Independent = ACTIONCLIP_TRACK_INDEPENDENT,
    }
    /// A tracker's reports of an event.
    EventKind {
        /// It has started.
        Started = ACTIONCLIP_EVENT_STARTED,
        /// It goes on.
        Updated = ACTIONCLIP_EVENT_UPDATED,
        /// It has ended.
        Ended = ACTIONCLIP_EVENT_ENDED,
    }
    /// A way to find the segments of a whole file.
    SegmentMethod {
        /// Each moment goes to the label with the largest mean over the windows that cover it.
        Mean = ACTIONCLIP_SEGMENTS_MEAN,
        /// The events of a tracker.
        Hysteresis = ACTIONCLIP_SEGMENTS_HYSTERESIS,
        /// The labels with the largest total, where each change costs.
        Viterbi = ACTIONCLIP_SEGMENTS_VITERBI,
        /// The largest total for a list of steps, which come once and in order.
        Ordered = ACTIONCLIP_SEGMENTS_ORDERED,
    }
    /// The type of an archive's numbers.
    NumberType {
        /// Single precision.
        Fp32 = ACTIONCLIP_INDEX_FP32,
        /// Half precision.
        Fp16 = ACTIONCLIP_INDEX_FP16,
    }
}

impl From<Switch> for TemporalShift {
    fn from(switch: Switch) -> Self {
        match switch {
            Switch::AsCheckpoint => Self::AsCheckpoint,
            Switch::On => Self::On,
            Switch::Off => Self::Off,
        }
    }
}
