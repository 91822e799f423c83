//! The crate has all of the library.

mod common;

use std::fs;

use common::file;

/// Functions that others of the library do as well, and one for languages without constants.
const LEFT_OUT: [&str; 6] = [
    "actionclip_constant",
    "actionclip_sample_indices",
    "actionclip_probabilities",
    "actionclip_classifier_create",
    "actionclip_classifier_label_count",
    "actionclip_classifier_score",
];

#[test]
fn every_function_and_choice_of_the_library_is_used() {
    let read = |path| fs::read_to_string(path).unwrap();
    let sources: String = (fs::read_dir(file("bindings/rust/actionclip/src")).unwrap())
        .map(|entry| read(entry.unwrap().path()))
        .collect();
    let is_used = |name: &str| {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        sources.match_indices(name).any(|(at, _)| ends(&sources[at + name.len()..]))
    };
    let bindings: &'static str = include_str!("../../actionclip-sys/src/bindings.rs");
    let names = |start: &'static str| {
        let name = move |line: &'static str| line.trim_start().strip_prefix(start)?.split(&['(', ':'][..]).next();
        bindings.lines().filter_map(name).collect::<Vec<_>>()
    };
    for function in names("pub fn ") {
        let is_default = function.ends_with("_init_sized");
        assert!(is_default || is_used(function) != LEFT_OUT.contains(&function), "{function}");
    }
    // ACTIONCLIP_HEAD_LSTM is one of the family ACTIONCLIP_HEAD_: all of a family are used, or none.
    let family = |name: &str| name.splitn(3, '_').take(2).collect::<Vec<_>>().join("_") + "_";
    for constant in names("pub const ") {
        let is_of_a_choice = sources.contains(&family(constant));
        assert!(is_used(constant) || !is_of_a_choice, "{constant}");
    }
}
