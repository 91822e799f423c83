//! Ranks labels for a video.
//!
//! ```sh
//! cargo run --example classify -- ../../examples/clip.mp4 ../../examples/labels.txt [WEIGHTS [MERGES]]
//! ```

use std::{env, error::Error, fs, process};

use actionclip::{Classifier, Model, Video, SCALE};

fn main() {
    if let Err(error) = run(&env::args().skip(1).collect::<Vec<_>>()) {
        eprintln!("classify: {error}");
        process::exit(1);
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let (video, labels) = match arguments {
        [video, labels, ..] => (video, fs::read_to_string(labels)?),
        _ => return Err("usage: classify VIDEO LABELS.txt [WEIGHTS [MERGES]]".into()),
    };
    let mut options = Model::options();
    if let Some(merges) = arguments.get(3) {
        options = options.tokenizer(merges);
    }
    let model = match arguments.get(2) {
        Some(weights) => options.load(weights)?,
        None => options.load_default()?,
    };
    let labels: Vec<&str> = labels.lines().filter(|line| !line.is_empty()).collect();
    if labels.is_empty() {
        return Err(format!("{} has no label", arguments[1]).into());
    }

    let classifier = Classifier::new(&model, &labels)?;
    let mut notes = labels.iter().map(|label| model.label_note(Some(label))).collect::<Result<Vec<_>, _>>()?;
    notes.retain(|note| !note.is_empty());
    if let Some((first, others)) = notes.split_first() {
        eprintln!("classify: {first} (and {} more of {} labels)", others.len(), labels.len());
    }
    let video = model.encode_video(&mut Video::open(video)?, None)?;
    let list = classifier.label_list()?;
    for best in list.ranked(list.score(&video, SCALE)?.values()) {
        println!("{:6.2} %  {}", best.probability * 100.0, best.label);
    }
    Ok(())
}
