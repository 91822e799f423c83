//! Comparing embeddings without a classifier.

use std::ptr;

use crate::error::{check, Error, Result, Status};
use crate::matrix::Matrix;
use crate::model::Model;
use crate::sys;

impl Model {
    /// Compares videos [videos, V], as encoding methods give them, with texts [texts, E]: scale times the cosine
    /// similarity, [videos, texts]. In an X-CLIP each video moves the texts.
    pub fn similarity(&self, videos: &Matrix, texts: &Matrix, scale: f32) -> Result<Matrix> {
        videos.check_columns(self.video_size())?;
        texts.check_columns(self.embedding_size())?;
        let mut out = Matrix::zeros(videos.rows(), texts.rows())?;
        check(unsafe {
            sys::actionclip_model_similarity(
                self.get(),
                videos.as_ptr(),
                videos.rows(),
                texts.as_ptr(),
                texts.rows(),
                scale,
                out.as_mut_ptr(),
                out.len(),
            )
        })?;
        Ok(out)
    }

    /// Scores videos [videos, V], as encoding methods give them, by the model's rule: [videos, labels]. `texts` is as
    /// `encode_labels` gives it, and `weights` are those of templates. A scale of 0 is
    /// `usual_scale` of the model's info.
    pub fn probabilities(
        &self,
        videos: &Matrix,
        texts: &Matrix,
        labels: usize,
        weights: Option<&[f32]>,
        scale: f32,
    ) -> Result<Matrix> {
        videos.check_columns(self.video_size())?;
        texts.check_columns(self.embedding_size())?;
        score(videos, texts, labels, weights, |templates, weights, out| unsafe {
            sys::actionclip_model_probabilities(
                self.get(),
                videos.as_ptr(),
                videos.rows(),
                texts.as_ptr(),
                weights,
                templates,
                labels,
                scale,
                out.as_mut_ptr(),
                out.len(),
            )
        })
    }
}

/// Compares videos [videos, E] with texts [texts, E]: scale times the cosine similarity, [videos, texts].
pub fn similarity(videos: &Matrix, texts: &Matrix, scale: f32) -> Result<Matrix> {
    texts.check_columns(videos.columns())?;
    let mut out = Matrix::zeros(videos.rows(), texts.rows())?;
    check(unsafe {
        sys::actionclip_similarity(
            videos.as_ptr(),
            videos.rows(),
            texts.as_ptr(),
            texts.rows(),
            videos.columns(),
            scale,
            out.as_mut_ptr(),
            out.len(),
        )
    })?;
    Ok(out)
}

/// Scores videos [videos, E] by the reference's rule: a softmax over labels for each template, then the mean over
/// templates, by `weights` if they are given. `texts` is as `Model::encode_labels` gives it; the result is
/// [videos, labels].
pub fn probabilities(
    videos: &Matrix,
    texts: &Matrix,
    labels: usize,
    weights: Option<&[f32]>,
    scale: f32,
) -> Result<Matrix> {
    texts.check_columns(videos.columns())?;
    score(videos, texts, labels, weights, |templates, weights, out| unsafe {
        sys::actionclip_probabilities_weighted(
            videos.as_ptr(),
            videos.rows(),
            texts.as_ptr(),
            weights,
            templates,
            labels,
            videos.columns(),
            scale,
            out.as_mut_ptr(),
            out.len(),
        )
    })
}

/// Calls `scored` with the number of templates, their weights (null: equal ones) and a matrix [videos, labels], which
/// is the result.
fn score(
    videos: &Matrix,
    texts: &Matrix,
    labels: usize,
    weights: Option<&[f32]>,
    scored: impl FnOnce(usize, *const f32, &mut Matrix) -> i32,
) -> Result<Matrix> {
    let templates = templates_of(texts, labels)?;
    check_weights(weights, templates)?;
    let mut out = Matrix::zeros(videos.rows(), labels)?;
    let weights = weights.map_or(ptr::null(), <[f32]>::as_ptr);
    check(scored(templates, weights, &mut out))?;
    Ok(out)
}

/// The number of templates that texts for a number of labels are in.
pub(crate) fn template_count(videos: &Matrix, texts: &Matrix, labels: usize) -> Result<usize> {
    texts.check_columns(videos.columns())?;
    templates_of(texts, labels)
}

fn check_weights(weights: Option<&[f32]>, templates: usize) -> Result<()> {
    match weights.filter(|weights| weights.len() != templates) {
        None => Ok(()),
        Some(weights) => {
            let message = format!("{} weights for {templates} templates", weights.len());
            Err(Error::new(Status::INVALID_ARGUMENT, message))
        }
    }
}

fn templates_of(texts: &Matrix, labels: usize) -> Result<usize> {
    match texts.rows().checked_rem(labels) {
        Some(0) => Ok(texts.rows() / labels),
        _ => Err(Error::new(
            Status::INVALID_ARGUMENT,
            format!("{} texts for {labels} labels: each template has one for every label", texts.rows()),
        )),
    }
}
