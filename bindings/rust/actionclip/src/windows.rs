//! Sliding windows over a video.

use crate::error::{Error, Result, Status};
use crate::image::PreprocessOptions;
use crate::matrix::Matrix;
use crate::model::Model;
use crate::video::Video;

/// A part of a video with its embedding.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The part's start in seconds from the video's first frame.
    pub start: f64,
    /// The part's end in seconds, at most the video's.
    pub end: f64,
    /// The embedding, [1, E].
    pub embedding: Matrix,
}

/// An iterator over the windows of a video. It ends after the last window or the first error.
pub struct Windows<'w, 'a> {
    video: &'w mut Video<'a>,
    model: &'w Model,
    options: Option<PreprocessOptions>,
    length: f64,
    step: f64,
    duration: f64,
    /// The number of the next window; None after the last.
    next: Option<u64>,
}

impl<'w, 'a> Windows<'w, 'a> {
    pub(crate) fn new(video: &'w mut Video<'a>, model: &'w Model, length: f64, step: f64) -> Result<Self> {
        if !(length > 0.0 && step > 0.0) {
            let message = format!("windows need a length and a step above 0 s, not {length} and {step}");
            return Err(Error::new(Status::INVALID_ARGUMENT, message));
        }
        let duration = video.outline()?.duration;
        Ok(Windows { video, model, options: None, length, step, duration, next: Some(0) })
    }

    /// Preprocesses frames by these options in place of the model's own.
    pub fn preprocess(mut self, options: PreprocessOptions) -> Self {
        self.options = Some(options);
        self
    }
}

impl Iterator for Windows<'_, '_> {
    type Item = Result<Window>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next.take()?;
        let start = index as f64 * self.step;
        if index > 0 && start >= self.duration {
            return None;
        }
        let end = start + self.length;
        let embedding = match self.model.encode_video_between(self.video, start, end, self.options.as_ref()) {
            Ok(embedding) => embedding,
            Err(error) => return Some(Err(error)),
        };
        if end < self.duration {
            self.next = Some(index + 1);
        }
        Some(Ok(Window { start, end: end.min(self.duration), embedding }))
    }
}

impl std::iter::FusedIterator for Windows<'_, '_> {}
