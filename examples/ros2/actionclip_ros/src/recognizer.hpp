// recognizer.hpp: frames in, windows and events out, with one worker thread. Nothing here knows ROS.
#pragma once

#include "actionclip_ros/conversions.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace actionclip_ros {

/// Frees a handle of libactionclip.
template <auto function> struct Free {
  template <class T> void operator()(T *handle) const { function(handle); }
};
using Model = std::unique_ptr<actionclip_model, Free<actionclip_model_free>>;
using Classifier = std::unique_ptr<actionclip_classifier, Free<actionclip_classifier_free>>;
using LabelList = std::unique_ptr<actionclip_label_list, Free<actionclip_label_list_free>>;
using Stream = std::unique_ptr<actionclip_stream, Free<actionclip_stream_free>>;
using Tracker = std::unique_ptr<actionclip_tracker, Free<actionclip_tracker_free>>;

/// Functions that receive results, on the worker thread, or for `problem` in the constructor. No lock is held.
struct Listener {
  /// A window with a score for each label.
  std::function<void(const actionclip_window &, const std::vector<std::string> &, const std::vector<float> &)>
      window;
  std::function<void(const actionclip_event &, const std::string &label)> event;
  /// Receives a fault, or a note on words in labels that the model never learned.
  std::function<void(const std::string &why)> problem;
};

class Recognizer {
 public:
  /// Loads the model and starts the worker. Throws std::invalid_argument or std::runtime_error with the reason.
  Recognizer(const Parameters &parameters, Listener listener);
  ~Recognizer();
  Recognizer(const Recognizer &) = delete;
  Recognizer &operator=(const Recognizer &) = delete;

  /// Gives a frame, which is copied if it is due. Throws std::runtime_error if it is refused.
  void push(const actionclip_frame &frame, std::int64_t time);
  /// Ends the take: waits until its last windows and the ends of its events were given. Any time may come next.
  void finish();
  /// Sets labels, which the next window has; none: those that the model's file names. Throws std::runtime_error.
  void set_labels(const std::vector<std::string> &labels);
  std::vector<std::string> labels() const;
  /// The account of the present take.
  actionclip_stream_stats account() const;

 private:
  void work();
  template <class Part> void report_failure(Part part);
  void encode();
  bool give_windows();
  void give_events();
  void take_labels();
  void note_unlearned() const;

  Parameters parameters_;
  Listener listener_;
  Model model_;
  Classifier classifier_;
  Stream stream_;

  // The worker's alone, once it runs.
  std::vector<std::string> names_;
  std::int64_t generation_ = 0;
  LabelList list_;
  Tracker tracker_;
  std::vector<float> embedding_, scores_;

  std::mutex lock_;
  std::condition_variable changed_;
  // Under the lock.
  bool has_work_ = false, must_finish_ = false, must_end_ = false;
  std::thread worker_;
};

}  // namespace actionclip_ros
