//! Texts to embeddings.

use crate::choices::TooLong;
use crate::error::{check, count, narrow, Error, Result, Status};
use crate::matrix::{zeros, Matrix};
use crate::model::Model;
use crate::sys;
use crate::text::{array, CStrings};

/// A text that describes a label.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// The index of the label.
    pub label: usize,
    /// The text, in which "{}" stands for the label.
    pub text: &'a str,
    /// The text's part in the label's embedding, 0 or more.
    pub weight: f32,
}

/// Descriptions as the arrays that C takes.
pub(crate) struct Descriptions {
    pub(crate) texts: CStrings,
    pub(crate) labels: Vec<i32>,
    pub(crate) weights: Vec<f32>,
}

impl Descriptions {
    pub(crate) fn new(descriptions: &[Description<'_>]) -> Result<Self> {
        let texts: Vec<&str> = descriptions.iter().map(|one| one.text).collect();
        let labels = descriptions.iter().map(|one| narrow(one.label, "the index of a label"));
        Ok(Descriptions {
            texts: CStrings::new(&texts)?,
            labels: labels.collect::<Result<_>>()?,
            weights: descriptions.iter().map(|one| one.weight).collect(),
        })
    }
}

impl Model {
    /// Encodes texts: [prompts, E].
    pub fn encode_prompts<S: AsRef<str>>(&self, prompts: &[S], too_long: TooLong) -> Result<Matrix> {
        let prompts = CStrings::new(prompts)?;
        self.filled(prompts.len(), |out, capacity| unsafe {
            let long = too_long as i32;
            sys::actionclip_encode_prompts(self.get(), prompts.as_ptr(), prompts.len(), long, out, capacity)
        })
    }

    /// Encodes every label in every template: [templates * labels, E], the labels of the first template first. Without
    /// templates they are the model's own, or the reference's 16 if it has none.
    pub fn encode_labels<S: AsRef<str>>(
        &self,
        labels: &[S],
        templates: Option<&[&str]>,
        too_long: TooLong,
    ) -> Result<Matrix> {
        let labels = CStrings::new(labels)?;
        let given = templates.map(CStrings::new).transpose()?;
        let count = match templates {
            Some(templates) => templates.len(),
            None => match count(unsafe { sys::actionclip_model_template_count(self.get()) })? {
                0 => count(unsafe { sys::actionclip_template_count() })?,
                own => own,
            },
        };
        let (templates, template_count) = array(&given);
        self.filled(count.saturating_mul(labels.len()), |out, capacity| unsafe {
            sys::actionclip_encode_labels(
                self.get(),
                labels.as_ptr(),
                labels.len(),
                templates,
                template_count,
                too_long as i32,
                out,
                capacity,
            )
        })
    }

    /// Turns texts into rows of C token ids with start and end markers: [prompts, C].
    pub fn tokenize<S: AsRef<str>>(&self, prompts: &[S], too_long: TooLong) -> Result<Vec<i32>> {
        let prompts = CStrings::new(prompts)?;
        let mut tokens = zeros(prompts.len(), self.info().context_length as usize)?;
        check(unsafe {
            sys::actionclip_tokenize(
                self.get(),
                prompts.as_ptr(),
                prompts.len(),
                too_long as i32,
                tokens.as_mut_ptr(),
                tokens.len(),
            )
        })?;
        Ok(tokens)
    }

    /// Encodes rows of C token ids, as `tokenize` gives them, to embeddings [rows, E].
    pub fn encode_tokens(&self, tokens: &[i32]) -> Result<Matrix> {
        let length = self.info().context_length.max(1) as usize;
        if tokens.len() % length != 0 {
            let message = format!("{} token ids are no rows of {length}", tokens.len());
            return Err(Error::new(Status::INVALID_ARGUMENT, message));
        }
        let rows = tokens.len() / length;
        self.filled(rows, |out, capacity| unsafe {
            sys::actionclip_encode_tokens(self.get(), tokens.as_ptr(), tokens.len(), rows, out, capacity)
        })
    }

    /// Encodes labels that texts describe: [labels, E], for one template. Every label needs a text of a weight above 0.
    pub fn encode_descriptions<S: AsRef<str>>(
        &self,
        labels: &[S],
        descriptions: &[Description<'_>],
        too_long: TooLong,
    ) -> Result<Matrix> {
        let (labels, described) = (CStrings::new(labels)?, Descriptions::new(descriptions)?);
        self.filled(labels.len(), |out, capacity| unsafe {
            sys::actionclip_encode_descriptions(
                self.get(),
                labels.as_ptr(),
                labels.len(),
                described.texts.as_ptr(),
                described.labels.as_ptr(),
                described.weights.as_ptr(),
                described.texts.len(),
                too_long as i32,
                out,
                capacity,
            )
        })
    }
}
