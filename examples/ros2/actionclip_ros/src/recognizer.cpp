#include "recognizer.hpp"

#include <algorithm>
#include <utility>

namespace actionclip_ros {
namespace {

// The reference's factor on cosines, at which the tracker's default thresholds are meant.
constexpr float score_scale = 100;

void need(std::int32_t status) {
  if (status != ACTIONCLIP_OK) throw std::runtime_error(actionclip_last_error());
}

/// The labels, or those that the model's file names.
std::vector<std::string> chosen(const actionclip_model *model, const std::vector<std::string> &labels) {
  std::vector<std::string> names;
  // An empty list of texts is hard to write in a parameter file: [""] is one too.
  for (const std::string &label : labels)
    if (!label.empty()) names.push_back(label);
  if (names.empty())
    for (std::int32_t i = 0; i < actionclip_model_label_count(model); i++)
      names.emplace_back(actionclip_model_label(model, i));
  if (names.empty()) throw std::runtime_error("labels: the model's file names none, so they must be set");
  // Ids in vision_msgs/LabelInfo have 16 bits, and the last one is reserved.
  if (names.size() > 65535) throw std::runtime_error("labels: at most 65535");
  return names;
}

std::vector<const char *> pointers(const std::vector<std::string> &texts) {
  std::vector<const char *> result;
  for (const std::string &text : texts) result.push_back(text.c_str());
  return result;
}

std::int32_t none_index(const std::string &none, const std::vector<std::string> &names) {
  if (none.empty()) return -1;
  const auto found = std::find(names.begin(), names.end(), none);
  if (found == names.end()) throw std::runtime_error("none_label: \"" + none + "\" is none of the labels");
  return static_cast<std::int32_t>(found - names.begin());
}

}  // namespace

Recognizer::Recognizer(const Parameters &parameters, Listener listener)
    : parameters_(parameters), listener_(std::move(listener)) {
  const actionclip_model_options options = model_options(parameters);
  const actionclip_stream_options sampling = stream_options(parameters);
  actionclip_model *model = nullptr;
  need(
      actionclip_model_load(parameters.model.empty() ? nullptr : parameters.model.c_str(), &options, &model));
  model_.reset(model);
  actionclip_model_info info{};
  info.struct_size = sizeof info;
  need(actionclip_model_get_info(model, &info));
  embedding_.resize(static_cast<std::size_t>(info.video_size));
  actionclip_stream *stream = nullptr;
  need(actionclip_stream_create(model, &sampling, &stream));
  stream_.reset(stream);
  const std::vector<std::string> names = chosen(model, parameters.labels);
  none_index(parameters.none_label, names);
  actionclip_classifier *classifier = nullptr;
  need(actionclip_classifier_create(model, pointers(names).data(), names.size(), nullptr, 0,
                                    ACTIONCLIP_TEXT_TRUNCATE, &classifier));
  classifier_.reset(classifier);
  take_labels();
  worker_ = std::thread(&Recognizer::work, this);
}

Recognizer::~Recognizer() {
  {
    const std::lock_guard<std::mutex> guard(lock_);
    must_end_ = true;
  }
  changed_.notify_all();
  actionclip_stream_cancel(stream_.get());
  worker_.join();
}

void Recognizer::push(const actionclip_frame &frame, std::int64_t time) {
  std::int32_t outcome = 0;
  need(actionclip_stream_push(stream_.get(), &frame, time, &outcome));
  if (outcome == ACTIONCLIP_PUSH_NOT_DUE) return;
  {
    const std::lock_guard<std::mutex> guard(lock_);
    has_work_ = true;
  }
  changed_.notify_all();
}

void Recognizer::finish() {
  std::unique_lock<std::mutex> guard(lock_);
  must_finish_ = true;
  changed_.notify_all();
  changed_.wait(guard, [this] { return !must_finish_; });
}

void Recognizer::set_labels(const std::vector<std::string> &labels) {
  const std::vector<std::string> names = chosen(model_.get(), labels);
  none_index(parameters_.none_label, names);
  need(actionclip_classifier_set_labels(classifier_.get(), pointers(names).data(), names.size(), nullptr));
}

std::vector<std::string> Recognizer::labels() const {
  actionclip_label_list *list = nullptr;
  need(actionclip_classifier_label_list(classifier_.get(), &list));
  const LabelList owner(list);
  std::vector<std::string> names;
  for (std::int32_t i = 0; i < actionclip_label_list_count(list); i++)
    names.emplace_back(actionclip_label_list_label(list, i));
  return names;
}

actionclip_stream_stats Recognizer::account() const {
  actionclip_stream_stats stats{};
  stats.struct_size = sizeof stats;
  need(actionclip_stream_get_stats(stream_.get(), &stats));
  return stats;
}

// ---------------------------------------------------------------------- worker

/// Takes the classifier's labels if they are new, with a tracker for them. Events of the old ones end.
void Recognizer::take_labels() {
  actionclip_label_list *list = nullptr;
  need(actionclip_classifier_label_list(classifier_.get(), &list));
  LabelList owner(list);
  const std::int64_t generation = actionclip_label_list_generation(list);
  if (generation == generation_) return;
  if (tracker_ && actionclip_tracker_finish(tracker_.get()) == ACTIONCLIP_OK) give_events();
  std::vector<std::string> names;
  for (std::int32_t i = 0; i < actionclip_label_list_count(list); i++)
    names.emplace_back(actionclip_label_list_label(list, i));
  actionclip_tracker_options options = tracker_options(parameters_);
  options.none_label = none_index(parameters_.none_label, names);
  actionclip_tracker *tracker = nullptr;
  need(actionclip_tracker_create(names.size(), &options, &tracker));
  tracker_.reset(tracker);
  list_ = std::move(owner);
  scores_.assign(names.size(), 0);
  names_ = std::move(names);
  generation_ = generation;
  note_unlearned();
}

/// Tells once about all labels that the model never learned.
void Recognizer::note_unlearned() const {
  std::string first;
  std::size_t found = 0;
  for (const std::string &name : names_) {
    char note[1024];
    std::size_t size = 0;
    if (actionclip_model_label_note(model_.get(), name.c_str(), note, sizeof note, &size) == ACTIONCLIP_OK &&
        size > 1 && found++ == 0)
      first = note;
  }
  if (found > 1)
    first += " (and " + std::to_string(found - 1) + " more of " + std::to_string(names_.size()) + " labels)";
  if (found > 0) listener_.problem(first);
}

void Recognizer::give_events() {
  for (;;) {
    actionclip_event event{};
    event.struct_size = sizeof event;
    std::int32_t found = 0;
    if (actionclip_tracker_next(tracker_.get(), &event, &found) != ACTIONCLIP_OK || found == 0) return;
    listener_.event(event, names_[static_cast<std::size_t>(event.label)]);
  }
}

/// Gives the windows that are ready. Returns whether there were any.
bool Recognizer::give_windows() {
  for (bool some = false;; some = true) {
    actionclip_window window{};
    window.struct_size = sizeof window;
    std::int32_t found = ACTIONCLIP_NEXT_NONE;
    need(actionclip_stream_next(stream_.get(), &window, embedding_.data(), embedding_.size(), &found));
    if (found != ACTIONCLIP_NEXT_WINDOW) return some;
    take_labels();
    need(actionclip_label_list_score(list_.get(), embedding_.data(), 1, score_scale, scores_.data(),
                                     scores_.size()));
    listener_.window(window, names_, scores_);
    need(actionclip_tracker_push(tracker_.get(), window.start_ns, window.end_ns, scores_.data(),
                                 scores_.size()));
    give_events();
  }
}

void Recognizer::encode() {
  actionclip_stream *stream = stream_.get();
  for (bool more = true; more;) {
    std::size_t encoded = 0;
    need(actionclip_stream_step(&stream, 1, 0, &encoded));
    more = give_windows() || encoded > 0;
  }
}

/// Runs a part of the work. Its failure is reported, and the worker goes on.
template <class Part> void Recognizer::report_failure(Part part) {
  try {
    part();
  } catch (const std::exception &error) {
    listener_.problem(error.what());
  }
}

void Recognizer::work() {
  std::unique_lock<std::mutex> guard(lock_);
  while (!must_end_) {
    changed_.wait(guard, [this] { return has_work_ || must_finish_ || must_end_; });
    const bool finishes = must_finish_;
    has_work_ = false;
    if (must_end_) break;
    guard.unlock();
    report_failure([&] {
      if (finishes) need(actionclip_stream_finish(stream_.get()));
      encode();
    });
    if (finishes) {
      report_failure([&] {
        need(actionclip_tracker_finish(tracker_.get()));
        give_events();
      });
      actionclip_tracker_reset(tracker_.get(), names_.size());
      actionclip_stream_reset(stream_.get());
    }
    guard.lock();
    if (finishes) must_finish_ = false;
    changed_.notify_all();
  }
  must_finish_ = false;
  changed_.notify_all();
}

}  // namespace actionclip_ros
