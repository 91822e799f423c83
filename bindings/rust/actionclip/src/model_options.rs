//! Options of loading and saving models.

use std::ffi::CString;
use std::path::Path;
use std::ptr;
use std::time::Duration;

use crate::choices::{Activation, ComputeType, Head, Instructions, Storage, Switch, TemporalShift};
use crate::error::{check, Error, Result, Status};
use crate::handle::Handle;
use crate::model::{Model, ModelInfo};
use crate::sys;
use crate::text::{array, c_path, c_string, pointer, CStrings};

/// Options of loading a model: `Model::options().threads(2).load("model.safetensors")`. An option that contradicts the
/// checkpoint is an error of loading.
#[derive(Clone, Default)]
pub struct ModelOptions {
    raw: sys::actionclip_model_options,
    /// A text that cannot be passed on, which loading tells.
    failure: Option<Error>,
    tokenizer_path: Option<CString>,
    base_path: Option<CString>,
    open_clip_name: Option<CString>,
    expected_sha256: Option<CString>,
    processors: Option<Vec<i32>>,
}

impl ModelOptions {
    /// Sets the temporal head.
    pub fn head(mut self, head: Head) -> Self {
        self.raw.head = head as i32;
        self
    }

    /// Sets T, the frames per video; 0: as the checkpoint says, else 8.
    pub fn frames(mut self, frames: i32) -> Self {
        self.raw.frames = frames;
        self
    }

    /// Sets the number of threads that compute, the caller's included; 0: what `ACTIONCLIP_THREADS` says, else one
    /// for each processor of the process's affinity and quota.
    pub fn threads(mut self, threads: i32) -> Self {
        self.raw.threads = threads;
        self
    }

    /// Sets the precision in which the encoders multiply.
    pub fn compute_type(mut self, compute_type: ComputeType) -> Self {
        self.raw.compute_type = compute_type as i32;
        self
    }

    /// Sets the highest instruction set to compute with. The environment variable ACTIONCLIP_INSTRUCTIONS may set a
    /// lower one.
    pub fn instructions(mut self, limit: Instructions) -> Self {
        self.raw.instructions = limit as i32;
        self
    }

    /// Sets the activation function of the encoders' MLPs.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.raw.activation = activation as i32;
        self
    }

    /// Sets whether all frames of a video are one sequence of tokens.
    pub fn joint(mut self, joint: Switch) -> Self {
        self.raw.joint = joint as i32;
        self
    }

    /// Sets whether and how channels are shifted between neighbouring frames.
    pub fn temporal_shift(mut self, shift: impl Into<TemporalShift>) -> Self {
        self.raw.temporal_shift = shift.into() as i32;
        self
    }

    /// Sets the number of frames on each side that a frame's tokens attend to, 1 to 3; 0: as the checkpoint says;
    /// -1: none.
    pub fn temporal_view(mut self, frames: i32) -> Self {
        self.raw.temporal_view = frames;
        self
    }

    /// Sets the path of CLIP's merge list or of a tokenizer.json.
    pub fn tokenizer(mut self, path: impl AsRef<Path>) -> Self {
        self.tokenizer_path = self.keep(c_path(path.as_ref()));
        self
    }

    /// Sets the path of the CLIP file that the weights were trained from.
    pub fn base(mut self, path: impl AsRef<Path>) -> Self {
        self.base_path = self.keep(c_path(path.as_ref()));
        self
    }

    /// Sets the share, from 0 to below 1, of the base's weights in the model's.
    pub fn base_share(mut self, share: f64) -> Self {
        self.raw.base_share = share;
        self
    }

    /// Sets the model's name in open_clip, such as "ViT-B-16-quickgelu".
    pub fn open_clip_name(mut self, name: &str) -> Self {
        self.open_clip_name = self.keep(c_string(name));
        self
    }

    /// Sets the ids of the processors that the model's own threads are pinned to.
    pub fn processors(mut self, ids: &[i32]) -> Self {
        self.processors = Some(ids.to_vec());
        self
    }

    /// Sets the SHA-256 that the file must have, as 64 hexadecimal digits.
    pub fn expected_sha256(mut self, digits: &str) -> Self {
        self.expected_sha256 = self.keep(c_string(digits));
        self
    }

    /// Has `Model::sha256` computed.
    pub fn compute_sha256(mut self) -> Self {
        self.raw.compute_sha256 = sys::ACTIONCLIP_ON;
        self
    }

    /// Leaves the numbers in the files, which stay open, until `Model::save` reads them one tensor at a time. Such a
    /// model tells its properties and encodes nothing.
    pub fn for_saving(mut self) -> Self {
        self.raw.for_saving = sys::ACTIONCLIP_ON;
        self
    }

    /// Loads a model from a file or folder of weights, or by its name in Hugging Face's cache.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Model> {
        let path = c_path(path.as_ref())?;
        self.made(|options, out| unsafe { sys::actionclip_model_load(path.as_ptr(), options, out) })
    }

    /// Loads the default model, which is installed with the library or named by the environment variable
    /// ACTIONCLIP_MODEL.
    pub fn load_default(&self) -> Result<Model> {
        self.made(|options, out| unsafe { sys::actionclip_model_load(ptr::null(), options, out) })
    }

    /// Loads a model from the bytes of a file.
    pub fn load_bytes(&self, bytes: &[u8]) -> Result<Model> {
        self.made(|options, out| unsafe {
            sys::actionclip_model_load_buffer(bytes.as_ptr().cast(), bytes.len(), options, out)
        })
    }

    /// Tells what `load` would give, by the headers of the model's files, without loading it: its sizes, and an
    /// estimate of the time that encoding one video takes on this machine, which is measured for tenths of a second.
    pub fn plan(&self, path: impl AsRef<Path>) -> Result<(ModelInfo, Duration)> {
        let path = c_path(path.as_ref())?;
        let (mut info, mut nanoseconds) = (ModelInfo::default(), 0i64);
        check(self.with_raw(|options| unsafe {
            sys::actionclip_file_get_info(path.as_ptr(), options, &mut info, &mut nanoseconds)
        })?)?;
        Ok((info, Duration::from_nanos(nanoseconds as u64)))
    }

    fn keep(&mut self, text: Result<CString>) -> Option<CString> {
        text.map_err(|error| self.failure = Some(error)).ok()
    }

    fn made(
        &self,
        call: impl FnOnce(*const sys::actionclip_model_options, *mut *mut sys::actionclip_model) -> i32,
    ) -> Result<Model> {
        Model::new(self.with_raw(|options| Handle::made(|out| call(options, out)))??)
    }

    /// Calls `body` with options that have these texts.
    fn with_raw<R>(&self, body: impl FnOnce(*const sys::actionclip_model_options) -> R) -> Result<R> {
        crate::check_abi()?;
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let mut options = self.raw;
        options.tokenizer_path = pointer(&self.tokenizer_path);
        options.base_path = pointer(&self.base_path);
        options.open_clip_name = pointer(&self.open_clip_name);
        options.expected_sha256 = pointer(&self.expected_sha256);
        if let Some(ids) = &self.processors {
            options.processors = ids.as_ptr();
            options.processor_count = ids.len();
        }
        Ok(body(&options))
    }
}

/// Contents of a saved file. What is not set stays as the model has it.
#[derive(Clone, Debug, Default)]
pub struct SaveOptions {
    storage: Option<Storage>,
    labels: Option<Vec<String>>,
    templates: Option<Vec<String>>,
    template_weights: Option<Vec<f32>>,
    description: Option<String>,
    license: Option<String>,
    source: Option<String>,
    notes: Vec<(String, String)>,
    frame_interval_ns: i64,
}

impl SaveOptions {
    /// Sets the element type of the matrices.
    pub fn storage(mut self, storage: Storage) -> Self {
        self.storage = Some(storage);
        self
    }

    /// Sets the labels that the model tells apart.
    pub fn labels<S: AsRef<str>>(mut self, labels: &[S]) -> Self {
        self.labels = Some(labels.iter().map(|label| label.as_ref().to_owned()).collect());
        self
    }

    /// Sets the model's templates.
    pub fn templates<S: AsRef<str>>(mut self, templates: &[S]) -> Self {
        self.templates = Some(templates.iter().map(|template| template.as_ref().to_owned()).collect());
        self
    }

    /// Sets the weight of each template; without any, they are equal.
    pub fn template_weights(mut self, weights: &[f32]) -> Self {
        self.template_weights = Some(weights.to_vec());
        self
    }

    /// Sets the description; "": none.
    pub fn description(mut self, text: &str) -> Self {
        self.description = Some(text.to_owned());
        self
    }

    /// Sets the license; "": none.
    pub fn license(mut self, text: &str) -> Self {
        self.license = Some(text.to_owned());
        self
    }

    /// Sets where the weights are from; "": none.
    pub fn source(mut self, text: &str) -> Self {
        self.source = Some(text.to_owned());
        self
    }

    /// Sets the nanoseconds from frame to frame of the videos that the model was trained with; 0: the model's own;
    /// -1: none.
    pub fn frame_interval_ns(mut self, interval: i64) -> Self {
        self.frame_interval_ns = interval;
        self
    }

    /// Sets another note; "" removes it.
    pub fn note(mut self, key: &str, text: &str) -> Self {
        self.notes.push((key.to_owned(), text.to_owned()));
        self
    }

    /// Calls `work` with the options as C takes them, which live as long as that.
    pub(crate) fn with_raw<T>(&self, work: impl FnOnce(&sys::actionclip_save_options) -> Result<T>) -> Result<T> {
        let texts = |list: &Option<Vec<String>>| list.as_deref().map(CStrings::new).transpose();
        let text = |text: &Option<String>| text.as_deref().map(c_string).transpose();
        let (labels, templates) = (texts(&self.labels)?, texts(&self.templates)?);
        let (description, license, source) = (text(&self.description)?, text(&self.license)?, text(&self.source)?);
        let (keys, notes): (Vec<&str>, Vec<&str>) =
            self.notes.iter().map(|(key, text)| (key.as_str(), text.as_str())).unzip();
        let (keys, notes) = (CStrings::new(&keys)?, CStrings::new(&notes)?);
        let mut raw = sys::actionclip_save_options::default();
        raw.frame_interval_ns = self.frame_interval_ns;
        if let Some(storage) = self.storage {
            raw.storage = storage as i32;
        }
        (raw.labels, raw.label_count) = array(&labels);
        (raw.templates, raw.template_count) = array(&templates);
        raw.description = pointer(&description);
        raw.license = pointer(&license);
        raw.source = pointer(&source);
        (raw.note_keys, raw.note_texts, raw.note_count) = (keys.as_ptr(), notes.as_ptr(), keys.len());
        if let Some(weights) = &self.template_weights {
            if self.templates.as_ref().map_or(false, |templates| templates.len() != weights.len()) {
                return Err(Error::new(Status::INVALID_ARGUMENT, "each template needs one weight"));
            }
            (raw.template_weights, raw.template_weight_count) = (weights.as_ptr(), weights.len());
        }
        work(&raw)
    }
}
