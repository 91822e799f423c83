// test_header.cpp: actionclip.hpp at work. Every answer is compared with the C API's, asked directly.
#include <actionclip.hpp>

#include <atomic>
#include <chrono>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

static int checks = 0, failures = 0;
#define CHECK(condition)                                                     \
  do {                                                                       \
    ++checks;                                                                \
    if (!(condition)) {                                                      \
      ++failures;                                                            \
      std::printf("test_header.cpp:%d: %s\n", __LINE__, #condition);         \
    }                                                                        \
  } while (0)

template <typename Call>
static void refused(std::int32_t status, Call call, int line) {
  ++checks;
  try {
    call();
  } catch (const actionclip::Error &error) {
    if (error.status() == status && *error.what() && error.status_name()[0] == 'A') return;
    std::printf("test_header.cpp:%d: %s: %s\n", line, error.status_name(), error.what());
    ++failures;
    return;
  }
  std::printf("test_header.cpp:%d: nothing was thrown\n", line);
  ++failures;
}
#define REFUSED(status, call) refused(ACTIONCLIP_ERROR_##status, [&] { (void)(call); }, __LINE__)

template <typename T>
constexpr bool moves_only = std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                            !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;
static_assert(moves_only<actionclip::Model> && moves_only<actionclip::Video> && moves_only<actionclip::Tokenizer> &&
              moves_only<actionclip::Classifier> && moves_only<actionclip::LabelList> &&
              moves_only<actionclip::CancelToken> && moves_only<actionclip::Stream> &&
              moves_only<actionclip::Tuner>);

static void videos(const actionclip::Model &model, const std::string &clip) {
  CHECK(actionclip::ffmpeg_version().find("libavformat") != std::string::npos);
  actionclip_video_options options = actionclip::video_options();
  options.threads = 1;
  actionclip::Video video(clip, &options);
  const actionclip_video_info info = video.info();
  CHECK(info.width == 224 && info.height == 160 && info.frame_count == 100);

  const std::size_t frames = static_cast<std::size_t>(model.info().frames), frame = 224 * 160 * 3;
  std::vector<std::int64_t> at(frames);
  actionclip::check(actionclip_sample_indices(info.frame_count, model.info().frames, at.data(), at.size()));
  std::vector<double> seconds;
  const std::vector<std::uint8_t> rgb = video.read_frames(at, &seconds);
  CHECK(rgb.size() == frames * frame && rgb == video.read_frames(at));
  CHECK(seconds.size() == frames && std::fabs(seconds.back() - static_cast<double>(at.back()) / 25) < 1e-6);
  seconds.assign(3, -1.0);
  REFUSED(INVALID_ARGUMENT, video.read_frames({100}, &seconds));
  CHECK(seconds == std::vector<double>(3, -1.0));  // a failure changes nothing
  REFUSED(INVALID_ARGUMENT, video.read_frames(at.data(), std::size_t{1} << 54));  // times a frame: 2^64

  std::vector<actionclip_image> images(frames);
  for (std::size_t i = 0; i < frames; i++)
    images[i] = {rgb.data() + i * frame, 0, 224, 160, ACTIONCLIP_PIXEL_RGB, 0};
  std::vector<float> of_frames, of_video_frames;
  const std::vector<float> embedding = model.encode_video(video, nullptr, &of_video_frames);
  CHECK(embedding == model.encode_frames(images.data(), frames, nullptr, &of_frames));
  CHECK(of_frames == of_video_frames && of_frames.size() == frames * embedding.size());
  REFUSED(INVALID_ARGUMENT, model.encode_frames(images.data(), frames - 1));
  std::vector<actionclip_frame> camera_frames;
  for (const actionclip_image &image : images)
    camera_frames.push_back(actionclip::frame(ACTIONCLIP_PIXEL_RGB, 224, 160, {image.data}));
  CHECK(embedding == model.encode_camera_frames(camera_frames.data(), frames, nullptr, &of_frames));
  CHECK(of_frames == of_video_frames);
  REFUSED(INVALID_ARGUMENT, model.encode_camera_frames(camera_frames.data(), frames - 1));
  CHECK(actionclip::pixel_format("RGB3", ACTIONCLIP_NAMES_V4L2) == ACTIONCLIP_PIXEL_RGB);
  CHECK(actionclip::pixel_format("nv12") == ACTIONCLIP_PIXEL_NV12);
  REFUSED(FORMAT_UNSUPPORTED, actionclip::pixel_format("bayer_rggb8"));
  REFUSED(INVALID_ARGUMENT, actionclip::pixel_format(std::string("nv12\0", 5)));

  CHECK(video.frames_between(1, 3) == std::make_pair(std::int64_t{25}, std::int64_t{50}));
  CHECK(embedding == model.encode_video_between(video, 0, HUGE_VAL));
  CHECK(embedding != model.encode_video_between(video, 1, 3));
  REFUSED(INVALID_ARGUMENT, video.frames_between(4, 5));

  // The model's own way, with one thing changed.
  CHECK(model.sampling() == ACTIONCLIP_SAMPLING_ACTIONCLIP);
  actionclip_preprocess_options own = model.preprocess_options();
  CHECK(embedding == model.encode_video(video, &own));
  own.resize = ACTIONCLIP_RESIZE_MMACTION2;
  CHECK(embedding != model.encode_video(video, &own));
  REFUSED(INVALID_ARGUMENT, model.encode_frames(images.data(), 0));

  const std::size_t side = static_cast<std::size_t>(model.info().image_size), plane = 3 * side * side;
  std::vector<float> pixels(frames * plane);
  for (std::size_t i = 0; i < frames; i++)
    actionclip::check(actionclip_preprocess_pixels(&images[i], model.info().image_size, nullptr,
                                                   pixels.data() + i * plane, plane));
  CHECK(embedding == model.encode_pixels(pixels.data(), pixels.size(), frames));

  // Frames by themselves, joined later.
  CHECK(model.info().frames_independent == 1);
  CHECK(of_frames == model.encode_single_frames(images.data(), frames));
  CHECK(of_frames == model.encode_single_camera_frames(camera_frames.data(), frames));
  REFUSED(INVALID_ARGUMENT, model.encode_single_camera_frames(nullptr, 1));
  CHECK(of_frames == model.encode_single_pixels(pixels.data(), pixels.size(), frames));
  CHECK(embedding == model.join_frames(of_frames.data(), frames));
  REFUSED(INVALID_ARGUMENT, model.join_frames(of_frames.data(), frames - 1));

  const std::vector<std::string> labels = {"walking", "running", "a cup of tea"};
  const std::vector<float> texts = model.encode_labels(labels);
  const std::size_t templates = static_cast<std::size_t>(actionclip_template_count());
  CHECK(texts.size() == templates * labels.size() * embedding.size());
  CHECK(model.classify(video, labels) ==
        actionclip::probabilities(embedding.data(), 1, texts.data(), templates, labels.size(), embedding.size()));
  REFUSED(INVALID_ARGUMENT, model.classify(video, {}));

  actionclip::Video moved = std::move(video);
  CHECK(moved.info().frame_count == 100 && video.get() == nullptr);
  REFUSED(INVALID_ARGUMENT, video.info());
}

static void texts(const actionclip::Model &model, const std::string &merges) {
  const std::vector<std::string> prompts = {"walking", "a man is running", ""};
  const std::vector<std::int32_t> tokens = model.tokenize(prompts);
  const std::vector<float> rows = model.encode_prompts(prompts);
  CHECK(rows == model.encode_tokens(tokens.data(), tokens.size(), prompts.size()));
  const std::vector<float> of_labels = model.encode_labels({prompts[0], prompts[1]}, {"{}"});
  CHECK(!of_labels.empty() && std::equal(of_labels.begin(), of_labels.end(), rows.begin()));
  REFUSED(INVALID_ARGUMENT, model.encode_labels(prompts, {"{}"}));  // an empty label
  const std::size_t e = static_cast<std::size_t>(model.info().embedding_size);
  const std::vector<float> cosines = actionclip::similarity(rows.data(), 3, rows.data(), 3, e, 1);
  CHECK(model.similarity(rows.data(), 3, rows.data(), 3, 1) == cosines);
  CHECK(model.probabilities(rows.data(), 3, rows.data(), 1, 3) ==
        actionclip::probabilities(rows.data(), 3, rows.data(), 1, 3, e));
  CHECK(std::fabs(cosines[0] - 1) < 1e-6f && std::fabs(cosines[1] - cosines[3]) < 1e-6f && cosines[1] < 1);

  const actionclip::Tokenizer tokenizer(merges);
  const std::vector<std::int32_t> ids = tokenizer.encode(prompts[1]);
  CHECK(ids.size() > 2);
  const std::size_t second = static_cast<std::size_t>(model.info().context_length) + 1;  // after its start marker
  for (std::size_t i = 0; i < ids.size(); i++) CHECK(tokens[second + i] == ids[i]);
  CHECK(tokenizer.encode("").empty());
  CHECK(tokenizer.encode(std::string("a\0b", 3)).size() > tokenizer.encode("a").size());

  actionclip::Classifier classifier(model, {"walk", "run"}, {"{}", "a clip of {}"});
  classifier.set_labels({"run", "jump", "walk"});
  CHECK(classifier.label_count() == 3);
  const std::vector<float> labels = model.encode_labels({"run", "jump", "walk"}, {"{}", "a clip of {}"});
  CHECK(classifier.score(rows) == actionclip::probabilities(rows.data(), 3, labels.data(), 2, 3, e));
  REFUSED(TEXT_TOO_LONG, classifier.set_labels({std::string(2000, 'w')}));
  CHECK(classifier.label_count() == 3);

  CHECK(classifier.label_list().labels() == std::vector<std::string>({"run", "jump", "walk"}));
  CHECK(classifier.label_list().generation() == 2 && classifier.set_labels({"run"}) == 3);
  REFUSED(INVALID_ARGUMENT, classifier.score(std::vector<float>(e + 1)));

  std::string longer;
  for (int i = 0; i < 200; i++) longer += "walk ";
  REFUSED(TEXT_TOO_LONG, model.tokenize({longer}));
  CHECK(model.tokenize({longer}, ACTIONCLIP_TEXT_TRUNCATE).size() == tokens.size() / 3);
  REFUSED(INVALID_UTF8, model.encode_prompts({"\xff"}));
  // A NUL, where a C string would end, is never cut off silently.
  const std::string two("walk\0run", 8);
  REFUSED(INVALID_ARGUMENT, model.encode_prompts({two}));
  REFUSED(INVALID_ARGUMENT, model.encode_labels({"walk"}, {std::string("{}\0", 3)}));
  REFUSED(INVALID_ARGUMENT, actionclip::Tokenizer(merges + '\0'));
}

/* Scores are of one list each, whatever other threads set meanwhile. */
static void changing_labels(const actionclip::Model &model) {
  const std::vector<std::string> labels = {"walk", "run", "jump", "sit", "fall", "wave"};
  const auto first = [&](std::size_t count) {
    return std::vector<std::string>(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(count));
  };
  const std::vector<float> video = model.encode_prompts({"running"});
  std::vector<std::vector<float>> expected(labels.size() + 1);
  for (std::size_t count = 1; count <= labels.size(); count++) {
    const std::vector<float> texts = model.encode_labels(first(count), {"{}"});
    expected[count] = actionclip::probabilities(video.data(), 1, texts.data(), 1, count, video.size());
  }
  actionclip::Classifier classifier(model, first(1), {"{}"});
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; i++)
    threads.emplace_back([&] {
      while (!done) try {
          const std::vector<float> scores = classifier.score(video);
          const actionclip::LabelList list = classifier.label_list();
          if (scores.size() > labels.size() || scores != expected[scores.size()]) wrong++;
          if (list.score(video) != expected[list.count()] || list.labels() != first(list.count())) wrong++;
        } catch (const actionclip::Error &) {
          wrong++;
        }
    });
  const char *runs = std::getenv("LABEL_RUNS");
  for (long i = 0, count = 1; i < (runs ? std::atol(runs) : 2000); i++) {
    count = count * 5 % 7;
    classifier.set_labels(first(static_cast<std::size_t>(count)));
  }
  done = true;
  for (std::thread &thread : threads) thread.join();
  CHECK(wrong == 0);
}

static void cancelling(const actionclip::Model &model) {
  const std::vector<std::string> labels(20000, "walking");
  actionclip::CancelToken token, inner;
  {
    const actionclip::UseCancelToken use(token);
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      token.cancel();
    });
    REFUSED(CANCELLED, model.encode_labels(labels));
    other.join();
    CHECK(token.is_cancelled());
    REFUSED(CANCELLED, model.encode_labels({"walking"}));
    {
      const actionclip::UseCancelToken use_inner(inner);
      CHECK(!model.encode_labels({"walking"}).empty());
    }
    REFUSED(CANCELLED, model.encode_labels({"walking"}));
    token.reset();
    CHECK(!token.is_cancelled() && !model.encode_labels({"walking"}).empty());
    token.cancel();
  }
  CHECK(!model.encode_labels({"walking"}).empty());  // used no more
}

static void teaching(const actionclip::Model &model, const std::string &clip, const std::string &scratch) {
  const std::vector<std::string> labels = {"walking", "running", "waving"};
  const std::vector<float> shown = model.encode_prompts({"a b", "b a", "on in", "in on"});
  const std::size_t e = shown.size() / 4;
  const std::vector<float> two(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(2 * e));
  actionclip::Classifier classifier(model, labels, {"{}"});
  const std::vector<float> words = classifier.score(shown);
  classifier.add("walking", two);
  classifier.add("running", {shown.begin() + static_cast<std::ptrdiff_t>(2 * e), shown.end()}, {5, 5});
  actionclip::Video video(clip);
  classifier.add("waving", video, 0.5, 1, 2);
  classifier.add("waving", video);
  const std::vector<actionclip_example> examples = classifier.examples();
  CHECK(examples.size() == 5 && examples[2].clip_id == 5 && examples[2].views == 2 && examples[2].label == 1);
  CHECK(examples[3].views == 2 && examples[4].views == 1 && examples[0].clip_id < 0);
  CHECK(classifier.score(shown) == words);
  CHECK(classifier.fit() == 2 && classifier.score(shown) != words);
  actionclip_fit_options options = actionclip::fit_options();
  options.method = ACTIONCLIP_FIT_RIDGE;
  CHECK(classifier.fit(&options) == 3);
  const actionclip::Report report = classifier.report();
  CHECK(report.labels == labels && report.clips.size() == 5 && report.label_rows.size() == 3);
  CHECK(report.trials.size() >= 2);
  CHECK(report.clips[4].clip_id == 5 && report.info.single_clips == 1 && !report.reason.empty());
  CHECK(report.text.find("walking") != std::string::npos);
  const actionclip::LabelList list = classifier.label_list();
  CHECK(list.decide(shown).size() == 4 && list.reject_threshold() >= 0 && list.threshold(2) <= 1);
  CHECK(list.score_independent(shown).size() == 12);
  REFUSED(INVALID_ARGUMENT, list.threshold(3));
  REFUSED(INVALID_ARGUMENT, list.decide({1, 2}));
  const std::string file = scratch + "/test_header.classifier";
  classifier.save(file);
  const actionclip::Classifier again = actionclip::Classifier::load(model, file);
  CHECK(again.score(shown) == classifier.score(shown) && again.examples().size() == 5);
  classifier.save(file, false);
  CHECK(actionclip::Classifier::load(model, file).examples().empty());
  std::remove(file.c_str());
  REFUSED(FILE_OPEN, actionclip::Classifier::load(model, file));
  REFUSED(FILE_WRITE, classifier.save("/no/such/folder/file"));
  classifier.remove({5, examples[4].clip_id});
  classifier.clear("waving");
  CHECK(classifier.examples().size() == 2);
  CHECK(classifier.unfit() > 3 && classifier.score(shown) == words);
  classifier.clear();
  REFUSED(NOT_ENOUGH_EXAMPLES, classifier.fit());
  REFUSED(INVALID_ARGUMENT, classifier.add("wakling", two));
  REFUSED(INVALID_ARGUMENT, classifier.add("walking", two, {1}));
  REFUSED(INVALID_ARGUMENT, classifier.add("walking", video, 1, 1));
  REFUSED(INVALID_ARGUMENT, classifier.add("walking", nullptr, 8));
  REFUSED(INVALID_ARGUMENT, classifier.add_camera_frames("walking", nullptr, 8));
  const std::size_t frames = static_cast<std::size_t>(model.info().frames);
  const std::vector<std::uint8_t> grey(32 * 24, 99);
  const std::vector<actionclip_frame> still(frames, actionclip::frame(ACTIONCLIP_PIXEL_GRAY, 32, 24, {grey.data()}));
  classifier.add_camera_frames("walking", still.data(), frames, nullptr, 7);
  CHECK(classifier.examples().size() == 1 && classifier.examples()[0].clip_id == 7);
  REFUSED(INVALID_ARGUMENT, classifier.remove({1}));
}

// A clip is one colour with a pattern on it; its label is the colour.
static std::vector<float> coloured(const actionclip::Model &model, std::size_t label, std::size_t clip) {
  const std::size_t side = static_cast<std::size_t>(model.info().image_size), plane = side * side;
  std::vector<float> pixels(static_cast<std::size_t>(model.info().frames) * 3 * plane);
  for (std::size_t i = 0; i < pixels.size(); i++)
    pixels[i] = (i / plane % 3 == label ? 1.5f : -1.0f) + 0.3f * std::sin(static_cast<float>(i % 131 + 7 * clip));
  return pixels;
}

static actionclip::Tuner ready(const actionclip::Model &model) {
  actionclip_tuner_options options = actionclip::tuner_options();
  options.epochs = 4;
  options.batch = 4;
  options.rate = 1e-3;
  options.vision = ACTIONCLIP_TRAIN_PROJECTION;
  actionclip::Tuner tuner(model, {"walking", "jumping", "waving"}, &options, {"{}", "a clip of {}"});
  tuner.add_text(1, "somebody leaps into the air");
  const std::size_t frames = static_cast<std::size_t>(model.info().frames);
  for (std::size_t i = 0; i < 12; i++) {
    const std::vector<float> pixels = coloured(model, i % 3, i);
    tuner.add_pixels({static_cast<std::int32_t>(i % 3)}, pixels.data(), pixels.size(), frames,
                     i < 9 ? ACTIONCLIP_CLIP_TRAINED : ACTIONCLIP_CLIP_HELD_OUT);
  }
  return tuner;
}

static bool same(const actionclip_tuner_result &a, const actionclip_tuner_result &b) {
  return a.step == b.step && a.loss == b.loss && a.gradient_norm == b.gradient_norm && a.scale == b.scale;
}

static void tuning(const actionclip::Model &model, const std::string &clip, const std::string &scratch) {
  actionclip::Tuner first = ready(model), tuner = std::move(first), straight = ready(model);
  CHECK(first.get() == nullptr);
  REFUSED(INVALID_ARGUMENT, first.step());
  const std::vector<std::uint8_t> grey(32 * 24, 99);
  const std::size_t frames = static_cast<std::size_t>(model.info().frames);
  const std::vector<actionclip_image> images(frames, {grey.data(), 0, 32, 24, ACTIONCLIP_PIXEL_GRAY, 0});
  const std::vector<actionclip_frame> shown(frames, actionclip::frame(ACTIONCLIP_PIXEL_GRAY, 32, 24, {grey.data()}));
  actionclip::Video video(clip);
  for (actionclip::Tuner *each : {&tuner, &straight}) {
    each->add({0, 2}, video, 0.5, 3, 2);
    each->add_file({0}, clip, 0.5, 3, ACTIONCLIP_CLIP_HELD_OUT);
    each->add({1}, images.data(), frames);
    each->add_camera_frames({1}, shown.data(), frames);
  }
  REFUSED(INVALID_ARGUMENT, tuner.add({}, video));
  REFUSED(INVALID_ARGUMENT, tuner.add({3}, video));
  REFUSED(INVALID_ARGUMENT, tuner.add({0}, images.data(), frames - 1));
  REFUSED(INVALID_ARGUMENT, tuner.add_text(0, std::string("a\0b", 3)));
  const actionclip_tuner_info info = tuner.info();
  CHECK(info.labels == 3 && info.clips == 12 && info.held_out == 4 && info.total_steps == 12 && info.model_bytes > 0);
  REFUSED(OPTION_CONFLICT, tuner.add({0}, video));

  // A run ends where the caller's function says so, and what it throws comes out whole, after a whole step.
  std::vector<std::int64_t> heard;
  CHECK(tuner.run([&](const actionclip_tuner_result &result) { heard.push_back(result.step); }, 2).step == 2);
  CHECK(tuner.run([](const actionclip_tuner_result &result) { return result.step == 4; }).step == 4);
  struct Enough { int step; };
  int thrown = 0;
  try {
    tuner.run([](const actionclip_tuner_result &result) { if (result.step == 6) throw Enough{6}; });
  } catch (const Enough &enough) { thrown = enough.step; }
  CHECK(thrown == 6 && tuner.info().steps == 6 && heard == std::vector<std::int64_t>({1, 2}));
  const std::string state = scratch + "/test_header.state";
  tuner.save(state);
  CHECK(tuner.step().step == 7);
  tuner.load(state);
  std::remove(state.c_str());
  REFUSED(FILE_OPEN, tuner.load(state));

  // Another thread cancels; the steps are those of a run that never stopped.
  std::thread([&] { tuner.cancel(); }).join();
  REFUSED(CANCELLED, tuner.run());
  CHECK(same(tuner.run(), straight.run()) && tuner.run().step == 0);
  REFUSED(INVALID_ARGUMENT, tuner.step());
  REFUSED(INVALID_ARGUMENT, tuner.run(-1));

  CHECK(tuner.eval().clips == 4 && tuner.eval(ACTIONCLIP_CLIP_TRAINED, 1).clips == 12);
  CHECK(tuner.eval(ACTIONCLIP_CLIP_HELD_OUT, 0.5).loss == tuner.eval().loss);
  const std::vector<float> pixels = coloured(model, 1, 5);
  const auto embedding = [&](const actionclip::Model &one) {
    return one.encode_pixels(pixels.data(), pixels.size(), frames);
  };
  const actionclip::Model tuned = tuner.model(1), half = tuner.model();
  CHECK(tuned.labels() == std::vector<std::string>({"walking", "jumping", "waving"}));
  CHECK(embedding(tuner.model(0)) == embedding(model) && embedding(tuned) != embedding(model));
  CHECK(embedding(actionclip::Model::interpolated(model, tuned, 0.5)) == embedding(half));
  REFUSED(INVALID_ARGUMENT, tuner.model(1.5));
  REFUSED(INVALID_ARGUMENT, actionclip::Model::interpolated(model, tuned, 2));
  REFUSED(INVALID_ARGUMENT, actionclip::Tuner(model, {}));
  actionclip_tuner_options wrong = actionclip::tuner_options();
  wrong.head_dropout = 1;
  REFUSED(INVALID_ARGUMENT, actionclip::Tuner(model, {"walking", "jumping"}, &wrong));
}

static void prompts(const actionclip::Model &model) {
  const std::vector<std::string> labels = {"walking", "running"}, templates = {"a clip of {}", "{}", "see {}"};
  const std::vector<float> videos = model.encode_prompts({"a person on foot", "fast", "slow"});
  const std::size_t e = videos.size() / 3;
  const std::vector<float> texts = model.encode_labels(labels, templates), weights = {1, 0, 2};
  const std::vector<float> mixed =
      actionclip::probabilities(videos.data(), 3, texts.data(), 3, 2, e, 100, weights.data());
  CHECK(actionclip::Classifier(model, labels, templates, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, weights).score(videos) ==
        mixed);
  REFUSED(INVALID_ARGUMENT, actionclip::Classifier(model, labels, templates, 0, {1, 2}));

  const std::vector<actionclip::DescribedLabel> described = {{"walking", {"a person {}", "on foot"}, {2, 1}},
                                                             {"running", {"{} fast"}}};
  actionclip::Classifier classifier = actionclip::Classifier::described(model, described);
  const std::vector<float> own = model.encode_descriptions(described);
  CHECK(own.size() == 2 * e && classifier.label_list().labels() == labels);
  CHECK(classifier.score(videos) == actionclip::probabilities(videos.data(), 3, own.data(), 1, 2, e));
  classifier.set_labels({"running"});
  CHECK(classifier.label_count() == 1);
  REFUSED(INVALID_ARGUMENT, actionclip::Classifier::described(model, {{"walking", {}}}));
  REFUSED(INVALID_ARGUMENT, model.encode_descriptions({{"walking", {"a", "b"}, {1}}}));

  const actionclip::TemplateWeights fit = actionclip::fit_prompts(videos, {0, 1, 0}, texts, 3, 2, e, 100, {7, 8, 7});
  CHECK(fit.weights.size() == 3 && fit.report.folds == 2 && fit.report.chosen_top1 >= fit.report.equal_top1);
  CHECK(actionclip::fit_prompts_unlabelled(videos.data(), 3, texts.data(), 3, 2, e).size() == 3);
  REFUSED(INVALID_ARGUMENT, actionclip::fit_prompts(videos, {0, 1}, texts, 3, 2, e));
  CHECK(actionclip::prompt_pool().size() > 50 && model.template_weights().empty());
}

static void saving(const actionclip::Model &model, const std::string &path) {
  CHECK(model.labels().empty() && model.templates().empty() && model.note("license").empty());
  const char *labels[] = {"walking", "running"}, *templates[] = {"a clip of {}"};
  actionclip_save_options options = actionclip::save_options();
  options.labels = labels;
  options.label_count = 2;
  options.templates = templates;
  options.template_count = 1;
  const float weights[] = {5};
  options.template_weights = weights;
  options.template_weight_count = 1;
  options.license = "MIT";
  model.save(path, &options);

  CHECK(model.family() == "CLIP");
  CHECK(actionclip::describe_file(path).find("format: safetensors\n") == 0);

  // The info that loading gives is told before.
  const actionclip_model_info loaded = actionclip::Model(path).info();
  std::int64_t video_ns = 0;
  const actionclip_model_info told = actionclip::file_info(path.c_str(), nullptr, &video_ns);
  CHECK(told.weight_bytes == loaded.weight_bytes && told.video_bytes == loaded.video_bytes && video_ns > 0);
  REFUSED(FILE_OPEN, actionclip::file_info("/no/such/file"));

  // The file's hash: computed, then expected, then wrong.
  CHECK(model.sha256().empty());
  actionclip_model_options hashed = actionclip::model_options();
  hashed.compute_sha256 = ACTIONCLIP_ON;
  std::string hash = actionclip::Model(path, &hashed).sha256();
  CHECK(hash.size() == 64 && actionclip::file_sha256(path.c_str()) == hash);
  hashed = actionclip::model_options();
  hashed.expected_sha256 = hash.c_str();
  CHECK(actionclip::Model(path, &hashed).sha256() == hash);
  hash[0] = hash[0] == '0' ? '1' : '0';
  hashed.expected_sha256 = hash.c_str();
  REFUSED(HASH_MISMATCH, actionclip::Model(path, &hashed));

  // By its path and as the default model.
  setenv("ACTIONCLIP_MODEL", path.c_str(), 1);
  const actionclip::Model named(path), again;
  CHECK(again.labels() == named.labels() && again.labels() == std::vector<std::string>({"walking", "running"}));
  CHECK(again.templates() == std::vector<std::string>({"a clip of {}"}) && again.note("license") == "MIT");
  CHECK(again.template_weights() == std::vector<float>({1}));
  CHECK(actionclip::file_sha256() == actionclip::file_sha256(path.c_str()));
  CHECK(again.encode_labels(again.labels()) == model.encode_labels(again.labels(), again.templates()));
  std::remove(path.c_str());
  REFUSED(FILE_OPEN, actionclip::Model());
  unsetenv("ACTIONCLIP_MODEL");
  REFUSED(FILE_WRITE, model.save("/no/such/folder/model"));
}

// Frames of the clip, 0.1 s apart, pushed to a stream and encoded as videos.
static void streams(const actionclip::Model &model, const std::string &clip) {
  constexpr std::int64_t tenth = 100'000'000;
  actionclip::Video video(clip);
  std::vector<std::int64_t> at;
  for (std::int64_t i = 0; i < 20; i++) at.push_back(5 * i);
  const std::vector<std::uint8_t> rgb = video.read_frames(at);
  const std::size_t length = static_cast<std::size_t>(model.info().frames), size = 224 * 160 * 3;
  std::vector<actionclip_image> images(at.size());
  std::vector<actionclip_frame> frames(at.size());
  for (std::size_t i = 0; i < at.size(); i++) {
    images[i] = {rgb.data() + i * size, 0, 224, 160, ACTIONCLIP_PIXEL_RGB, 0};
    actionclip_frame_init(&frames[i]);
    frames[i].pixel_format = ACTIONCLIP_PIXEL_RGB;
    frames[i].width = 224;
    frames[i].height = 160;
    frames[i].planes[0] = images[i].data;
  }

  actionclip_stream_options options = actionclip::stream_options();
  options.frame_interval_ns = tenth;
  options.hop = 3;
  actionclip::Stream one(model, &options), two(model, &options);
  CHECK(one.info().hop == 3 && one.info().frame_interval_ns == tenth && one.info().queue_frames == model.info().frames);
  CHECK(one.push(frames[0], 0) == actionclip::Pushed::queued);
  CHECK(one.push(frames[0], tenth / 2) == actionclip::Pushed::not_due);
  REFUSED(INVALID_ARGUMENT, one.push(frames[0], tenth / 2));
  REFUSED(INVALID_ARGUMENT, one.push(actionclip_frame{}, tenth));
  CHECK(one.stats().pushed == 4 && one.stats().refused == 2 && one.stats().pending == 1);
  one.reset();

  // A thread pushes to one, this one to the other; both step in one batch.
  std::thread camera([&] {
    for (std::size_t i = 0; i < frames.size(); i++)
      while (one.push(frames[i], static_cast<std::int64_t>(i) * tenth) == actionclip::Pushed::full)
        one.wait(ACTIONCLIP_WAIT_ROOM);
    one.finish();
  });
  std::vector<std::vector<actionclip::Window>> found(2);
  std::size_t pushed = 0;
  for (bool ended[2] = {false, false}; !ended[0] || !ended[1];) {
    while (pushed < frames.size() &&
           two.push(frames[pushed], static_cast<std::int64_t>(pushed) * tenth) != actionclip::Pushed::full)
      pushed++;
    if (pushed == frames.size()) two.finish();
    actionclip::wait({&one, &two}, ACTIONCLIP_WAIT_STEP, tenth);
    actionclip::step({&one, &two}, 5);
    for (int i = 0; i < 2; i++)
      while (std::optional<actionclip::Window> window = (i ? two : one).next(&ended[i])) found[i].push_back(*window);
  }
  camera.join();
  CHECK(found[0].size() == (frames.size() - length) / 3 + 1 && found[0].size() == found[1].size());
  for (std::size_t i = 0; i < found[0].size(); i++) {
    const actionclip::Window &window = found[0][i];
    CHECK(window.sequence == static_cast<std::int64_t>(i) && window.first_push == static_cast<std::int64_t>(3 * i));
    CHECK(window.end_ns == static_cast<std::int64_t>(3 * i + length - 1) * tenth && window.flags == 0);
    CHECK(window.embedding == model.encode_frames(images.data() + 3 * i, length));
    CHECK(window.embedding == found[1][i].embedding);
  }
  actionclip::Window last = {};
  last.embedding = {1, 2};
  CHECK(one.next(last) == ACTIONCLIP_NEXT_END && last.embedding == std::vector<float>({1, 2}));
  CHECK( !one.next() && one.stats().finished == 1);

  // From another thread, a cancel ends a wait.
  std::thread canceller([&] { two.cancel(); });
  REFUSED(CANCELLED, [&] { for (;;) two.wait(ACTIONCLIP_WAIT_ROOM, 0); }());
  canceller.join();
  REFUSED(CANCELLED, actionclip::step({&one, &two}));
  two.reset();
  CHECK(two.step() == 0 && !two.wait(ACTIONCLIP_WAIT_WINDOW, 0) && two.next(last) == ACTIONCLIP_NEXT_NONE);

  options.hop = -1;
  REFUSED(INVALID_ARGUMENT, actionclip::Stream(model, &options));
  REFUSED(INVALID_ARGUMENT, actionclip::step({}));
  REFUSED(INVALID_ARGUMENT, actionclip::step({&one, nullptr}));
  actionclip::Stream moved = std::move(two);
  CHECK(moved.stats().pushed == 0 && two.get() == nullptr);
  REFUSED(INVALID_ARGUMENT, two.step());
}

/* Two labels that take turns of four seconds, in windows of two seconds. */
static void events() {
  const std::int64_t second = 1000000000;
  std::vector<std::int64_t> starts, ends;
  std::vector<float> scores;
  actionclip::Tracker first(2), tracker = std::move(first);
  std::vector<actionclip_event> found;
  for (int window = 0; window < 64; window++) {
    starts.push_back(window * second / 4);
    ends.push_back(starts.back() + 2 * second);
    const float high = window / 16 % 2 == 0 ? 0.9f : 0.1f;
    scores.insert(scores.end(), {high, 1 - high});
    tracker.push(starts.back(), ends.back(), {high, 1 - high});
    for (const actionclip_event &event : tracker.events()) found.push_back(event);
  }
  REFUSED(INVALID_ARGUMENT, tracker.push(0, 1, {1, 0}));
  tracker.finish();
  for (const actionclip_event &event : tracker.events()) found.push_back(event);
  CHECK(first.get() == nullptr && found.size() == 8 && found[7].kind == ACTIONCLIP_EVENT_ENDED);
  CHECK(found[0].start_ns == 0 && found[7].end_ns == ends.back() && found[7].label == 1);
  tracker.reset(3);
  CHECK(tracker.events().empty());
  CHECK(actionclip::find_segments(starts, ends, scores).size() == 4);
  actionclip_segment_options options = actionclip::segment_options();
  options.method = ACTIONCLIP_SEGMENTS_HYSTERESIS;
  const std::vector<actionclip_segment> segments = actionclip::find_segments(starts, ends, scores, &options);
  CHECK(segments.size() == 4 && segments[1].label == 1 && segments[1].step == -1);
  REFUSED(INVALID_ARGUMENT, actionclip::find_segments(starts, {}, scores));
  const std::vector<actionclip::LabelledSpan> spans = {{0, 0, 39 * second / 8}, {0, 71 * second / 8, 103 * second / 8}};
  actionclip_tracker_options raw = actionclip::tracker_options();
  raw.half_life_ns = 0;
  const actionclip::Thresholds best = actionclip::suggest_thresholds(starts, ends, scores, spans, &raw);
  CHECK(best.f1[0] == 1 && best.on[0] > 0.1 && best.on[0] < 0.9 && best.f1[1] != best.f1[1]);
}

/* An archive of three rows of two numbers. */
static void indexes(const std::string &scratch) {
  const std::string folder = scratch + "/test_header_index";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/manifest.json")
      << "{\"format\":\"actionclip-archive\",\"version\":1,\"dimension\":2,\"dtype\":\"float32\"}";
  std::ofstream(folder + "/meta_0000.jsonl") << "{\"path\":\"a\",\"start\":0,\"end\":2}\n"
                                                "{\"path\":\"b\",\"start\":1,\"end\":3}\n"
                                                "{\"path\":\"c\",\"start\":0,\"end\":2}\n";
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
  header.resize(117, ' ');
  std::ofstream rows(folder + "/emb_0000.npy", std::ios::binary);
  rows << "\x93NUMPY" << std::string("\x01\0\x76\0", 4) << header << '\n';
  const float numbers[] = {1, 0, 0, 1, 0.6f, 0.8f};
  rows.write(reinterpret_cast<const char *>(numbers), sizeof numbers);
  rows.close();
  actionclip::Index first(folder), index = std::move(first);
  CHECK(first.get() == nullptr && index.info().rows == 3 && index.manifest().find("float32") != std::string::npos);
  const std::vector<actionclip_moment> found = index.query({0, 5}, 2);
  CHECK(found.size() == 2 && found[0].row == 1 && found[1].row == 2 && found[0].score == 1);
  CHECK(index.path(found[0].row) == "b" && index.times(1) == std::make_pair(1.0, 3.0));
  CHECK(index.query({0, 1, 1, 0}, 1, {1, -1})[0].row == 1);
  actionclip_query_options options = actionclip::query_options();
  options.minimum_score = 0.9;
  CHECK(index.query({0, 1}, 3, {}, &options).size() == 1);
  REFUSED(INVALID_ARGUMENT, index.query({0, 1, 1}, 1));
  REFUSED(INVALID_ARGUMENT, index.query({0, 1}, 1, {1, 1}));
  REFUSED(INVALID_ARGUMENT, index.query({0, 1}, 0));
  REFUSED(INVALID_ARGUMENT, index.path(3));
  const actionclip_index_options raw = actionclip::index_options();
  REFUSED(FILE_OPEN, actionclip::Index(scratch + "/none", &raw));
  std::filesystem::remove_all(folder);
}

int main(int argc, char **argv) try {
  const std::string root = argc > 1 ? argv[1] : ".", untrained = root + "/Tests/fixtures/untrained/";
  actionclip_model_options options = actionclip::model_options();
  options.threads = 2;
  actionclip::Model first(untrained + "untrained.safetensors", &options), model = std::move(first);
  CHECK(first.get() == nullptr && model.info().threads == 2);
  REFUSED(INVALID_ARGUMENT, first.encode_prompts({"walking"}));
  REFUSED(INVALID_ARGUMENT, first.labels());
  videos(model, root + "/examples/clip.mp4");
  texts(model, untrained + "merges.txt");
  changing_labels(model);
  cancelling(model);
  teaching(model, root + "/examples/clip.mp4", argc > 2 ? argv[2] : "/tmp");
  tuning(model, root + "/examples/clip.mp4", argc > 2 ? argv[2] : "/tmp");
  streams(model, root + "/examples/clip.mp4");
  prompts(model);
  events();
  indexes(argc > 2 ? argv[2] : "/tmp");
  saving(model, std::string(argc > 2 ? argv[2] : "/tmp") + "/test_header.safetensors");
  CHECK(model.label_note("ice skating").empty() && model.label_note().empty());
  const actionclip::Model shapes(root + "/models/actionclip-shapes.safetensors");
  CHECK(shapes.label_note("ice skating").find("'skating'") != std::string::npos && !shapes.label_note().empty());
  CHECK(shapes.label_note("moving left").empty());
  REFUSED(FILE_OPEN, actionclip::Model(root + "/none"));
  REFUSED(FILE_OPEN, actionclip::Video(root + "/none"));
  REFUSED(FORMAT_UNKNOWN, actionclip::Model("hello world", std::size_t{11}));
  REFUSED(VIDEO_INVALID, actionclip::Video("hello world", std::size_t{11}));
  std::printf("%-16s %d passed, %d failed\n", "test_header", checks - failures, failures);
  return failures != 0;
} catch (const std::exception &error) {
  std::printf("test_header: %s\n", error.what());
  return 1;
}
