//! A copy of a model that is trained on clips.

mod common;

use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::thread;

use actionclip::{
    Augment, ComputeType, Frame, FrameFormat, Head, Image, Loss, Mirror, Model, PixelFormat, Purpose, Recipe, Status,
    Train, Tuner, TunerStep, Video, VideoOptions,
};
use common::file;

const LABELS: [&str; 3] = ["walking", "jumping", "waving"];

fn untrained() -> Model {
    Model::options().threads(1).load(file("Tests/fixtures/untrained/untrained.safetensors")).unwrap()
}

/// A clip of one colour with a pattern on it; its label is the colour.
fn pixels(model: &Model, label: usize, clip: usize) -> Vec<f32> {
    let plane = (model.info().image_size * model.info().image_size) as usize;
    let value = |i: usize| {
        let base = if i / plane % 3 == label { 1.5 } else { -1.0 };
        base + 0.3 * ((i % 131 + 7 * clip) as f32).sin()
    };
    (0..model.frames() * 3 * plane).map(value).collect()
}

fn ready(model: &Model) -> Tuner {
    let options = Tuner::options().vision(Train::Projection).epochs(4).batch(4).rate(1e-3).seed(7);
    let mut tuner = options.templates(&["{}", "a clip of {}"]).create(model, &LABELS).unwrap();
    tuner.add_text(1, "somebody leaps into the air").unwrap();
    for clip in 0..11 {
        let purpose = if clip < 8 { Purpose::Trained } else { Purpose::HeldOut };
        tuner.add_pixels(&[(clip % 3) as i32], &pixels(model, clip % 3, clip), purpose).unwrap();
    }
    tuner
}

fn go_on(_: &TunerStep) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_tuner_learns_and_goes_on() {
    let model = untrained();
    let (mut tuner, mut straight) = (ready(&model), ready(&model));
    let grey = vec![99; 32 * 24];
    for each in [&mut tuner, &mut straight] {
        let mut video = Video::open(file("examples/clip.mp4")).unwrap();
        each.add_video(&[0, 2], &mut video, (0.5, 3.0), 2, None, Purpose::Trained).unwrap();
        let (part, options) = ((0.5, f64::INFINITY), VideoOptions::default());
        each.add_video_file(&[0], file("examples/clip.mp4"), part, None, &options, Purpose::HeldOut).unwrap();
        let images = vec![Image::new(&grey, 32, 24, PixelFormat::Gray).unwrap(); model.frames()];
        each.add_frames(&[1], &images, None, Purpose::Trained).unwrap();
        let frames = vec![Frame::new(FrameFormat::Gray, 32, 24, &[&grey]).unwrap(); model.frames()];
        each.add_camera_frames(&[1], &frames, None, Purpose::HeldOut).unwrap();
    }
    let info = tuner.info().unwrap();
    assert_eq!((info.clips, info.held_out, info.total_steps, info.steps), (10, 5, 8, 0));
    assert!(info.model_bytes > 0 && info.clip_bytes > 0 && info.work_bytes > 0);
    assert_eq!(tuner.add_text(0, "too late").unwrap_err().status(), Status::OPTION_CONFLICT);

    // Steps are told; the closure breaks, or panics, after a whole step.
    let mut told = Vec::new();
    let last = tuner.run(2, |step| {
        told.push(step.step);
        ControlFlow::Continue(())
    });
    assert_eq!((last.unwrap().unwrap().step, told), (2, vec![1, 2]));
    let last = tuner.run(0, |step| if step.step == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
    assert_eq!(last.unwrap().unwrap().step, 3);
    let panic = catch_unwind(AssertUnwindSafe(|| tuner.run(0, |step| panic!("enough after {}", step.step))));
    assert_eq!(panic.unwrap_err().downcast_ref::<String>().unwrap(), "enough after 4");
    assert_eq!(tuner.info().unwrap().steps, 4);

    // A state, and a wish of another thread to end.
    let path = std::env::temp_dir().join(format!("actionclip-rust-{}.state", std::process::id()));
    tuner.save(&path).unwrap();
    assert_eq!(tuner.step().unwrap().step, 5);
    tuner.load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(tuner.load(&path).unwrap_err().status(), Status::FILE_OPEN);
    let canceller = tuner.canceller();
    thread::spawn(move || canceller.cancel()).join().unwrap().unwrap();
    assert_eq!(tuner.run(0, go_on).unwrap_err().status(), Status::CANCELLED);
    let mut tuner = thread::spawn(move || tuner.run(0, go_on).map(|last| (tuner, last))).join().unwrap().unwrap();
    assert_eq!(tuner.1.unwrap().loss, straight.run(0, go_on).unwrap().unwrap().loss);
    assert!(tuner.0.run(0, go_on).unwrap().is_none() && tuner.0.step().is_err());

    assert_eq!(tuner.0.eval(Purpose::HeldOut, None).unwrap().clips, 5);
    assert_eq!(tuner.0.eval(Purpose::Trained, Some(1.0)).unwrap().clips, 10);
    let embedding = |model: &Model| model.encode_pixels(&pixels(model, 1, 5)).unwrap();
    let (tuned, half) = (tuner.0.model(Some(1.0)).unwrap(), tuner.0.model(None).unwrap());
    assert_eq!(embedding(&tuner.0.model(Some(0.0)).unwrap()), embedding(&model));
    assert_eq!(embedding(&model.interpolate(&tuned, 0.5).unwrap()), embedding(&half));
    assert!(embedding(&tuned) != embedding(&half) && tuned.labels().unwrap() == LABELS);
    assert_eq!(tuner.0.model(Some(2.0)).err().unwrap().status(), Status::INVALID_ARGUMENT);

    let canceller = tuner.0.canceller();
    drop(tuner);
    assert!(canceller.clone().cancel().is_ok()); // There is nothing left to cancel.
}

#[test]
fn every_option_is_passed_on() {
    let model = untrained();
    let layers = model.info().text_layers;
    let all = Tuner::options()
        .recipe(Recipe::Reference)
        .loss(Loss::CrossEntropy)
        .vision(Train::Nothing)
        .text(Train::Blocks(layers))
        .head(true)
        .logit_scale(false)
        .new_head(Head::Conv1D)
        .frames(2)
        .epochs(3)
        .batch(2)
        .warm_up_epochs(0.0)
        .rate(1e-4)
        .head_rate_factor(2.0)
        .weight_decay(0.1)
        .anchor(0.01)
        .context_rate_factor(3.0)
        .mean_decay(0.5)
        .head_dropout(0.2)
        .compute_type(ComputeType::Fp32)
        .augment(Augment::ReferenceK400)
        .mirror(Mirror::Off)
        .truncate()
        .max_memory(1 << 40);
    let trained = |options: &actionclip::TunerOptions| {
        let mut tuner = options.create(&model, &LABELS)?;
        for label in 0..2 {
            let frames = vec![0.5 - label as f32; pixels(&model, 0, 0).len() / model.frames() * 2];
            tuner.add_pixels(&[label], &frames, Purpose::Trained)?;
        }
        let step = tuner.step()?;
        assert!(step.rate == 1e-4 && step.scale == 0.0 && step.total_steps == 3 && step.text_loss == 0.0);
        Ok::<_, actionclip::Error>(tuner.info()?.trained)
    };
    let count = trained(&all).unwrap();
    assert!(trained(&all.clone().text(Train::Everything)).unwrap() > count);
    assert!(trained(&all.clone().head(false)).unwrap() < count);
    let width = i64::from(model.info().text_width);
    assert_eq!(trained(&all.clone().contexts(2)).unwrap(), count + 2 * width);
    assert_eq!(trained(&all.clone().jitter()).unwrap(), count);
    let cache = std::env::temp_dir().join(format!("actionclip-rust-{}.cache", std::process::id()));
    assert_eq!(trained(&all.clone().cache(&cache)).unwrap(), count);
    std::fs::remove_file(&cache).unwrap();
    assert_eq!(trained(&all.clone().cache("/no/such/folder/cache")).unwrap_err().status(), Status::FILE_OPEN);
    assert_eq!(trained(&all.clone().max_memory(9)).unwrap_err().status(), Status::OUT_OF_MEMORY);
    for wrong in [
        all.clone().text(Train::Blocks(99)),
        all.clone().rate(2.0),
        all.clone().head_dropout(1.0),
        all.clone().epochs(-1),
    ] {
        assert_eq!(wrong.create(&model, &LABELS).err().unwrap().status(), Status::INVALID_ARGUMENT);
    }
    assert!(Tuner::options().create::<&str>(&model, &[]).is_err());
    let mut tuner = ready(&model);
    assert!(tuner.add_pixels(&[0], &[0.0; 7], Purpose::Trained).is_err());
    assert!(tuner.add_pixels(&[3], &pixels(&model, 0, 0), Purpose::Trained).is_err());
}
