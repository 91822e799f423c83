//! Options of tuners.

use std::path::{Path, PathBuf};

use crate::choices::{Augment, ComputeType, Head, Loss, Mirror, Recipe, TooLong};
use crate::error::Result;
use crate::handle::Handle;
use crate::model::Model;
use crate::sys;
use crate::text::{array, c_path, pointer, CStrings};
use crate::tuner::Tuner;

/// The part of an encoder that is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Train {
    /// Nothing of it.
    Nothing,
    /// The projection, and the LayerNorm before it.
    Projection,
    /// The projection, and so many of the last blocks.
    Blocks(i32),
    /// All of it.
    Everything,
}

impl Train {
    /// The constant of the part, and the number of blocks.
    fn raw(self) -> (i32, i32) {
        match self {
            Train::Nothing => (sys::ACTIONCLIP_TRAIN_NOTHING, 0),
            Train::Projection => (sys::ACTIONCLIP_TRAIN_PROJECTION, 0),
            Train::Blocks(count) => (sys::ACTIONCLIP_TRAIN_BLOCKS, count),
            Train::Everything => (sys::ACTIONCLIP_TRAIN_EVERYTHING, 0),
        }
    }
}

/// Options of a tuner: `Tuner::options().vision(Train::Blocks(3)).epochs(20).create(&model, &labels)`. By default the
/// temporal head and the scale of cosines are trained, and numbers that are not set are the recipe's.
#[derive(Clone, Debug, Default)]
pub struct TunerOptions {
    raw: sys::actionclip_tuner_options,
    templates: Option<Vec<String>>,
    cache: Option<PathBuf>,
}

impl TunerOptions {
    /// Sets the preset of training.
    pub fn recipe(mut self, recipe: Recipe) -> Self {
        self.raw.recipe = recipe as i32;
        self
    }

    /// Sets the loss of a batch.
    pub fn loss(mut self, loss: Loss) -> Self {
        self.raw.loss = loss as i32;
        self
    }

    /// Sets the part of the image encoder that is trained.
    pub fn vision(mut self, part: Train) -> Self {
        (self.raw.vision, self.raw.vision_blocks) = part.raw();
        self
    }

    /// Sets the part of the text encoder that is trained.
    pub fn text(mut self, part: Train) -> Self {
        (self.raw.text, self.raw.text_blocks) = part.raw();
        self
    }

    /// Sets whether the temporal head is trained.
    pub fn head(mut self, is_trained: bool) -> Self {
        self.raw.head = on_or_off(is_trained);
        self
    }

    /// Sets whether the scale of cosines is trained.
    pub fn logit_scale(mut self, is_trained: bool) -> Self {
        self.raw.logit_scale = on_or_off(is_trained);
        self
    }

    /// Has a head start anew in place of the model's.
    pub fn new_head(mut self, head: Head) -> Self {
        self.raw.new_head = head as i32;
        self
    }

    /// Sets T, the frames per video, of a new head; 0: the model's.
    pub fn frames(mut self, frames: i32) -> Self {
        self.raw.frames = frames;
        self
    }

    /// Sets how often all clips are gone through.
    pub fn epochs(mut self, epochs: i32) -> Self {
        self.raw.epochs = epochs;
        self
    }

    /// Sets the clips of a step.
    pub fn batch(mut self, clips: i32) -> Self {
        self.raw.batch = clips;
        self
    }

    /// Sets the epochs in which the rate rises from 0.
    pub fn warm_up_epochs(mut self, epochs: f64) -> Self {
        self.raw.warm_up_epochs = epochs;
        self
    }

    /// Sets the encoders' learning rate, above 0 to 1.
    pub fn rate(mut self, rate: f64) -> Self {
        self.raw.rate = rate;
        self
    }

    /// Sets the head's rate, as a multiple of the encoders'.
    pub fn head_rate_factor(mut self, factor: f64) -> Self {
        self.raw.head_rate_factor = factor;
        self
    }

    /// Sets the decay of weights, 0 to 10.
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.raw.weight_decay = decay;
        self
    }

    /// Sets how strongly parameters are held to those before training, 0 to 1e6.
    pub fn anchor(mut self, strength: f64) -> Self {
        self.raw.anchor = strength;
        self
    }

    /// Sets the number of vectors that are learned in place of a template's words, where templates have
    /// "<|context|>", or in the one template "<|context|> {}".
    pub fn contexts(mut self, count: i32) -> Self {
        self.raw.contexts = count;
        self
    }

    /// Sets the context vectors' rate, as a multiple of the encoders'.
    pub fn context_rate_factor(mut self, factor: f64) -> Self {
        self.raw.context_rate_factor = factor;
        self
    }

    /// Sets the factor, 0 to below 1, of an exponential mean of the weights, of which models are made.
    pub fn mean_decay(mut self, factor: f64) -> Self {
        self.raw.mean_decay = factor;
        self
    }

    /// Sets the share, 0 to 0.9, of numbers that the Transf_cls head drops by chance in each step.
    pub fn head_dropout(mut self, share: f64) -> Self {
        self.raw.head_dropout = share;
        self
    }

    /// Sets how the pixels of a clip are drawn anew at each step.
    pub fn augment(mut self, augmentation: Augment) -> Self {
        self.raw.augment = augmentation as i32;
        self
    }

    /// Sets which clips an augmentation mirrors.
    pub fn mirror(mut self, mirror: Mirror) -> Self {
        self.raw.mirror = mirror as i32;
        self
    }

    /// Has each step draw a frame of each of T equal parts of a clip.
    pub fn jitter(mut self) -> Self {
        self.raw.jitter = sys::ACTIONCLIP_ON;
        self
    }

    /// Sets the seed of every draw, and of a new head's numbers.
    pub fn seed(mut self, seed: u64) -> Self {
        self.raw.seed = seed;
        self
    }

    /// Sets the bytes that the tuner may take; 0: any number.
    pub fn max_memory(mut self, bytes: i64) -> Self {
        self.raw.max_memory = bytes;
        self
    }

    /// Sets the precision of the encoders' products: fp32 or bf16.
    pub fn compute_type(mut self, compute_type: ComputeType) -> Self {
        self.raw.compute_type = compute_type as i32;
        self
    }

    /// Sets the path of a file that keeps what no training changes of clips, in place of memory.
    pub fn cache(mut self, path: impl AsRef<Path>) -> Self {
        self.cache = Some(path.as_ref().to_owned());
        self
    }

    /// Has texts cut that have more tokens than the model's context holds; by default they are an error.
    pub fn truncate(mut self) -> Self {
        self.raw.too_long = TooLong::Truncate as i32;
        self
    }

    /// Sets the templates that labels are put into, in place of the model's own.
    pub fn templates<S: AsRef<str>>(mut self, templates: &[S]) -> Self {
        self.templates = Some(templates.iter().map(|template| template.as_ref().to_owned()).collect());
        self
    }

    /// Makes a tuner of labels.
    pub fn create<S: AsRef<str>>(&self, model: &Model, labels: &[S]) -> Result<Tuner> {
        let labels = CStrings::new(labels)?;
        let templates = self.templates.as_deref().map(CStrings::new).transpose()?;
        let (first, count) = array(&templates);
        let cache = self.cache.as_deref().map(c_path).transpose()?;
        let mut raw = self.raw;
        raw.cache_path = pointer(&cache);
        let handle = Handle::made(|out| unsafe {
            sys::actionclip_tuner_create(model.get(), labels.as_ptr(), labels.len(), first, count, &raw, out)
        })?;
        Ok(Tuner::new(handle, model))
    }
}

fn on_or_off(is_on: bool) -> i32 {
    if is_on {
        sys::ACTIONCLIP_ON
    } else {
        sys::ACTIONCLIP_OFF
    }
}
