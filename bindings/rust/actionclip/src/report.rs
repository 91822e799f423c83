//! The report of a fit.

use crate::error::{check, Result};
use crate::handle::Handle;
use crate::sys;
use crate::text::{borrowed, written};

/// The numbers of rows that a report has, and its reject threshold.
pub type ReportInfo = sys::actionclip_report_info;
/// A method that was tried, on clips that were left out.
pub type TrialReport = sys::actionclip_trial_report;
/// A label that has examples.
pub type LabelReport = sys::actionclip_label_report;
/// A clip, and what a fit without it says of it.
pub type ClipReport = sys::actionclip_clip_report;
/// Two labels of which clips were taken for each other.
pub type ConfusionReport = sys::actionclip_confusion_report;

/// The report of a fit: which method was chosen and why, how well it does on clips that it did not see, and which clips
/// and labels deserve a look. It never changes, and may outlive its classifier.
pub struct Report {
    handle: Handle<sys::actionclip_report>,
    info: ReportInfo,
}

// actionclip.h: a report never changes, and any number of threads may use it at once.
unsafe impl Send for Report {}
unsafe impl Sync for Report {}

impl Report {
    pub(crate) fn new(handle: Handle<sys::actionclip_report>) -> Result<Self> {
        let mut info = ReportInfo::default();
        check(unsafe { sys::actionclip_report_get_info(handle.get(), &mut info) })?;
        Ok(Report { handle, info })
    }

    /// Numbers of the report as a whole.
    pub fn info(&self) -> &ReportInfo {
        &self.info
    }

    /// The methods that were tried; the first one is the words alone.
    pub fn trials(&self) -> Result<Vec<TrialReport>> {
        self.rows(self.info.trials, sys::actionclip_report_trial)
    }

    /// The labels with examples.
    pub fn labels(&self) -> Result<Vec<LabelReport>> {
        self.rows(self.info.labels, sys::actionclip_report_label)
    }

    /// The clips, by their ids.
    pub fn clips(&self) -> Result<Vec<ClipReport>> {
        self.rows(self.info.clips, sys::actionclip_report_clip)
    }

    /// The pairs of labels that were confused, the one with the most clips first.
    pub fn confusions(&self) -> Result<Vec<ConfusionReport>> {
        self.rows(self.info.confusions, sys::actionclip_report_confusion)
    }

    /// The text of a label by its index in the report.
    pub fn label_text(&self, label: i32) -> Option<&str> {
        unsafe { borrowed(sys::actionclip_report_label_text(self.handle.get(), label)) }
    }

    /// One sentence for people that says why the method was chosen.
    pub fn reason(&self) -> Result<String> {
        written(|text, capacity, size| unsafe {
            sys::actionclip_report_reason(self.handle.get(), text, capacity, size)
        })
    }

    /// The whole report for people.
    pub fn text(&self) -> Result<String> {
        written(|text, capacity, size| unsafe { sys::actionclip_report_text(self.handle.get(), text, capacity, size) })
    }

    fn rows<T: Default>(
        &self,
        count: i32,
        at: unsafe extern "C" fn(*const sys::actionclip_report, i32, *mut T) -> i32,
    ) -> Result<Vec<T>> {
        let row = |index| {
            let mut row = T::default();
            check(unsafe { at(self.handle.get(), index, &mut row) })?;
            Ok(row)
        };
        (0..count).map(row).collect()
    }
}
