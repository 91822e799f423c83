//! Tuners: a copy of a model is trained on clips, step by step.

use std::any::Any;
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Weak};

use crate::choices::Purpose;
use crate::error::{check, Error, Result, Status};
use crate::frame::{frame_pointer, Frame};
use crate::handle::Handle;
use crate::image::{pointer, raw, Image, PreprocessOptions};
use crate::model::Model;
use crate::sys;
use crate::text::{c_path, c_string};
use crate::tuner_options::TunerOptions;
use crate::video::{Video, VideoOptions};

/// Trains a copy of a model on clips, and makes new models of it. Clips and texts are added first; the labels of a clip
/// are indices of the tuner's labels. One thread at a time may use it. It may outlive its model.
pub struct Tuner {
    handle: Arc<Handle<sys::actionclip_tuner>>,
    /// Numbers of one frame of pixels.
    frame_size: usize,
}

/// Ends the steps of a `Tuner` from any thread. It does not keep the tuner alive.
#[derive(Clone)]
pub struct TunerCanceller(Weak<Handle<sys::actionclip_tuner>>);

/// The sizes of a tuner, its memory among them.
pub type TunerInfo = sys::actionclip_tuner_info;

/// The result of a step.
pub type TunerStep = sys::actionclip_tuner_result;

/// The result of an evaluation.
pub type TunerScore = sys::actionclip_tuner_score;

// actionclip.h: a tuner is for one thread at a time, except for cancelling, which any thread may do.
unsafe impl Send for Tuner {}
unsafe impl Send for TunerCanceller {}
unsafe impl Sync for TunerCanceller {}

impl Tuner {
    /// Begins with the defaults of making a tuner.
    pub fn options() -> TunerOptions {
        TunerOptions::default()
    }

    pub(crate) fn new(handle: Handle<sys::actionclip_tuner>, model: &Model) -> Self {
        let side = model.info().image_size as usize;
        #[allow(clippy::arc_with_non_send_sync)] // The types that share the handle say what threads may do.
        let handle = Arc::new(handle);
        Tuner { handle, frame_size: 3 * side * side }
    }

    /// Adds a whole text of a label, such as a description, beside those that the templates give.
    pub fn add_text(&mut self, label: i32, text: &str) -> Result<()> {
        let text = c_string(text)?;
        check(unsafe { sys::actionclip_tuner_add_text(self.get(), label, text.as_ptr()) })
    }

    /// Adds the part of a video from `start` to `end` in seconds as a clip, with 1 to 100 views.
    pub fn add_video(
        &mut self,
        labels: &[i32],
        video: &mut Video<'_>,
        (start, end): (f64, f64),
        views: i32,
        options: Option<&PreprocessOptions>,
        purpose: Purpose,
    ) -> Result<()> {
        check(unsafe {
            sys::actionclip_tuner_add_video(
                self.get(),
                labels.as_ptr(),
                labels.len(),
                video.get(),
                start,
                end,
                views,
                raw(options),
                purpose as i32,
            )
        })
    }

    /// Adds the part of a video file from `start` to `end` in seconds as a clip, which is decoded at each draw.
    pub fn add_video_file(
        &mut self,
        labels: &[i32],
        path: impl AsRef<Path>,
        (start, end): (f64, f64),
        options: Option<&PreprocessOptions>,
        video_options: &VideoOptions,
        purpose: Purpose,
    ) -> Result<()> {
        let path = c_path(path.as_ref())?;
        check(unsafe {
            sys::actionclip_tuner_add_video_file(
                self.get(),
                labels.as_ptr(),
                labels.len(),
                path.as_ptr(),
                start,
                end,
                raw(options),
                &video_options.0,
                purpose as i32,
            )
        })
    }

    /// Adds frames in memory, T for each view, as a clip.
    pub fn add_frames(
        &mut self,
        labels: &[i32],
        frames: &[Image<'_>],
        options: Option<&PreprocessOptions>,
        purpose: Purpose,
    ) -> Result<()> {
        let (first, count) = (pointer(frames), frames.len());
        check(unsafe {
            let (names, of) = (labels.as_ptr(), labels.len());
            sys::actionclip_tuner_add_frames(self.get(), names, of, first, count, raw(options), purpose as i32)
        })
    }

    /// Adds camera frames, T for each view, as a clip.
    pub fn add_camera_frames(
        &mut self,
        labels: &[i32],
        frames: &[Frame<'_>],
        options: Option<&PreprocessOptions>,
        purpose: Purpose,
    ) -> Result<()> {
        let (first, count) = (frame_pointer(frames), frames.len());
        check(unsafe {
            let (names, of) = (labels.as_ptr(), labels.len());
            sys::actionclip_tuner_add_camera_frames(self.get(), names, of, first, count, raw(options), purpose as i32)
        })
    }

    /// Adds pixels already resized, cropped and normalised, [views * T, 3, S, S] in the order R, G, B, as a clip.
    pub fn add_pixels(&mut self, labels: &[i32], pixels: &[f32], purpose: Purpose) -> Result<()> {
        if pixels.len() % self.frame_size != 0 {
            let message = format!("{} values are no frames of {}", pixels.len(), self.frame_size);
            return Err(Error::new(Status::INVALID_ARGUMENT, message));
        }
        let frames = pixels.len() / self.frame_size;
        check(unsafe {
            let (names, of) = (labels.as_ptr(), labels.len());
            let (first, count) = (pixels.as_ptr(), pixels.len());
            sys::actionclip_tuner_add_pixels(self.get(), names, of, first, count, frames, purpose as i32)
        })
    }

    /// The tuner's sizes. The first use makes the copy that is trained, unless its memory is above `max_memory`.
    pub fn info(&mut self) -> Result<TunerInfo> {
        let mut info = TunerInfo::default();
        check(unsafe { sys::actionclip_tuner_get_info(self.get(), &mut info) })?;
        Ok(info)
    }

    /// Does one step.
    pub fn step(&mut self) -> Result<TunerStep> {
        let mut step = TunerStep::default();
        check(unsafe { sys::actionclip_tuner_step(self.get(), &mut step) })?;
        Ok(step)
    }

    /// Does `steps` steps, or with 0 all that are left, and returns the last one's result; None if none was left.
    /// `progress` gets each step's result, and breaks to end the run. Its panic ends the run after that step and goes
    /// on from here.
    pub fn run(
        &mut self,
        steps: i64,
        progress: impl FnMut(&TunerStep) -> ControlFlow<()>,
    ) -> Result<Option<TunerStep>> {
        let mut last = TunerStep::default();
        let mut watched = watch(progress);
        let status = unsafe {
            let user: *mut c_void = (&mut watched as *mut Watched<_>).cast();
            sys::actionclip_tuner_run(self.get(), steps, watched.called, user, &mut last)
        };
        if let Some(panic) = watched.panic {
            resume_unwind(panic);
        }
        check(status)?;
        Ok(Some(last).filter(|last| last.step > 0))
    }

    /// A way to end steps from other threads.
    pub fn canceller(&self) -> TunerCanceller {
        TunerCanceller(Arc::downgrade(&self.handle))
    }

    /// Scores the clips of a purpose with the model that `model(share)` would make.
    pub fn eval(&mut self, purpose: Purpose, share: Option<f64>) -> Result<TunerScore> {
        let mut score = TunerScore::default();
        check(unsafe { sys::actionclip_tuner_eval(self.get(), purpose as i32, raw_share(share), &mut score) })?;
        Ok(score)
    }

    /// Writes the whole state as one file; clips are not in it.
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = c_path(path.as_ref())?;
        check(unsafe { sys::actionclip_tuner_save(self.get(), path.as_ptr()) })
    }

    /// Goes on from a state that a tuner of the same model, options, labels, texts and clips saved.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = c_path(path.as_ref())?;
        check(unsafe { sys::actionclip_tuner_load(self.get(), path.as_ptr()) })
    }

    /// Makes a model of (1 - share) times the weights before training and share times the tuned ones; None: the
    /// recipe's share.
    pub fn model(&mut self, share: Option<f64>) -> Result<Model> {
        Model::new(Handle::made(|out| unsafe { sys::actionclip_tuner_model(self.get(), raw_share(share), out) })?)
    }

    fn get(&self) -> *mut sys::actionclip_tuner {
        self.handle.get()
    }
}

impl TunerCanceller {
    /// Ends the present step or run, else the next one, with `Status::CANCELLED`. Without the tuner it does nothing.
    pub fn cancel(&self) -> Result<()> {
        let handle = self.0.upgrade();
        handle.map_or(Ok(()), |handle| check(unsafe { sys::actionclip_tuner_cancel(handle.get()) }))
    }
}

impl Model {
    /// Makes a model of (1 - share) times this one's weights and share times those of another one of the same network.
    /// It has all else of this one.
    pub fn interpolate(&self, other: &Model, share: f64) -> Result<Model> {
        let (first, second) = (self.get(), other.get());
        Model::new(Handle::made(|out| unsafe { sys::actionclip_models_interpolate(first, second, share, out) })?)
    }
}

/// A share as C has it: NaN stands for the recipe's.
fn raw_share(share: Option<f64>) -> f64 {
    share.unwrap_or(f64::NAN)
}

/// A caller's closure, and its panic: none may pass through the library.
struct Watched<F> {
    progress: F,
    panic: Option<Box<dyn Any + Send>>,
    called: sys::actionclip_tuner_progress,
}

fn watch<F: FnMut(&TunerStep) -> ControlFlow<()>>(progress: F) -> Watched<F> {
    Watched { progress, panic: None, called: Some(called::<F>) }
}

/// # Safety
/// `user` is a `Watched<F>`, and `step` a step's result.
unsafe extern "C" fn called<F: FnMut(&TunerStep) -> ControlFlow<()>>(user: *mut c_void, step: *const TunerStep) -> i32 {
    let watched = &mut *user.cast::<Watched<F>>();
    match catch_unwind(AssertUnwindSafe(|| (watched.progress)(&*step))) {
        Ok(ControlFlow::Continue(())) => 0,
        Ok(ControlFlow::Break(())) => 1,
        Err(panic) => {
            watched.panic = Some(panic);
            1
        }
    }
}
