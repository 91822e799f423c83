//! Labels with their embeddings, which score one video after another and learn from examples.

use std::path::Path;
use std::ptr;

use crate::choices::{FitMethod, TooLong};
use crate::encode_text::{Description, Descriptions};
use crate::error::{check, count, Error, Result, Status};
use crate::frame::{frame_pointer, Frame};
use crate::handle::Handle;
use crate::image::{pointer, raw, Image, PreprocessOptions};
use crate::label_list::LabelList;
use crate::matrix::Matrix;
use crate::model::Model;
use crate::report::Report;
use crate::sys;
use crate::text::{array, c_path, c_string, CStrings};
use crate::video::Video;

/// A classifier. Any number of threads may use it at once, even while one of them sets other labels or teaches it. It
/// may outlive its model.
pub struct Classifier {
    handle: Handle<sys::actionclip_classifier>,
    video_size: usize,
}

/// A clip that a classifier has as an example.
pub type Example = sys::actionclip_example;

// actionclip.h: any number of threads may use a classifier at once.
unsafe impl Send for Classifier {}
unsafe impl Sync for Classifier {}

/// Options of making a classifier: `Classifier::options().templates(&["a clip of {}"]).create(&model, &labels)`.
#[derive(Clone, Debug, Default)]
pub struct ClassifierOptions {
    templates: Option<Vec<String>>,
    weights: Option<Vec<f32>>,
    truncate: bool,
}

impl ClassifierOptions {
    /// Sets the templates that labels are put into, in place of the model's own.
    pub fn templates<S: AsRef<str>>(mut self, templates: &[S]) -> Self {
        self.templates = Some(templates.iter().map(|template| template.as_ref().to_owned()).collect());
        self
    }

    /// Sets the weight of each template, 0 or more.
    pub fn weights(mut self, weights: &[f32]) -> Self {
        self.weights = Some(weights.to_vec());
        self
    }

    /// Has texts cut that have more tokens than the model's context holds; by default they are an error.
    pub fn truncate(mut self) -> Self {
        self.truncate = true;
        self
    }

    /// Makes a classifier of labels.
    pub fn create<S: AsRef<str>>(&self, model: &Model, labels: &[S]) -> Result<Classifier> {
        let labels = CStrings::new(labels)?;
        let templates = self.templates.as_deref().map(CStrings::new).transpose()?;
        let (pointers, template_count) = array(&templates);
        if self.weights.as_ref().map_or(false, |weights| weights.len() != template_count) {
            return Err(Error::new(Status::INVALID_ARGUMENT, "each of the given templates needs one weight"));
        }
        let weights = self.weights.as_ref().map_or(ptr::null(), |weights| weights.as_ptr());
        Classifier::made(model, |out| unsafe {
            sys::actionclip_classifier_create_weighted(
                model.get(),
                labels.as_ptr(),
                labels.len(),
                pointers,
                weights,
                template_count,
                if self.truncate { TooLong::Truncate } else { TooLong::Error } as i32,
                out,
            )
        })
    }
}

/// Options of a fit: `FitOptions::default().method(FitMethod::Ridge)`. None needs to be set; the fit chooses numbers
/// that are not, from clips that it leaves out.
#[derive(Clone, Copy, Debug, Default)]
pub struct FitOptions(sys::actionclip_fit_options);

impl FitOptions {
    /// Sets the way to learn.
    pub fn method(mut self, method: FitMethod) -> Self {
        self.0.method = method as i32;
        self
    }

    /// Sets the factor of the words' logit of a label with examples, 0 to 1e6.
    pub fn text_weight(mut self, weight: f64) -> Self {
        self.0.text_weight = weight;
        self
    }

    /// Sets the factor of the score by clips, 0 to 1e6.
    pub fn clip_weight(mut self, weight: f64) -> Self {
        self.0.clip_weight = weight;
        self
    }

    /// Sets what is added to the logit of labels with examples, -1e6 to 1e6.
    pub fn offset(mut self, offset: f64) -> Self {
        self.0.offset = offset;
        self
    }

    /// Sets the strength of ridge regression's penalty, 1e-6 to 1e6.
    pub fn ridge(mut self, strength: f64) -> Self {
        self.0.ridge = strength;
        self
    }

    /// Sets how strongly softmax regression is held to the words, 1e-6 to 1e6.
    pub fn anchor(mut self, strength: f64) -> Self {
        self.0.anchor = strength;
        self
    }

    /// Sets the share of clips, left out, that the reject threshold accepts, 0 to 1.
    pub fn accept_rate(mut self, share: f64) -> Self {
        self.0.accept_rate = share;
        self
    }
}

impl Classifier {
    /// Begins with the defaults of making a classifier.
    pub fn options() -> ClassifierOptions {
        ClassifierOptions::default()
    }

    /// Makes a classifier of labels in the model's own templates.
    pub fn new<S: AsRef<str>>(model: &Model, labels: &[S]) -> Result<Self> {
        Classifier::options().create(model, labels)
    }

    /// Makes a classifier of labels that texts describe. Every label needs a text of a weight above 0.
    pub fn described<S: AsRef<str>>(
        model: &Model,
        labels: &[S],
        descriptions: &[Description<'_>],
        too_long: TooLong,
    ) -> Result<Self> {
        let (labels, described) = (CStrings::new(labels)?, Descriptions::new(descriptions)?);
        Classifier::made(model, |out| unsafe {
            sys::actionclip_classifier_create_described(
                model.get(),
                labels.as_ptr(),
                labels.len(),
                described.texts.as_ptr(),
                described.labels.as_ptr(),
                described.weights.as_ptr(),
                described.texts.len(),
                too_long as i32,
                out,
            )
        })
    }

    /// Loads a classifier that was saved, for the model that it was taught with.
    pub fn load(model: &Model, path: impl AsRef<Path>) -> Result<Self> {
        let path = c_path(path.as_ref())?;
        Classifier::made(model, |out| unsafe { sys::actionclip_classifier_load(model.get(), path.as_ptr(), out) })
    }

    /// Writes the classifier as one file. Without its clips the file holds sums over them instead: then it cannot be
    /// fitted again.
    pub fn save(&self, path: impl AsRef<Path>, keep_clips: bool) -> Result<()> {
        let path = c_path(path.as_ref())?;
        check(unsafe { sys::actionclip_classifier_save(self.get(), path.as_ptr(), i32::from(keep_clips)) })
    }

    /// Sets the labels, of which only new ones are encoded, and returns the generation of the new list.
    pub fn set_labels<S: AsRef<str>>(&self, labels: &[S]) -> Result<i64> {
        let labels = CStrings::new(labels)?;
        self.next_generation(|classifier, generation| unsafe {
            sys::actionclip_classifier_set_labels(classifier, labels.as_ptr(), labels.len(), generation)
        })
    }

    /// The present list of labels, which scores.
    pub fn label_list(&self) -> Result<LabelList> {
        let handle = Handle::made(|out| unsafe { sys::actionclip_classifier_label_list(self.get(), out) })?;
        LabelList::new(handle, self.video_size)
    }

    /// Scores videos [videos, E] with the present labels: probabilities [videos, labels]. If another thread may set
    /// labels meanwhile, score with a `label_list`, which says whose the probabilities are.
    pub fn score(&self, videos: &Matrix, scale: f32) -> Result<Matrix> {
        self.label_list()?.score(videos, scale)
    }

    /// Adds examples of a label: embeddings [examples, E]. `clip_ids` has the same number for views of one clip; None:
    /// each is a clip of its own.
    pub fn add_examples(&self, label: &str, videos: &Matrix, clip_ids: Option<&[i64]>) -> Result<()> {
        videos.check_columns(self.video_size)?;
        if let Some(ids) = clip_ids.filter(|ids| ids.len() != videos.rows()) {
            let message = format!("{} clip ids for {} examples", ids.len(), videos.rows());
            return Err(Error::new(Status::INVALID_ARGUMENT, message));
        }
        let label = c_string(label)?;
        let ids = clip_ids.map_or(ptr::null(), <[i64]>::as_ptr);
        check(unsafe {
            let rows = videos.rows();
            sys::actionclip_classifier_add_examples(self.get(), label.as_ptr(), videos.as_ptr(), rows, ids)
        })
    }

    /// Encodes the part of a video from `start` to `end` in seconds, in 1 to 100 views, and adds it as one clip.
    pub fn add_video(
        &self,
        label: &str,
        video: &mut Video<'_>,
        (start, end): (f64, f64),
        views: i32,
        options: Option<&PreprocessOptions>,
        clip_id: Option<i64>,
    ) -> Result<()> {
        let (label, id) = (c_string(label)?, clip_id.unwrap_or(-1));
        check(unsafe {
            sys::actionclip_classifier_add_video(
                self.get(),
                label.as_ptr(),
                video.get(),
                start,
                end,
                views,
                raw(options),
                id,
            )
        })
    }

    /// Encodes frames in memory, T for each view, and adds them as one clip.
    pub fn add_frames(
        &self,
        label: &str,
        frames: &[Image<'_>],
        options: Option<&PreprocessOptions>,
        clip_id: Option<i64>,
    ) -> Result<()> {
        let (label, id) = (c_string(label)?, clip_id.unwrap_or(-1));
        check(unsafe {
            sys::actionclip_classifier_add_frames(
                self.get(),
                label.as_ptr(),
                pointer(frames),
                frames.len(),
                raw(options),
                id,
            )
        })
    }

    /// Encodes camera frames, T for each view, and adds them as one clip.
    pub fn add_camera_frames(
        &self,
        label: &str,
        frames: &[Frame<'_>],
        options: Option<&PreprocessOptions>,
        clip_id: Option<i64>,
    ) -> Result<()> {
        let (label, id) = (c_string(label)?, clip_id.unwrap_or(-1));
        check(unsafe {
            let (first, count) = (frame_pointer(frames), frames.len());
            sys::actionclip_classifier_add_camera_frames(self.get(), label.as_ptr(), first, count, raw(options), id)
        })
    }

    /// Removes clips by their ids.
    pub fn remove_examples(&self, clip_ids: &[i64]) -> Result<()> {
        check(unsafe { sys::actionclip_classifier_remove_examples(self.get(), clip_ids.as_ptr(), clip_ids.len()) })
    }

    /// Removes all clips of a label, or of all labels.
    pub fn clear_examples(&self, label: Option<&str>) -> Result<()> {
        let label = label.map(c_string).transpose()?;
        check(unsafe { sys::actionclip_classifier_clear_examples(self.get(), crate::text::pointer(&label)) })
    }

    /// The clips that the classifier has as examples, in the order of adding.
    pub fn examples(&self) -> Result<Vec<Example>> {
        let count = count(unsafe { sys::actionclip_classifier_example_count(self.get()) })? as i32;
        let at = |index| {
            let mut example = Example::default();
            check(unsafe { sys::actionclip_classifier_example(self.get(), index, &mut example) })?;
            Ok(example)
        };
        (0..count).map(at).collect()
    }

    /// Fits the classifier to its examples, and returns the generation of the new list.
    pub fn fit(&self, options: &FitOptions) -> Result<i64> {
        self.next_generation(|classifier, generation| unsafe {
            sys::actionclip_classifier_fit(classifier, &options.0, generation)
        })
    }

    /// Returns the classifier to its words; the examples stay.
    pub fn unfit(&self) -> Result<i64> {
        self.next_generation(|classifier, generation| unsafe {
            sys::actionclip_classifier_unfit(classifier, generation)
        })
    }

    /// The report of the latest fit.
    pub fn report(&self) -> Result<Report> {
        Report::new(Handle::made(|out| unsafe { sys::actionclip_classifier_report(self.get(), out) })?)
    }

    fn made(model: &Model, call: impl FnOnce(*mut *mut sys::actionclip_classifier) -> i32) -> Result<Self> {
        Ok(Classifier { handle: Handle::made(call)?, video_size: model.video_size() })
    }

    fn get(&self) -> *mut sys::actionclip_classifier {
        self.handle.get()
    }

    fn next_generation(&self, call: impl FnOnce(*mut sys::actionclip_classifier, *mut i64) -> i32) -> Result<i64> {
        let mut generation = 0;
        check(call(self.get(), &mut generation))?;
        Ok(generation)
    }
}
