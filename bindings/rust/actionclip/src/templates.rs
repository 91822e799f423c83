//! Templates that labels are put into, and their weights.

use std::os::raw::c_char;
use std::ptr;

use crate::error::{check, count, Error, Result, Status};
use crate::matrix::{zeros, Matrix};
use crate::similarity::template_count;
use crate::sys;
use crate::text::borrowed;

/// The result of `fit_template_weights`.
pub type PromptsReport = sys::actionclip_prompts_report;

/// The reference's 16 templates.
pub fn reference_templates() -> Result<Vec<&'static str>> {
    list(sys::actionclip_template_count, sys::actionclip_template)
}

/// The templates of the built-in pool, from which `fit_template_weights` may choose.
pub fn pool_templates() -> Result<Vec<&'static str>> {
    list(sys::actionclip_pool_template_count, sys::actionclip_pool_template)
}

/// Chooses weights for templates by labelled videos: `labels` has the index of each video's label, `clip_ids` the same
/// number for views of one clip. `texts` is as `Model::encode_labels` gives it. `strength` is the prior's, a share of
/// the videos; None: chosen by clips that are left out.
pub fn fit_template_weights(
    videos: &Matrix,
    labels: &[i32],
    clip_ids: Option<&[i64]>,
    texts: &Matrix,
    label_count: usize,
    scale: f32,
    strength: Option<f64>,
) -> Result<(Vec<f32>, PromptsReport)> {
    let templates = template_count(videos, texts, label_count)?;
    if labels.len() != videos.rows() || clip_ids.map_or(false, |ids| ids.len() != videos.rows()) {
        let message = format!("{} videos need a label and a clip id each", videos.rows());
        return Err(Error::new(Status::INVALID_ARGUMENT, message));
    }
    let mut weights = zeros(templates, 1)?;
    let mut report = PromptsReport::default();
    check(unsafe {
        sys::actionclip_prompts_fit(
            videos.as_ptr(),
            videos.rows(),
            labels.as_ptr(),
            clip_ids.map_or(ptr::null(), <[i64]>::as_ptr),
            texts.as_ptr(),
            templates,
            label_count,
            videos.columns(),
            scale,
            strength.unwrap_or(-1.0),
            weights.as_mut_ptr(),
            weights.len(),
            &mut report,
        )
    })?;
    Ok((weights, report))
}

/// Chooses weights for templates by videos without labels.
pub fn fit_template_weights_unlabelled(
    videos: &Matrix,
    texts: &Matrix,
    label_count: usize,
    scale: f32,
) -> Result<Vec<f32>> {
    let templates = template_count(videos, texts, label_count)?;
    let mut weights = zeros(templates, 1)?;
    check(unsafe {
        sys::actionclip_prompts_fit_unlabelled(
            videos.as_ptr(),
            videos.rows(),
            texts.as_ptr(),
            templates,
            label_count,
            videos.columns(),
            scale,
            weights.as_mut_ptr(),
            weights.len(),
        )
    })?;
    Ok(weights)
}

fn list(
    size: unsafe extern "C" fn() -> i32,
    at: unsafe extern "C" fn(i32) -> *const c_char,
) -> Result<Vec<&'static str>> {
    let count = count(unsafe { size() })? as i32;
    Ok((0..count).filter_map(|index| unsafe { borrowed(at(index)) }).collect())
}
