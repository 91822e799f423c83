//! The labels of a classifier at one moment.

use crate::error::{check, count, Result};
use crate::handle::Handle;
use crate::matrix::{zeros, Matrix};
use crate::sys;
use crate::text::borrowed;

/// The scale with which the reference evaluates, and at which fitted classifiers are calibrated: `usual_scale` of all
/// models but those that score each label by itself.
pub const SCALE: f32 = 100.0;

/// The labels of a classifier at one moment, with their embeddings. A list never changes, any number of threads may use
/// it at once, and it may outlive the classifier.
pub struct LabelList {
    handle: Handle<sys::actionclip_label_list>,
    count: usize,
    video_size: usize,
}

/// A label with its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked<'a> {
    /// The label's index in its list.
    pub index: usize,
    /// The label.
    pub label: &'a str,
    /// The probability of the label, 0 to 1.
    pub probability: f32,
}

/// A decision about a video.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// The index of the best label; None if the video shows none of the labels.
    pub label: Option<usize>,
    /// The largest probability.
    pub probability: f32,
    /// The amount by which it exceeds the second largest.
    pub margin: f32,
}

// actionclip.h: a list never changes, and any number of threads may use it at once.
unsafe impl Send for LabelList {}
unsafe impl Sync for LabelList {}

impl LabelList {
    pub(crate) fn new(handle: Handle<sys::actionclip_label_list>, video_size: usize) -> Result<Self> {
        let count = count(unsafe { sys::actionclip_label_list_count(handle.get()) })?;
        Ok(LabelList { handle, count, video_size })
    }

    /// The number of labels.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether the list has no label, which no classifier's has.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The label at `index`, or None beyond the last.
    pub fn label(&self, index: usize) -> Option<&str> {
        unsafe { borrowed(sys::actionclip_label_list_label(self.get(), i32::try_from(index).ok()?)) }
    }

    /// The labels in their order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        (0..self.count).filter_map(move |index| self.label(index))
    }

    /// The number of the list: 1 for a classifier's first, one more for each later one.
    pub fn generation(&self) -> i64 {
        unsafe { sys::actionclip_label_list_generation(self.get()) }
    }

    /// Scores videos [videos, V]: probabilities [videos, labels]. A scale of 0 is `usual_scale` of the model's
    /// info, or of a fitted classifier `SCALE`.
    pub fn score(&self, videos: &Matrix, scale: f32) -> Result<Matrix> {
        self.scores(videos, |out, capacity| unsafe {
            sys::actionclip_label_list_score(self.get(), videos.as_ptr(), videos.rows(), scale, out, capacity)
        })
    }

    /// The direction of each label among embeddings, [labels, `embedding_size`], of unit length: the mean of its texts'
    /// embeddings, or of a fitted classifier what it learned. An archive is searched by them.
    pub fn directions(&self, embedding_size: usize) -> Result<Matrix> {
        let mut directions = Matrix::zeros(self.count, embedding_size)?;
        let (out, capacity) = (directions.as_mut_ptr(), directions.values().len());
        check(unsafe { sys::actionclip_label_list_directions(self.get(), out, capacity) })?;
        Ok(directions)
    }

    /// Scores videos that may show several labels or none: independent probabilities [videos, labels]. It needs a fit.
    pub fn score_independent(&self, videos: &Matrix) -> Result<Matrix> {
        self.scores(videos, |out, capacity| unsafe {
            sys::actionclip_label_list_score_independent(self.get(), videos.as_ptr(), videos.rows(), out, capacity)
        })
    }

    /// The labels with a row of probabilities, the most probable first.
    pub fn ranked(&self, probabilities: &[f32]) -> Vec<Ranked<'_>> {
        let mut ranked: Vec<_> = (self.labels().zip(probabilities).enumerate())
            .map(|(index, (label, &probability))| Ranked { index, label, probability })
            .collect();
        ranked.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        ranked
    }

    /// Decides about videos [videos, E] which label each shows, if any.
    pub fn decide(&self, videos: &Matrix) -> Result<Vec<Decision>> {
        videos.check_columns(self.video_size)?;
        let rows = videos.rows();
        let (mut labels, mut best) = (zeros::<i32>(rows, 1)?, zeros::<f32>(rows, 1)?);
        let mut margins = zeros::<f32>(rows, 1)?;
        check(unsafe {
            sys::actionclip_label_list_decide(
                self.get(),
                videos.as_ptr(),
                rows,
                labels.as_mut_ptr(),
                rows,
                best.as_mut_ptr(),
                margins.as_mut_ptr(),
            )
        })?;
        let decision = |index: usize| Decision {
            label: usize::try_from(labels[index]).ok(),
            probability: best[index],
            margin: margins[index],
        };
        Ok((0..rows).map(decision).collect())
    }

    /// The probability below which `decide` says that a video shows no label; 0 without a fit.
    pub fn reject_threshold(&self) -> f64 {
        unsafe { sys::actionclip_label_list_reject_threshold(self.get()) }
    }

    /// The independent probability from which on a video shows the label at `index`; None without a fit.
    pub fn threshold(&self, index: usize) -> Option<f64> {
        let value = unsafe { sys::actionclip_label_list_threshold(self.get(), i32::try_from(index).ok()?) };
        Some(value).filter(|value| *value >= 0.0)
    }

    fn get(&self) -> *const sys::actionclip_label_list {
        self.handle.get()
    }

    fn scores(&self, videos: &Matrix, call: impl FnOnce(*mut f32, usize) -> i32) -> Result<Matrix> {
        videos.check_columns(self.video_size)?;
        let mut out = Matrix::zeros(videos.rows(), self.count)?;
        let capacity = out.len();
        check(call(out.as_mut_ptr(), capacity))?;
        Ok(out)
    }
}
