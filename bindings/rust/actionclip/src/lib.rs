//! Recognises actions in video by matching it against words, with libactionclip.
//!
//! ```no_run
//! use actionclip::{Classifier, Model, Video, SCALE};
//!
//! fn main() -> actionclip::Result<()> {
//!     let model = Model::options().threads(2).load("openai/clip-vit-base-patch16")?;
//!     let classifier = Classifier::new(&model, &["ice skating", "playing cello"])?;
//!     let video = model.encode_video(&mut Video::open("skating.mp4")?, None)?;
//!     let labels = classifier.label_list()?;
//!     for best in labels.ranked(labels.score(&video, SCALE)?.values()) {
//!         println!("{:6.2} %  {}", best.probability * 100.0, best.label);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A [`Model`], a [`Classifier`], a [`LabelList`], an [`Index`], a [`Report`], a [`Stream`] and a [`Tokenizer`] may be
//! shared among threads. A [`Video`] or a [`Tuner`] may move to another thread, and is used by one at a time:
//!
//! ```compile_fail,E0277
//! fn shared<T: Sync>() {}
//! shared::<actionclip::Video<'static>>();
//! ```
//!
//! A video that was opened from bytes borrows them:
//!
//! ```compile_fail,E0505
//! let bytes = std::fs::read("skating.mp4").unwrap();
//! let mut video = actionclip::Video::open_bytes(&bytes).unwrap();
//! drop(bytes);
//! video.outline().unwrap();
//! ```
//!
//! Texts that belong to a model go with it:
//!
//! ```compile_fail,E0505
//! let model = actionclip::Model::load_default().unwrap();
//! let labels = model.labels().unwrap();
//! drop(model);
//! println!("{labels:?}");
//! ```
//!
//! An image borrows its pixels:
//!
//! ```compile_fail,E0506
//! let mut pixels = vec![0u8; 12];
//! let image = actionclip::Image::new(&pixels, 2, 2, actionclip::PixelFormat::Rgb).unwrap();
//! pixels[0] = 1;
//! println!("{image:?}");
//! ```

#![warn(missing_docs)]

mod cancel;
mod choices;
mod classifier;
mod encode_frames;
mod encode_text;
mod error;
mod events;
mod frame;
mod handle;
mod image;
mod index;
mod label_list;
mod matrix;
mod model;
mod model_options;
mod report;
mod similarity;
mod stream;
mod templates;
mod text;
mod tokenizer;
mod tuner;
mod tuner_options;
mod video;
mod windows;

pub use actionclip_sys as sys;
pub use cancel::CancelToken;
pub use choices::{
    Activation, Augment, ColorMatrix, ColorRange, ComputeType, Crop, Decode, EventKind, FitMethod, Flip, FormatNames,
    FrameFormat, Head, Instructions, Loss, Mirror, NumberType, Overflow, PixelFormat, Purpose, Pushed, Recipe, Resize,
    SegmentMethod, Storage, StreamMode, Switch, TemporalShift, TooLong, TrackMode, WaitFor, WarmUp,
};
pub use classifier::{Classifier, ClassifierOptions, Example, FitOptions};
pub use encode_text::Description;
pub use error::{Error, Result, Status};
pub use events::{
    find_segments, suggest_thresholds, Event, ScoredWindows, Segment, SegmentOptions, Thresholds, Tracker,
    TrackerOptions,
};
pub use frame::Frame;
pub use image::{Image, PreprocessOptions};
pub use index::{Index, IndexInfo, IndexOptions, Moment, QueryOptions};
pub use label_list::{Decision, LabelList, Ranked, SCALE};
pub use matrix::Matrix;
pub use model::{describe_file, file_sha256, Model, ModelInfo};
pub use model_options::{ModelOptions, SaveOptions};
pub use report::{ClipReport, ConfusionReport, LabelReport, Report, ReportInfo, TrialReport};
pub use similarity::{probabilities, similarity};
pub use stream::{Next, Stream, StreamInfo, StreamOptions, StreamStats, StreamWindow};
pub use templates::{
    fit_template_weights, fit_template_weights_unlabelled, pool_templates, reference_templates, PromptsReport,
};
pub use tokenizer::Tokenizer;
pub use tuner::{Tuner, TunerCanceller, TunerInfo, TunerScore, TunerStep};
pub use tuner_options::{Train, TunerOptions};
pub use video::{Frames, Video, VideoInfo, VideoOptions};
pub use windows::{Window, Windows};

/// The version of the library at run time, such as "0.1.0".
pub fn version() -> &'static str {
    unsafe { text::borrowed(sys::actionclip_version()) }.unwrap_or("")
}

/// The version of FFmpeg by which videos are decoded, such as "FFmpeg 5.1.9 (libavformat 59.27.100)". It is loaded, if
/// no call has loaded it.
pub fn ffmpeg_version() -> Result<&'static str> {
    let mut version = std::ptr::null();
    error::check(unsafe { sys::actionclip_ffmpeg_version(&mut version) })?;
    Ok(unsafe { text::borrowed(version) }.unwrap_or(""))
}

/// Refuses a library with another ABI number than these bindings.
fn check_abi() -> Result<()> {
    let (theirs, ours) = (unsafe { sys::actionclip_abi_version() }, sys::ACTIONCLIP_ABI_VERSION);
    if theirs == ours {
        return Ok(());
    }
    let message = format!("libactionclip has the ABI number {theirs}, and these bindings are for {ours}");
    Err(Error::new(Status::UNAVAILABLE, message))
}
