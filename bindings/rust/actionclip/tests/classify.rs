//! Models, videos and frames: a few lines give the same bits as the long way.

mod common;

use std::thread;

use actionclip::{
    describe_file, file_sha256, probabilities, similarity, CancelToken, Classifier, ComputeType, Crop, Description,
    Head, Image, Instructions, Matrix, Model, PixelFormat, SaveOptions, Status, Storage, Tokenizer, TooLong, Video,
    VideoOptions, SCALE,
};
use common::{file, shapes};

const LABELS: [&str; 3] = ["moving left", "growing", "spinning clockwise"];

#[test]
fn a_video_is_classified() {
    let model = shapes();
    let classifier = Classifier::new(&model, &LABELS).unwrap();
    let mut video = Video::open(file("examples/shapes.mp4")).unwrap();
    let part = model.encode_video_between(&mut video, 0.0, 2.88, None).unwrap();
    let list = classifier.label_list().unwrap();
    let scores = list.score(&part, SCALE).unwrap();
    let ranked = list.ranked(scores.values());
    assert_eq!((ranked[0].label, ranked[0].index), ("moving left", 0));
    assert!(ranked[0].probability > 0.5 && ranked[0].probability >= ranked[1].probability);
    assert!(list.labels().eq(LABELS));
    assert_eq!((list.len(), list.generation(), list.label(3)), (3, 1, None));

    let texts = model.encode_labels(&LABELS, None, TooLong::Error).unwrap();
    let templates = texts.rows() / LABELS.len();
    let weights = Some(model.template_weights().unwrap()).filter(|weights| !weights.is_empty());
    let by_hand = probabilities(&part, &texts, LABELS.len(), weights.as_deref(), SCALE).unwrap();
    assert_eq!(by_hand, scores);
    let cosines = similarity(&part, &texts, SCALE).unwrap();
    assert_eq!(cosines.columns(), templates * LABELS.len());
    assert_eq!(model.similarity(&part, &texts, SCALE).unwrap(), cosines);
    let one = model.probabilities(&part, &texts, texts.rows(), None, 0.0).unwrap();
    assert_eq!(one, probabilities(&part, &texts, texts.rows(), None, SCALE).unwrap());
    assert!(model.probabilities(&part, &texts, texts.rows() + 1, None, 0.0).is_err());
    assert_eq!(model.video_size(), model.embedding_size());
}

#[test]
fn windows_are_parts_of_the_video() {
    let model = shapes();
    let mut video = Video::open(file("examples/shapes.mp4")).unwrap();
    let duration = video.outline().unwrap().duration;
    let windows: Vec<_> = video.windows(&model, 2.0, 1.5).unwrap().map(Result::unwrap).collect();
    assert_eq!(windows.len(), ((duration - 2.0) / 1.5).ceil() as usize + 1);
    assert_eq!((windows[1].start, windows[1].end), (1.5, 3.5));
    assert_eq!(windows.last().unwrap().end, duration);
    assert_eq!(windows[1].embedding, model.encode_video_between(&mut video, 1.5, 3.5, None).unwrap());
    assert!(video.windows(&model, 2.0, 0.0).is_err() && video.windows(&model, f64::NAN, 1.0).is_err());
}

#[test]
fn frames_in_memory_give_the_bits_of_the_file() {
    let model = shapes();
    let bytes = std::fs::read(file("examples/clip.mp4")).unwrap();
    let mut video = VideoOptions::default().threads(1).open_bytes(&bytes).unwrap();
    let whole = model.encode_video(&mut video, None).unwrap();
    let (first, count) = video.frames_between(0.0, f64::INFINITY).unwrap();
    assert_eq!((first, count), (0, video.info().unwrap().frame_count));

    let rate = video.outline().unwrap().frame_rate;
    let indices = model.sample_indices(count, rate).unwrap();
    let frames = video.read_frames(&indices).unwrap();
    assert_eq!(frames.seconds.len(), indices.len());
    let images: Vec<_> = (frames.rgb.chunks_exact(frames.width * frames.height * 3))
        .map(|rgb| Image::new(rgb, frames.width, frames.height, PixelFormat::Rgb).unwrap())
        .collect();
    assert_eq!(model.encode_frames(&images, None).unwrap(), whole);
    if model.info().frames_independent == 1 {
        let single = model.encode_single_frames(&images, None).unwrap();
        assert_eq!(model.join_frames(&single).unwrap(), whole);
    }
    let options = model.preprocess_options().unwrap().crop(Crop::Start);
    assert_eq!(images[0].crop(32, Some(&options)).unwrap().len(), 32 * 32 * 3);

    let (side, own) = (model.info().image_size as usize, model.preprocess_options().unwrap());
    let pixels: Vec<f32> = images.iter().flat_map(|image| image.pixels(side, Some(&own)).unwrap()).collect();
    assert_eq!(model.encode_pixels(&pixels).unwrap(), whole);
    assert!(model.encode_pixels(&pixels[1..]).is_err());
    if model.info().frames_independent == 1 {
        assert_eq!(model.join_frames(&model.encode_single_pixels(&pixels).unwrap()).unwrap(), whole);
    }
}

#[test]
fn threads_share_a_model_and_a_video_moves_among_them() {
    let model = shapes();
    let mut video = Video::open(file("examples/clip.mp4")).unwrap();
    let expected = model.encode_video(&mut video, None).unwrap();
    let classifier = Classifier::new(&model, &LABELS).unwrap();
    let moved = thread::scope(|scope| {
        let encoded = scope.spawn(move || model.encode_video(&mut video, None).unwrap());
        let scorers: Vec<_> = (0..2).map(|_| scope.spawn(|| classifier.score(&expected, SCALE).unwrap())).collect();
        let scores: Vec<_> = scorers.into_iter().map(|scorer| scorer.join().unwrap()).collect();
        assert_eq!(scores[0], scores[1]);
        encoded.join().unwrap()
    });
    assert_eq!(moved, expected);
}

#[test]
fn options_reach_the_library() {
    let path = file("models/actionclip-shapes.safetensors");
    let model = Model::options().threads(2).compute_type(ComputeType::Fp32).compute_sha256().load(&path).unwrap();
    assert_eq!((model.info().threads, model.info().compute_type), (2, ComputeType::Fp32 as i32));
    assert_eq!(model.sha256().unwrap().len(), 64);
    assert_eq!(file_sha256(Some(path.as_ref())).unwrap(), model.sha256().unwrap());
    let model = Model::options().instructions(Instructions::Portable).load(&path).unwrap();
    assert_eq!(model.info().row_instructions, Instructions::Portable as i32);
    let error = Model::options().head(Head::Lstm).load(&path).err().unwrap();
    assert_eq!(error.status(), Status::OPTION_CONFLICT);
    let error = Model::options().expected_sha256(&"0".repeat(64)).load(&path).err().unwrap();
    assert_eq!(error.status(), Status::HASH_MISMATCH);
    let from_bytes = Model::options().load_bytes(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(from_bytes.labels().unwrap(), model.labels().unwrap());
    assert!(describe_file(&path).unwrap().contains("format: "));
    let (told, video) = Model::options().threads(2).plan(&path).unwrap();
    assert_eq!((told.weight_bytes, told.video_bytes), (model.info().weight_bytes, model.info().video_bytes));
    assert!(!video.is_zero() && Model::options().plan("none").is_err());
    assert_eq!(file_sha256(Some("none".as_ref())).err().unwrap().status(), Status::FILE_OPEN);
    assert_eq!(actionclip::version(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_model_tells_about_itself_and_is_saved() {
    let model = shapes();
    assert!(model.labels().unwrap().contains(&"moving left") && !model.family().is_empty());
    assert!(model.note_keys().unwrap().iter().all(|key| model.note(key).is_some()));
    assert!(model.label_note(Some("playing the bassoon")).unwrap().contains("bassoon"));
    assert_eq!(model.label_note(Some("moving left")).unwrap(), "");
    let path = std::env::temp_dir().join(format!("actionclip-rust-{}.safetensors", std::process::id()));
    let options = SaveOptions::default().storage(Storage::Fp16).labels(&["one", "two"]).note("colour", "green");
    model.save(&path, &options).unwrap();
    let saved = Model::load(&path);
    std::fs::remove_file(&path).unwrap();
    let saved = saved.unwrap();
    assert_eq!((saved.labels().unwrap(), saved.note("colour")), (vec!["one", "two"], Some("green")));
}

#[test]
fn texts_become_tokens() {
    let model = shapes();
    let tokens = model.tokenize(&["moving left"], TooLong::Error).unwrap();
    assert_eq!(tokens.len(), model.info().context_length as usize);
    let encoded = model.encode_prompts(&["moving left"], TooLong::Error).unwrap();
    assert_eq!(model.encode_tokens(&tokens).unwrap(), encoded);
    assert!(model.encode_tokens(&tokens[1..]).is_err());
    let tokenizer = Tokenizer::load(file("Tests/fixtures/untrained/merges.txt")).unwrap();
    assert!(!tokenizer.encode("a video").unwrap().is_empty());
    assert!(tokenizer.encode("").unwrap().is_empty());
    let long = "word ".repeat(100);
    assert_eq!(model.encode_prompts(&[&long], TooLong::Error).unwrap_err().status(), Status::TEXT_TOO_LONG);
    assert_eq!(model.encode_prompts(&[&long], TooLong::Truncate).unwrap().rows(), 1);
}

#[test]
fn labels_that_texts_describe() {
    let model = shapes();
    let texts = [
        Description { label: 0, text: "a circle going {}", weight: 1.0 },
        Description { label: 1, text: "it grows", weight: 2.0 },
    ];
    let classifier = Classifier::described(&model, &["left", "large"], &texts, TooLong::Error).unwrap();
    assert_eq!(classifier.label_list().unwrap().len(), 2);
    let encoded = model.encode_descriptions(&["left", "large"], &texts, TooLong::Error).unwrap();
    let score = similarity(&encoded, &encoded, 1.0).unwrap();
    assert!((score.values()[0] - 1.0).abs() < 1e-5 && encoded.rows() == 2);
    assert!(Classifier::described(&model, &["left", "large", "other"], &texts, TooLong::Error).is_err());
    let weighted = Classifier::options().templates(&["a video of {}", "{}"]).weights(&[1.0, 3.0]);
    assert!(weighted.create(&model, &["left"]).is_ok());
    assert!(weighted.weights(&[1.0]).create(&model, &["left"]).is_err());
}

#[test]
fn mistakes_are_errors_with_a_line_for_people() {
    let error = Model::load("/no/such/file.safetensors").err().unwrap();
    assert_eq!(error.status(), Status::FILE_OPEN);
    assert_eq!(format!("{:?}", error.status()), "ACTIONCLIP_ERROR_FILE_OPEN");
    assert!(error.to_string().contains("/no/such/file.safetensors") && !error.message().contains('\n'));
    assert_eq!(Model::load("a\0b").err().unwrap().status(), Status::INVALID_ARGUMENT);
    assert_eq!(
        Model::options().open_clip_name("a\0b").load_default().err().unwrap().status(),
        Status::INVALID_ARGUMENT
    );
    assert!(Video::open("/no/such/video.mp4").is_err());

    let model = shapes();
    assert!(Classifier::new::<&str>(&model, &[]).is_err());
    let classifier = Classifier::new(&model, &LABELS).unwrap();
    let short = Matrix::new(vec![1.0; 8], 8).unwrap();
    assert_eq!(classifier.score(&short, SCALE).unwrap_err().status(), Status::INVALID_ARGUMENT);
    assert!(model.join_frames(&short).is_err());
    assert!(Matrix::new(vec![0.0; 3], 2).is_err() && Matrix::new(vec![], 0).is_err());
    assert!(Image::new(&[0; 11], 2, 2, PixelFormat::Rgb).is_err());
    assert!(Image::with_stride(&[0; 64], 2, 2, PixelFormat::Rgb, 5).is_err());
    assert!(Image::new(&[0; 12], usize::MAX, 2, PixelFormat::Rgb).is_err());
}

#[test]
fn a_token_cancels_the_calls_of_its_thread() {
    let (model, token) = (shapes(), CancelToken::new().unwrap());
    let mut video = Video::open(file("examples/clip.mp4")).unwrap();
    token.cancel();
    assert!(token.is_cancelled());
    let cancelled = token.watch(|| model.encode_video(&mut video, None)).unwrap();
    assert_eq!(cancelled.unwrap_err().status(), Status::CANCELLED);
    assert!(model.encode_video(&mut video, None).is_ok());
    token.reset().unwrap();
    assert!(token.watch(|| model.encode_video(&mut video, None)).unwrap().is_ok());
}
