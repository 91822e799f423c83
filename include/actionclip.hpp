/* actionclip.hpp: libactionclip for C++17.
 *
 * A thin, header-only layer over actionclip.h: handles that free themselves, std::vector results, and
 * failures as actionclip::Error. It adds no binary interface of its own: a program built with it depends on
 * the C API alone. actionclip.h documents the functions, and the rules on threads and fork.
 *
 *   actionclip::Model model;  // the default model; or a file's path
 *   actionclip::Video video("clip.mp4");
 *   std::vector<float> probabilities = model.classify(video, {"walking", "running"});
 */
#ifndef ACTIONCLIP_HPP
#define ACTIONCLIP_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "actionclip.h"

namespace actionclip {

/* The failure of a call: what() is the library's message, one line, and status() its code. */
class Error : public std::runtime_error {
 public:
  Error(std::int32_t status, const std::string &message)
      : std::runtime_error(message), status_(status) {}
  std::int32_t status() const noexcept { return status_; }
  const char *status_name() const noexcept { return actionclip_status_name(status_); }

 private:
  std::int32_t status_;
};

/* Throws Error unless `status`, which the last call returned, is ACTIONCLIP_OK. */
inline void check(std::int32_t status) {
  if (status != ACTIONCLIP_OK) throw Error(status, actionclip_last_error());
}

/* Throws Error if the library at run time has another ABI version than this header. */
inline void check_abi() {
  if (actionclip_abi_version() != ACTIONCLIP_ABI_VERSION)
    throw Error(ACTIONCLIP_ERROR_UNAVAILABLE, std::string("libactionclip ") + actionclip_version() +
                                                  " has another ABI version than this program was built for");
}

/* Returns a camera's frame of a format, ACTIONCLIP_PIXEL_*, whose planes are packed until strides are set. The caller
 * keeps the memory of the planes. */
inline actionclip_frame frame(std::int32_t pixel_format, std::int32_t width, std::int32_t height,
                              std::initializer_list<const std::uint8_t *> planes) {
  actionclip_frame made;
  actionclip_frame_init(&made);
  made.pixel_format = pixel_format;
  made.width = width;
  made.height = height;
  std::size_t index = 0;
  for (const std::uint8_t *plane : planes)
    if (index < 4) made.planes[index++] = plane;
  return made;
}

/* Returns options of loading a model, with every default set. */
inline actionclip_model_options model_options() {
  actionclip_model_options options;
  actionclip_model_options_init_sized(&options, sizeof options);
  return options;
}
/* Returns options of saving a model, with every default set. */
inline actionclip_save_options save_options() {
  actionclip_save_options options;
  actionclip_save_options_init_sized(&options, sizeof options);
  return options;
}
/* Returns options of preprocessing, with every default set: those of CLIP and the reference. */
inline actionclip_preprocess_options preprocess_options() {
  actionclip_preprocess_options options;
  actionclip_preprocess_options_init_sized(&options, sizeof options);
  return options;
}
/* Returns options of opening a video, with every default set. */
inline actionclip_video_options video_options() {
  actionclip_video_options options;
  actionclip_video_options_init_sized(&options, sizeof options);
  return options;
}

/* Returns options of a fit, with every default set. */
inline actionclip_fit_options fit_options() {
  actionclip_fit_options options;
  actionclip_fit_options_init_sized(&options, sizeof options);
  return options;
}
/* Returns options of a tuner, with every default set. */
inline actionclip_tuner_options tuner_options() {
  actionclip_tuner_options options;
  actionclip_tuner_options_init_sized(&options, sizeof options);
  return options;
}
/* Returns options of a tracker, with every default set. */
inline actionclip_index_options index_options() {
  actionclip_index_options options;
  actionclip_index_options_init(&options);
  return options;
}
inline actionclip_query_options query_options() {
  actionclip_query_options options;
  actionclip_query_options_init(&options);
  return options;
}
inline actionclip_tracker_options tracker_options() {
  actionclip_tracker_options options;
  actionclip_tracker_options_init_sized(&options, sizeof options);
  return options;
}
/* Returns options of finding segments, with every default set. */
inline actionclip_segment_options segment_options() {
  actionclip_segment_options options;
  actionclip_segment_options_init_sized(&options, sizeof options);
  return options;
}

/* Returns options of a stream, with every default set. */
inline actionclip_stream_options stream_options() {
  actionclip_stream_options options;
  actionclip_stream_options_init_sized(&options, sizeof options);
  return options;
}

namespace detail {
struct Free {
  void operator()(actionclip_model *p) const noexcept { actionclip_model_free(p); }
  void operator()(actionclip_report *p) const noexcept { actionclip_report_free(p); }
  void operator()(actionclip_video *p) const noexcept { actionclip_video_free(p); }
  void operator()(actionclip_tokenizer *p) const noexcept { actionclip_tokenizer_free(p); }
  void operator()(actionclip_classifier *p) const noexcept { actionclip_classifier_free(p); }
  void operator()(actionclip_label_list *p) const noexcept { actionclip_label_list_free(p); }
  void operator()(actionclip_tuner *p) const noexcept { actionclip_tuner_free(p); }
  void operator()(actionclip_tracker *p) const noexcept { actionclip_tracker_free(p); }
  void operator()(actionclip_index *p) const noexcept { actionclip_index_free(p); }
  void operator()(actionclip_stream *p) const noexcept { actionclip_stream_free(p); }
  void operator()(actionclip_cancel_token *p) const noexcept { actionclip_cancel_token_free(p); }
};
/* Returns a text as a C string. Throws Error if it contains a NUL, since the library would silently use only the part
 * before it. */
inline const char *c_string(const std::string &text) {
  if (text.find('\0') != std::string::npos)
    throw Error(ACTIONCLIP_ERROR_INVALID_ARGUMENT, std::string("\"") + text.c_str() + "\" goes on after a NUL");
  return text.c_str();
}
/* Returns pointers to texts as C strings, which the texts own. */
inline std::vector<const char *> pointers(const std::vector<std::string> &texts) {
  std::vector<const char *> out;
  out.reserve(texts.size());
  for (const std::string &text : texts) out.push_back(c_string(text));
  return out;
}
}  // namespace detail

/* Finds the pixel format, ACTIONCLIP_PIXEL_*, that a name stands for in ROS, V4L2, DRM, GStreamer or FFmpeg; `names` is
 * ACTIONCLIP_NAMES_*. */
inline std::int32_t pixel_format(const std::string &name, std::int32_t names = ACTIONCLIP_NAMES_ANY) {
  std::int32_t format = 0;
  check(actionclip_pixel_format_from_name(detail::c_string(name), names, &format));
  return format;
}

/* A label with one or more texts that describe it. A text with one "{}" has the label put there. */
struct DescribedLabel {
  std::string label;
  std::vector<std::string> texts;
  std::vector<float> weights = {}; /* one for each text, 0 or more; empty: equal weights */
};

namespace detail {
/* Described labels as the C functions take them. The strings belong to the labels, which must outlive this object. */
struct Descriptions {
  std::vector<const char *> labels, texts;
  std::vector<std::int32_t> label_of_text;
  std::vector<float> weights;

  explicit Descriptions(const std::vector<DescribedLabel> &described) {
    for (const DescribedLabel &one : described) {
      if (!one.weights.empty() && one.weights.size() != one.texts.size())
        throw Error(ACTIONCLIP_ERROR_INVALID_ARGUMENT, "'" + one.label + "' has " + std::to_string(one.texts.size()) +
                                                           " texts and " + std::to_string(one.weights.size()) +
                                                           " weights");
      for (std::size_t i = 0; i < one.texts.size(); i++) {
        texts.push_back(c_string(one.texts[i]));
        label_of_text.push_back(static_cast<std::int32_t>(labels.size()));
        weights.push_back(one.weights.empty() ? 1.0f : one.weights[i]);
      }
      labels.push_back(c_string(one.label));
    }
  }
};
}  // namespace detail

/* A flag that ends the long calls of the threads that use it: they throw Error with ACTIONCLIP_ERROR_CANCELLED.
 * Move-only.
 *
 *   actionclip::CancelToken token;
 *   {
 *     actionclip::UseCancelToken use(token);  // this thread, to the end of the block
 *     model.encode_labels(labels);            // ends when another thread calls token.cancel()
 *   }
 */
class CancelToken {
 public:
  CancelToken() {
    check_abi();
    actionclip_cancel_token *p = nullptr;
    check(actionclip_cancel_token_create(&p));
    handle_.reset(p);
  }
  /* Sets the token. Any thread, or a signal handler, may call this. */
  void cancel() noexcept { actionclip_cancel(get()); }
  /* Returns whether the token is set. */
  bool is_cancelled() const {
    const std::int32_t set = actionclip_cancel_token_is_cancelled(get());
    if (set < 0) check(set);
    return set != 0;
  }
  /* Clears the token, so that later calls run again. */
  void reset() { check(actionclip_cancel_token_reset(get())); }

  actionclip_cancel_token *get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<actionclip_cancel_token, detail::Free> handle_;
};

/* Makes the thread that constructs it use `token` until it is destroyed, then the thread's previous token again. Both
 * tokens must live as long as this object. */
class UseCancelToken {
 public:
  explicit UseCancelToken(const CancelToken &token) {
    check(actionclip_thread_use_cancel_token(token.get(), &previous_));
  }
  ~UseCancelToken() { actionclip_thread_use_cancel_token(previous_, nullptr); }
  UseCancelToken(const UseCancelToken &) = delete;
  UseCancelToken &operator=(const UseCancelToken &) = delete;

 private:
  actionclip_cancel_token *previous_ = nullptr;
};

/* An open video, from a file or from memory, for use by one thread at a time. Move-only. */
class Video {
 public:
  explicit Video(const std::string &path, const actionclip_video_options *options = nullptr) {
    check_abi();
    actionclip_video *p = nullptr;
    check(actionclip_video_open(detail::c_string(path), options, &p));
    handle_.reset(p);
  }
  /* Opens a video in memory. `data` must stay unchanged as long as the Video lives. */
  Video(const void *data, std::size_t size, const actionclip_video_options *options = nullptr) {
    check_abi();
    actionclip_video *p = nullptr;
    check(actionclip_video_open_buffer(data, size, options, &p));
    handle_.reset(p);
  }

  /* Returns the video's properties, if possible without decoding it; damaged_frames is -1 then. */
  actionclip_video_info outline() {
    actionclip_video_info info = {};
    info.struct_size = sizeof info;
    check(actionclip_video_get_outline(get(), &info));
    return info;
  }
  /* Returns the video's properties. The first call decodes the whole stream. */
  actionclip_video_info info() {
    actionclip_video_info info = {};
    info.struct_size = sizeof info;
    check(actionclip_video_get_info(get(), &info));
    return info;
  }

  /* Reads the frames at `indices` as RGB [count, height, width, 3]. `seconds`, if given, receives the time of each
   * frame from the first one. */
  std::vector<std::uint8_t> read_frames(const std::int64_t *indices, std::size_t count,
                                        std::vector<double> *seconds = nullptr) {
    const actionclip_video_info i = outline();
    std::vector<std::uint8_t> rgb(count * 3 * static_cast<std::size_t>(i.width) *
                                  static_cast<std::size_t>(i.height));
    std::vector<double> times(seconds ? count : 0);
    check(actionclip_video_read_frames(get(), indices, count, rgb.data(), rgb.size(),
                                       seconds ? times.data() : nullptr, times.size()));
    if (seconds) seconds->swap(times);
    return rgb;
  }
  /* Reads the frames at `indices` as RGB [indices.size(), height, width, 3]. `seconds`, if given, receives the time of
   * each frame from the first one. */
  std::vector<std::uint8_t> read_frames(const std::vector<std::int64_t> &indices,
                                        std::vector<double> *seconds = nullptr) {
    return read_frames(indices.data(), indices.size(), seconds);
  }

  /* Returns the index of the first frame from `start` to `end`, in seconds, and the number of frames. */
  std::pair<std::int64_t, std::int64_t> frames_between(double start, double end) {
    std::pair<std::int64_t, std::int64_t> found;
    check(actionclip_video_frames_between(get(), start, end, &found.first, &found.second));
    return found;
  }

  actionclip_video *get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<actionclip_video, detail::Free> handle_;
};

/* Gives the version of FFmpeg by which videos are decoded, such as "FFmpeg 5.1.9 (libavformat 59.27.100)". */
inline std::string ffmpeg_version() {
  const char *version = nullptr;
  check(actionclip_ffmpeg_version(&version));
  return version;
}

/* The SHA-256 in hexadecimal that a model loaded from `path` has, without loading it; nullptr: of the default model. */
inline std::string file_sha256(const char *path = nullptr) {
  char text[65];
  check(actionclip_file_sha256(path, text, sizeof text));
  return text;
}

/* The sizes and options that a model loaded from `path` with these options has, its memory among them, without loading
 * it; nullptr: of the default model. `video_ns`, if given, receives an estimate of the nanoseconds that encoding one
 * video takes on this machine, which is measured for it. */
inline actionclip_model_info file_info(const char *path = nullptr, const actionclip_model_options *options = nullptr,
                                       std::int64_t *video_ns = nullptr) {
  actionclip_model_info info = {};
  info.struct_size = sizeof info;
  check(actionclip_file_get_info(path, options, &info, video_ns));
  return info;
}

/* Describes a file or folder of weights in lines of "key: value", whether or not it can be loaded. */
inline std::string describe_file(const std::string &path) {
  std::size_t size = 0;
  check(actionclip_file_describe(detail::c_string(path), nullptr, 0, &size));
  std::string text(size, '\0');
  check(actionclip_file_describe(detail::c_string(path), &text[0], text.size(), &size));
  text.resize(size - 1);
  return text;
}

/* A loaded model. Any number of threads may use one Model at once. Move-only. */
class Model {
 public:
  /* Loads the default model. */
  Model() : Model(static_cast<const actionclip_model_options *>(nullptr)) {}
  /* Loads the default model with options. */
  explicit Model(const actionclip_model_options *options) {
    check_abi();
    actionclip_model *p = nullptr;
    check(actionclip_model_load(nullptr, options, &p));
    adopt(p);
  }
  /* Loads a model from a file or folder, or from Hugging Face's cache by its name there. */
  explicit Model(const std::string &path, const actionclip_model_options *options = nullptr) {
    check_abi();
    actionclip_model *p = nullptr;
    check(actionclip_model_load(detail::c_string(path), options, &p));
    adopt(p);
  }
  /* Loads a model from a file in memory. `data` may be freed after the call. */
  Model(const void *data, std::size_t size, const actionclip_model_options *options = nullptr) {
    check_abi();
    actionclip_model *p = nullptr;
    check(actionclip_model_load_buffer(data, size, options, &p));
    adopt(p);
  }

  /* Returns the model's sizes and options. */
  const actionclip_model_info &info() const noexcept { return info_; }

  /* Returns the labels that the model's file names; empty if it names none. */
  std::vector<std::string> labels() const {
    return list(actionclip_model_label_count(get()), actionclip_model_label);
  }
  /* Returns the model's own templates; empty if it has none. */
  std::vector<std::string> templates() const {
    return list(actionclip_model_template_count(get()), actionclip_model_template);
  }
  /* Returns the weight of each of the model's own templates in a score; they sum to 1. */
  std::vector<float> template_weights() const {
    std::vector<float> weights(templates().size());
    for (std::size_t i = 0; i < weights.size(); i++)
      weights[i] = actionclip_model_template_weight(get(), static_cast<std::int32_t>(i));
    return weights;
  }
  /* Returns the note under `key` in the model's file, such as "license"; empty if there is none. */
  std::string note(const std::string &key) const {
    const char *found = actionclip_model_note(get(), detail::c_string(key));
    return found ? found : "";
  }
  /* Returns one line about a label that the model does not know; empty if there is nothing to say. Only a model with
   * its own vocabulary, like the default model, gives such notes. */
  std::string label_note(const std::string &label) const { return noted(detail::c_string(label)); }
  /* Returns one line about the words that a model with its own vocabulary knows; empty for other models. */
  std::string label_note() const { return noted(nullptr); }
  /* Returns the SHA-256 of the model's file, 64 hexadecimal digits; empty if the options did not ask for it. */
  std::string sha256() const {
    const char *found = actionclip_model_sha256(get());
    return found ? found : "";
  }

  /* Returns the family of checkpoints whose layout the model's file has. */
  std::string family() const {
    const char *found = actionclip_model_family(get());
    return found ? found : "";
  }

  /* Returns one line for each property of the model that is assumed, since neither its file nor the options state
   * it. */
  std::vector<std::string> assumptions() const {
    std::vector<std::string> lines;
    while (const char *line = actionclip_model_assumption(get(), static_cast<std::int32_t>(lines.size()))) {
      lines.push_back(line);
    }
    return lines;
  }

  /* Returns the preprocessing that the model uses when no options are given, so that single fields can be changed. */
  actionclip_preprocess_options preprocess_options() const {
    actionclip_preprocess_options options = actionclip::preprocess_options();
    check(actionclip_model_preprocess_options(get(), &options));
    return options;
  }
  /* Returns the rule by which encode_video chooses frames, ACTIONCLIP_SAMPLING_*. */
  std::int32_t sampling() const {
    const std::int32_t rule = actionclip_model_sampling(get());
    if (rule < 0) check(rule);
    return rule;
  }

  /* Writes the model as one file that needs no other. */
  void save(const std::string &path, const actionclip_save_options *options = nullptr) const {
    check(actionclip_model_save(get(), detail::c_string(path), options));
  }

  /* Encodes videos, given as images, to embeddings [videos, E], not normalised. `frames`, if given, receives the frame
   * embeddings. */
  std::vector<float> encode_frames(const actionclip_image *images, std::size_t count,
                                   const actionclip_preprocess_options *options = nullptr,
                                   std::vector<float> *frames = nullptr) const {
    return encode(count, frames, [&](float *v, std::size_t vn, float *f, std::size_t fn) {
      return actionclip_encode_frames(get(), images, count, options, v, vn, f, fn);
    });
  }
  /* Encodes videos, given as camera frames, as encode_frames does. */
  std::vector<float> encode_camera_frames(const actionclip_frame *camera_frames, std::size_t count,
                                          const actionclip_preprocess_options *options = nullptr,
                                          std::vector<float> *frames = nullptr) const {
    return encode(count, frames, [&](float *v, std::size_t vn, float *f, std::size_t fn) {
      return actionclip_encode_camera_frames(get(), camera_frames, count, options, v, vn, f, fn);
    });
  }
  /* Encodes videos from normalised pixels [count, 3, S, S] to embeddings [videos, E], not normalised. `frames`, if
   * given, receives the frame embeddings. */
  std::vector<float> encode_pixels(const float *pixels, std::size_t pixel_count, std::size_t count,
                                   std::vector<float> *frames = nullptr) const {
    return encode(count, frames, [&](float *v, std::size_t vn, float *f, std::size_t fn) {
      return actionclip_encode_pixels(get(), pixels, pixel_count, count, v, vn, f, fn);
    });
  }
  /* Encodes single images to embeddings [count, E], not normalised, for join_frames. */
  std::vector<float> encode_single_frames(const actionclip_image *images, std::size_t count,
                                          const actionclip_preprocess_options *options = nullptr) const {
    std::vector<float> out(count * e());
    check(actionclip_encode_single_frames(get(), images, count, options, out.data(), out.size()));
    return out;
  }
  /* Encodes single camera frames, as encode_single_frames does. */
  std::vector<float> encode_single_camera_frames(const actionclip_frame *camera_frames, std::size_t count,
                                                 const actionclip_preprocess_options *options = nullptr) const {
    std::vector<float> out(count * e());
    check(actionclip_encode_single_camera_frames(get(), camera_frames, count, options, out.data(), out.size()));
    return out;
  }
  /* Encodes single frames from normalised pixels [count, 3, S, S] to embeddings [count, E], for join_frames. */
  std::vector<float> encode_single_pixels(const float *pixels, std::size_t pixel_count, std::size_t count) const {
    std::vector<float> out(count * e());
    check(actionclip_encode_single_pixels(get(), pixels, pixel_count, count, out.data(), out.size()));
    return out;
  }
  /* Joins frame embeddings [videos*T, E], or [videos, E] for a joint model, to video embeddings [videos, E]. */
  std::vector<float> join_frames(const float *frames, std::size_t count) const {
    std::vector<float> out(count / (info_.joint ? 1 : t()) * e());
    check(actionclip_join_frames(get(), frames, count, out.data(), out.size()));
    return out;
  }
  /* Encodes a whole video file to its embedding [E], not normalised. `frames`, if given, receives the frame
   * embeddings. */
  std::vector<float> encode_video(Video &video, const actionclip_preprocess_options *options = nullptr,
                                  std::vector<float> *frames = nullptr) const {
    return encode(t(), frames, [&](float *v, std::size_t vn, float *f, std::size_t fn) {
      return actionclip_encode_video(get(), video.get(), options, v, vn, f, fn);
    });
  }
  /* Encodes the part of a video from `start` to `end`, in seconds, as a video of its own. */
  std::vector<float> encode_video_between(Video &video, double start, double end,
                                          const actionclip_preprocess_options *options = nullptr,
                                          std::vector<float> *frames = nullptr) const {
    return encode(t(), frames, [&](float *v, std::size_t vn, float *f, std::size_t fn) {
      return actionclip_encode_video_between(get(), video.get(), start, end, options, v, vn, f, fn);
    });
  }

  /* Encodes texts to embeddings [prompts, E], not normalised. */
  std::vector<float> encode_prompts(const std::vector<std::string> &prompts,
                                    std::int32_t too_long = ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR) const {
    const std::vector<const char *> p = detail::pointers(prompts);
    std::vector<float> out(p.size() * e());
    check(actionclip_encode_prompts(get(), p.data(), p.size(), too_long, out.data(), out.size()));
    return out;
  }
  /* Encodes every label in every template to embeddings [templates, labels, E], not normalised. Without templates: the
   * model's own, else the reference's 16. */
  std::vector<float> encode_labels(const std::vector<std::string> &labels,
                                   const std::vector<std::string> &templates = {},
                                   std::int32_t too_long = ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR) const {
    const std::vector<const char *> l = detail::pointers(labels), t = detail::pointers(templates);
    std::vector<float> out(template_count(t.size()) * l.size() * e());
    check(actionclip_encode_labels(get(), l.data(), l.size(), t.empty() ? nullptr : t.data(), t.size(),
                                   too_long, out.data(), out.size()));
    return out;
  }
  /* Encodes described labels to embeddings [labels, E] of unit length, as for one template. */
  std::vector<float> encode_descriptions(const std::vector<DescribedLabel> &labels,
                                         std::int32_t too_long = ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR) const {
    const detail::Descriptions d(labels);
    std::vector<float> out(labels.size() * e());
    check(actionclip_encode_descriptions(get(), d.labels.data(), d.labels.size(), d.texts.data(),
                                         d.label_of_text.data(), d.weights.data(), d.texts.size(), too_long,
                                         out.data(), out.size()));
    return out;
  }
  /* Encodes rows of token ids [rows, C] to embeddings [rows, E], not normalised. */
  std::vector<float> encode_tokens(const std::int32_t *tokens, std::size_t token_count,
                                   std::size_t rows) const {
    std::vector<float> out(rows * e());
    check(actionclip_encode_tokens(get(), tokens, token_count, rows, out.data(), out.size()));
    return out;
  }
  /* Turns texts into rows of token ids [prompts, C] for encode_tokens. */
  std::vector<std::int32_t> tokenize(const std::vector<std::string> &prompts,
                                     std::int32_t too_long = ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR) const {
    const std::vector<const char *> p = detail::pointers(prompts);
    std::vector<std::int32_t> out(p.size() * static_cast<std::size_t>(info_.context_length));
    check(actionclip_tokenize(get(), p.data(), p.size(), too_long, out.data(), out.size()));
    return out;
  }

  /* Returns one probability for each label, by the model's rule with its usual scale, and with the model's own
   * templates and weights, else the reference's 16. */
  std::vector<float> classify(Video &video, const std::vector<std::string> &labels,
                              const actionclip_preprocess_options *options = nullptr) const {
    const std::vector<float> v = encode_video(video, options);
    const std::vector<const char *> l = detail::pointers(labels);
    actionclip_classifier *p = nullptr;
    check(actionclip_classifier_create(get(), l.data(), l.size(), nullptr, 0, ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, &p));
    const std::unique_ptr<actionclip_classifier, detail::Free> classifier(p);
    std::vector<float> out(labels.size());
    check(actionclip_classifier_score(p, v.data(), 1, 0.0f, out.data(), out.size(), nullptr, nullptr));
    return out;
  }
  /* Returns scale times the cosine similarity of videos [v, V], as encoding functions return them, and texts [n, E], as
   * [v, n]. In an X-CLIP each video moves the texts. */
  std::vector<float> similarity(const float *videos, std::size_t video_count, const float *texts,
                                std::size_t text_count, float scale) const {
    std::vector<float> out(video_count * text_count);
    check(actionclip_model_similarity(get(), videos, video_count, texts, text_count, scale, out.data(), out.size()));
    return out;
  }
  /* Scores videos [v, V] with texts [templates, classes, E] by the model's rule: returns [v, classes]. `weights` are
   * those of templates; null: equal ones. A scale of 0 is usual_scale of info(). */
  std::vector<float> probabilities(const float *videos, std::size_t video_count, const float *texts,
                                   std::size_t template_count, std::size_t class_count, float scale = 0.0f,
                                   const float *weights = nullptr) const {
    std::vector<float> out(video_count * class_count);
    check(actionclip_model_probabilities(get(), videos, video_count, texts, weights, template_count, class_count, scale,
                                         out.data(), out.size()));
    return out;
  }

  /* Makes a model of (1 - share) times the weights of one model and share times those of another one of the same
   * network. It has all else of the first. */
  static Model interpolated(const Model &first, const Model &second, double share) {
    actionclip_model *p = nullptr;
    check(actionclip_models_interpolate(first.get(), second.get(), share, &p));
    return Model(p);
  }

  actionclip_model *get() const noexcept { return handle_.get(); }

 private:
  friend class Tuner;
  explicit Model(actionclip_model *made) { adopt(made); }
  void adopt(actionclip_model *p) {
    handle_.reset(p);
    info_.struct_size = sizeof info_;
    check(actionclip_model_get_info(p, &info_));
  }
  std::size_t e() const noexcept { return static_cast<std::size_t>(info_.embedding_size); }
  std::size_t v() const noexcept { return static_cast<std::size_t>(info_.video_size); }
  std::size_t t() const noexcept { return static_cast<std::size_t>(info_.frames); }
  std::size_t template_count(std::size_t given) const {
    if (given) return given;
    const std::int32_t own = actionclip_model_template_count(get());
    return static_cast<std::size_t>(own > 0 ? own : actionclip_template_count());
  }
  std::string noted(const char *label) const {
    std::size_t size = 0;
    check(actionclip_model_label_note(get(), label, nullptr, 0, &size));
    std::string text(size, '\0');
    check(actionclip_model_label_note(get(), label, &text[0], text.size(), &size));
    text.resize(size - 1);
    return text;
  }
  std::vector<std::string> list(std::int32_t count,
                                const char *(*item)(const actionclip_model *, std::int32_t)) const {
    if (count < 0) check(count);
    std::vector<std::string> out;
    for (std::int32_t i = 0; i < count; i++) out.emplace_back(item(get(), i));
    return out;
  }
  template <typename Call>
  std::vector<float> encode(std::size_t count, std::vector<float> *frames, Call call) const {
    std::vector<float> video(count / t() * v());
    std::vector<float> each(frames ? (info_.joint ? count / t() : count) * e() : 0);
    check(call(video.data(), video.size(), frames ? each.data() : nullptr, each.size()));
    if (frames) frames->swap(each);
    return video;
  }

  std::unique_ptr<actionclip_model, detail::Free> handle_;
  actionclip_model_info info_ = {};
};

/* The labels of a classifier at one moment, with their embeddings. A list never changes, and any number of threads may
 * use it at once. Move-only. */
class LabelList {
 public:
  /* Returns the number of labels. */
  std::size_t count() const {
    const std::int32_t count = actionclip_label_list_count(get());
    if (count < 0) check(count);
    return static_cast<std::size_t>(count);
  }
  /* Returns the number of the list: 1 for a classifier's first list, one more for each later one. */
  std::int64_t generation() const {
    const std::int64_t generation = actionclip_label_list_generation(get());
    if (generation < 0) check(static_cast<std::int32_t>(generation));
    return generation;
  }
  /* Returns the labels, in the order of scores. */
  std::vector<std::string> labels() const {
    std::vector<std::string> out(count());
    for (std::size_t i = 0; i < out.size(); i++)
      out[i] = actionclip_label_list_label(get(), static_cast<std::int32_t>(i));
    return out;
  }
  /* Scores videos [v, V]: returns probabilities [v, count], each row summing to 1, but not where words score each label
   * by itself. A scale of 0 is the usual one. */
  std::vector<float> score(const std::vector<float> &videos, float scale = 0.0f) const {
    const std::size_t rows = count_rows(videos);
    std::vector<float> out(rows * count());
    check(actionclip_label_list_score(get(), videos.data(), rows, scale, out.data(), out.size()));
    return out;
  }

  /* Returns the direction of each label among embeddings, [count, E], of unit length; `size` is E. */
  std::vector<float> directions(std::size_t size) const {
    std::vector<float> out(count() * size);
    check(actionclip_label_list_directions(get(), out.data(), out.size()));
    return out;
  }

  /* Decides about video embeddings [v, E]: returns the index of the best label of each, or -1 if it shows none. */
  std::vector<std::int32_t> decide(const std::vector<float> &videos) const {
    std::vector<std::int32_t> out(count_rows(videos));
    check(actionclip_label_list_decide(get(), videos.data(), out.size(), out.data(), out.size(), nullptr, nullptr));
    return out;
  }
  /* Returns the probability below which a video shows none of the labels; 0 without a fit. */
  double reject_threshold() const { return checked(actionclip_label_list_reject_threshold(get())); }
  /* Scores video embeddings [v, E] that may show several labels: returns independent probabilities [v, count]. */
  std::vector<float> score_independent(const std::vector<float> &videos) const {
    std::vector<float> out(count_rows(videos) * count());
    check(actionclip_label_list_score_independent(get(), videos.data(), count_rows(videos), out.data(), out.size()));
    return out;
  }
  /* Returns the independent probability from which on a video shows the label at `index`. */
  double threshold(std::size_t index) const {
    return checked(actionclip_label_list_threshold(get(), static_cast<std::int32_t>(index)));
  }

  actionclip_label_list *get() const noexcept { return handle_.get(); }

 private:
  friend class Classifier;
  static double checked(double number) {
    if (number < 0) check(static_cast<std::int32_t>(number));
    return number;
  }
  std::size_t count_rows(const std::vector<float> &videos) const {
    if (videos.size() % size_ != 0)
      throw Error(ACTIONCLIP_ERROR_INVALID_ARGUMENT, "videos holds " + std::to_string(videos.size()) +
                                                         " numbers, no multiple of a video's " +
                                                         std::to_string(size_));
    return videos.size() / size_;
  }
  LabelList(actionclip_label_list *handle, std::size_t video_size) : handle_(handle), size_(video_size) {}

  std::unique_ptr<actionclip_label_list, detail::Free> handle_;
  std::size_t size_;
};

/* The findings of a fit about clips that it left out: the rows of actionclip_report, whose structs say what each number
 * is. Labels are indices of `labels`. */
struct Report {
  std::vector<std::string> labels;
  actionclip_report_info info = {};
  std::vector<actionclip_trial_report> trials;
  std::vector<actionclip_label_report> label_rows;
  std::vector<actionclip_clip_report> clips;
  std::vector<actionclip_confusion_report> confusions;
  std::string reason; /* why the method was chosen, in one sentence */
  std::string text;   /* the whole report for people */
};

namespace detail {
template <typename Row, typename Call>
std::vector<Row> rows(std::int32_t count, const actionclip_report *report, Call call) {
  std::vector<Row> out(static_cast<std::size_t>(count));
  for (std::int32_t i = 0; i < count; i++) {
    Row &row = out[static_cast<std::size_t>(i)];
    row.struct_size = sizeof row;
    check(call(report, i, &row));
  }
  return out;
}
template <typename Call>
std::string report_text(const actionclip_report *report, Call call) {
  std::size_t size = 0;
  check(call(report, nullptr, 0, &size));
  std::string text(size, '\0');
  check(call(report, &text[0], text.size(), &size));
  text.resize(size - 1);
  return text;
}
}  // namespace detail

/* An id for a clip of its own. */
constexpr std::int64_t new_clip = -1;

/* Labels with their embeddings, for scoring one video after another, and for learning from examples. Any number of
 * threads may use a classifier at once. Move-only. */
class Classifier {
 public:
  /* Encodes the labels. Without templates: the model's own with their weights, else the reference's 16. `weights` has
   * one for each template; empty: equal weights. The Model may be destroyed before the Classifier. */
  Classifier(const Model &model, const std::vector<std::string> &labels,
             const std::vector<std::string> &templates = {},
             std::int32_t too_long = ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, const std::vector<float> &weights = {}) {
    if (!weights.empty() && weights.size() != templates.size())
      throw Error(ACTIONCLIP_ERROR_INVALID_ARGUMENT, "weights holds " + std::to_string(weights.size()) +
                                                         " numbers for " + std::to_string(templates.size()) +
                                                         " templates");
    const std::vector<const char *> l = detail::pointers(labels), t = detail::pointers(templates);
    actionclip_classifier *p = nullptr;
    check(actionclip_classifier_create_weighted(model.get(), l.data(), l.size(), t.empty() ? nullptr : t.data(),
                                                weights.empty() ? nullptr : weights.data(), t.size(), too_long, &p));
    *this = Classifier(p, model);
  }
  /* Encodes described labels. Labels that are set later without a description get the mean over the model's own
   * templates. */
  static Classifier described(const Model &model, const std::vector<DescribedLabel> &labels,
                              std::int32_t too_long = ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR) {
    const detail::Descriptions d(labels);
    actionclip_classifier *p = nullptr;
    check(actionclip_classifier_create_described(model.get(), d.labels.data(), d.labels.size(), d.texts.data(),
                                                 d.label_of_text.data(), d.weights.data(), d.texts.size(), too_long,
                                                 &p));
    return Classifier(p, model);
  }

  /* Sets other labels and returns the generation of the new list. Only labels that it does not have yet are encoded. */
  std::int64_t set_labels(const std::vector<std::string> &labels) {
    const std::vector<const char *> l = detail::pointers(labels);
    std::int64_t generation = 0;
    check(actionclip_classifier_set_labels(get(), l.data(), l.size(), &generation));
    return generation;
  }
  /* Returns the present list of labels. */
  LabelList label_list() const {
    actionclip_label_list *p = nullptr;
    check(actionclip_classifier_label_list(get(), &p));
    return LabelList(p, size_);
  }
  /* Returns the present number of labels. */
  std::size_t label_count() const {
    const std::int32_t count = actionclip_classifier_label_count(get());
    if (count < 0) check(count);
    return static_cast<std::size_t>(count);
  }
  /* Scores video embeddings [v, E] with the present labels: returns probabilities [v, labels]. If another thread may
   * set labels, score with a label_list() instead, which tells its labels. */
  std::vector<float> score(const std::vector<float> &videos, float scale = 0.0f) const {
    return label_list().score(videos, scale);
  }

  /* Adds embeddings [v, E] as examples of a label. `clip_ids` has one for each, 0 or more, the same for views of one
   * clip; empty: each is a clip of its own. */
  void add(const std::string &label, const std::vector<float> &videos, const std::vector<std::int64_t> &clip_ids = {}) {
    if (videos.size() % size_ != 0 || (!clip_ids.empty() && clip_ids.size() != videos.size() / size_))
      throw Error(ACTIONCLIP_ERROR_INVALID_ARGUMENT, "videos and clip_ids do not have one embedding of " +
                                                         std::to_string(size_) + " numbers for each id");
    check(actionclip_classifier_add_examples(get(), detail::c_string(label), videos.data(), videos.size() / size_,
                                             clip_ids.empty() ? nullptr : clip_ids.data()));
  }
  /* Encodes the part of a video from `start` to `end`, in seconds, and adds it as an example of a label: one clip with
   * 1 to 100 views. */
  void add(const std::string &label, Video &video, double start = 0,
           double end = std::numeric_limits<double>::infinity(), std::int32_t views = 1,
           const actionclip_preprocess_options *options = nullptr, std::int64_t clip_id = new_clip) {
    check(actionclip_classifier_add_video(get(), detail::c_string(label), video.get(), start, end, views, options,
                                          clip_id));
  }
  /* Encodes frames, T for each view, and adds them as an example of a label: one clip. */
  void add(const std::string &label, const actionclip_image *frames, std::size_t frame_count,
           const actionclip_preprocess_options *options = nullptr, std::int64_t clip_id = new_clip) {
    check(actionclip_classifier_add_frames(get(), detail::c_string(label), frames, frame_count, options, clip_id));
  }
  /* Encodes camera frames, T for each view, and adds them as an example of a label: one clip. */
  void add_camera_frames(const std::string &label, const actionclip_frame *camera_frames, std::size_t frame_count,
                         const actionclip_preprocess_options *options = nullptr, std::int64_t clip_id = new_clip) {
    check(actionclip_classifier_add_camera_frames(get(), detail::c_string(label), camera_frames, frame_count, options,
                                                  clip_id));
  }
  /* Removes clips by their ids. */
  void remove(const std::vector<std::int64_t> &clip_ids) {
    check(actionclip_classifier_remove_examples(get(), clip_ids.data(), clip_ids.size()));
  }
  /* Removes all clips of a label. */
  void clear(const std::string &label) {
    check(actionclip_classifier_clear_examples(get(), detail::c_string(label)));
  }
  /* Removes all clips. */
  void clear() { check(actionclip_classifier_clear_examples(get(), nullptr)); }
  /* Returns the clips, in the order of adding. If another thread changes them meanwhile, the result may mix both. */
  std::vector<actionclip_example> examples() const {
    const std::int32_t count = actionclip_classifier_example_count(get());
    if (count < 0) check(count);
    std::vector<actionclip_example> out(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < out.size(); i++) {
      out[i].struct_size = sizeof out[i];
      check(actionclip_classifier_example(get(), static_cast<std::int32_t>(i), &out[i]));
    }
    return out;
  }
  /* Fits the labels to the examples and returns the generation of the new list. */
  std::int64_t fit(const actionclip_fit_options *options = nullptr) {
    std::int64_t generation = 0;
    check(actionclip_classifier_fit(get(), options, &generation));
    return generation;
  }
  /* Returns to the words, and keeps the examples. Returns the generation of the new list. */
  std::int64_t unfit() {
    std::int64_t generation = 0;
    check(actionclip_classifier_unfit(get(), &generation));
    return generation;
  }

  /* Returns the report of the latest fit. */
  Report report() const {
    actionclip_report *p = nullptr;
    check(actionclip_classifier_report(get(), &p));
    const std::unique_ptr<actionclip_report, detail::Free> handle(p);
    Report out;
    out.info.struct_size = sizeof out.info;
    check(actionclip_report_get_info(p, &out.info));
    for (std::int32_t i = 0; i < out.info.label_count; i++) out.labels.emplace_back(actionclip_report_label_text(p, i));
    out.trials = detail::rows<actionclip_trial_report>(out.info.trials, p, actionclip_report_trial);
    out.label_rows = detail::rows<actionclip_label_report>(out.info.labels, p, actionclip_report_label);
    out.clips = detail::rows<actionclip_clip_report>(out.info.clips, p, actionclip_report_clip);
    out.confusions = detail::rows<actionclip_confusion_report>(out.info.confusions, p, actionclip_report_confusion);
    out.reason = detail::report_text(p, actionclip_report_reason);
    out.text = detail::report_text(p, actionclip_report_text);
    return out;
  }
  /* Writes the classifier as one file. Without its clips the file holds sums over them instead: then it cannot be
   * fitted again. */
  void save(const std::string &path, bool keep_clips = true) const {
    check(actionclip_classifier_save(get(), detail::c_string(path), keep_clips ? 1 : 0));
  }
  /* Loads a classifier that was saved, for the model that it was taught with. */
  static Classifier load(const Model &model, const std::string &path) {
    actionclip_classifier *p = nullptr;
    check(actionclip_classifier_load(model.get(), detail::c_string(path), &p));
    return Classifier(p, model);
  }

  actionclip_classifier *get() const noexcept { return handle_.get(); }

 private:
  Classifier(actionclip_classifier *handle, const Model &model)
      : handle_(handle), size_(static_cast<std::size_t>(model.info().video_size)) {}

  std::unique_ptr<actionclip_classifier, detail::Free> handle_;
  std::size_t size_ = 1;
};

/* The fate of a frame that was pushed to a stream. */
enum class Pushed : std::int32_t {
  queued = ACTIONCLIP_PUSH_QUEUED,     /* it waits for step */
  not_due = ACTIONCLIP_PUSH_NOT_DUE,   /* the sampling rule does not take it; its pixels were not read */
  replaced = ACTIONCLIP_PUSH_REPLACED, /* it waits for step, and older frames were dropped for it */
  dropped = ACTIONCLIP_PUSH_DROPPED,   /* there was no room for it */
  full = ACTIONCLIP_PUSH_FULL          /* it was not taken and not counted: step, then push it again */
};

/* A window of a stream with its row [V] (video_size of actionclip_model_info), its embedding in most models. */
struct Window : actionclip_window {
  std::vector<float> embedding;
};

/* A stream of frames, and the windows that end in it. push, step and next may be called from three threads; cancel,
 * stats and info from any. The Model may be destroyed before the Stream. Move-only.
 *
 *   actionclip_stream_options options = actionclip::stream_options();
 *   options.overflow = ACTIONCLIP_OVERFLOW_LATEST;
 *   actionclip::Stream stream(model, &options);
 *   stream.push(frame, timestamp_ns);
 *   stream.step();
 *   while (auto window = stream.next()) labels.score(window->embedding);
 */
class Stream {
 public:
  explicit Stream(const Model &model, const actionclip_stream_options *options = nullptr)
      : size_(static_cast<std::size_t>(model.info().video_size)) {
    actionclip_stream *p = nullptr;
    check(actionclip_stream_create(model.get(), options, &p));
    handle_.reset(p);
  }

  /* Offers a frame with its time, in nanoseconds from any origin; times of a stream rise strictly. A frame or a time
   * that is refused is an Error of that frame alone. The pixels may be changed after the call. */
  Pushed push(const actionclip_frame &frame, std::int64_t timestamp_ns) {
    std::int32_t outcome = 0;
    check(actionclip_stream_push(get(), &frame, timestamp_ns, &outcome));
    return static_cast<Pushed>(outcome);
  }
  /* Encodes at most `max_frames` of the frames that wait, 0: all of them. Returns how many it encoded. */
  std::size_t step(std::size_t max_frames = 0) {
    actionclip_stream *const handle = get();
    std::size_t encoded = 0;
    check(actionclip_stream_step(&handle, 1, max_frames, &encoded));
    return encoded;
  }
  /* Waits for `reason`, ACTIONCLIP_WAIT_*, at most `timeout_ns` nanoseconds, below 0: without limit. Returns whether it
   * came. */
  bool wait(std::int32_t reason, std::int64_t timeout_ns = -1) {
    actionclip_stream *const handle = get();
    std::size_t ready = 0;
    check(actionclip_stream_wait(&handle, 1, reason, timeout_ns, &ready));
    return ready != 0;
  }

  /* Takes the next window into `window`, whose memory is used again. Returns ACTIONCLIP_NEXT_*; `window` is changed by
   * ACTIONCLIP_NEXT_WINDOW alone. */
  std::int32_t next(Window &window) {
    actionclip_window found = {};
    found.struct_size = sizeof found;
    std::int32_t what = ACTIONCLIP_NEXT_NONE;
    std::vector<float> made;  // until the window is there
    if (window.embedding.size() != size_) made.resize(size_);
    std::vector<float> &embedding = made.empty() ? window.embedding : made;
    check(actionclip_stream_next(get(), &found, embedding.data(), embedding.size(), &what));
    if (what != ACTIONCLIP_NEXT_WINDOW) return what;
    static_cast<actionclip_window &>(window) = found;
    if (!made.empty()) window.embedding = std::move(made);
    return what;
  }
  /* Takes the next window, if there is one. `ended`, if given, receives whether the stream is finished and has given
   * all of its windows. */
  std::optional<Window> next(bool *ended = nullptr) {
    Window window = {};
    const std::int32_t what = next(window);
    if (ended) *ended = what == ACTIONCLIP_NEXT_END;
    if (what != ACTIONCLIP_NEXT_WINDOW) return std::nullopt;
    return window;
  }

  /* Ends the input: step makes the windows that are left, and then next gives the end. */
  void finish() { check(actionclip_stream_finish(get())); }
  /* Begins anew, with the same options and memory. */
  void reset() { check(actionclip_stream_reset(get())); }
  /* Ends the calls of other threads, and later ones until reset: they throw Error with ACTIONCLIP_ERROR_CANCELLED. */
  void cancel() { check(actionclip_stream_cancel(get())); }

  /* Returns the account of frames and windows: pushed = not_due + refused + dropped + encoded + pending. */
  actionclip_stream_stats stats() const {
    actionclip_stream_stats stats = {};
    stats.struct_size = sizeof stats;
    check(actionclip_stream_get_stats(get(), &stats));
    return stats;
  }
  /* Returns the options as they are in use, and what they cost. */
  actionclip_stream_info info() const {
    actionclip_stream_info info = {};
    info.struct_size = sizeof info;
    check(actionclip_stream_get_info(get(), &info));
    return info;
  }

  actionclip_stream *get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<actionclip_stream, detail::Free> handle_;
  std::size_t size_;
};

namespace detail {
/* Returns the handles of streams as the C functions take them. */
inline std::vector<actionclip_stream *> handles(const std::vector<Stream *> &streams) {
  std::vector<actionclip_stream *> out;
  out.reserve(streams.size());
  for (const Stream *stream : streams) out.push_back(stream ? stream->get() : nullptr);
  return out;
}
}  // namespace detail

/* Encodes frames that wait in streams of one model, in one batch: at most `max_frames`, 0: all. Returns how many it
 * encoded. */
inline std::size_t step(const std::vector<Stream *> &streams, std::size_t max_frames = 0) {
  const std::vector<actionclip_stream *> handles = detail::handles(streams);
  std::size_t encoded = 0;
  check(actionclip_stream_step(handles.data(), handles.size(), max_frames, &encoded));
  return encoded;
}
/* Waits until `reason`, ACTIONCLIP_WAIT_*, is true of a stream, at most `timeout_ns` nanoseconds, below 0: without
 * limit. Returns for how many of the streams it is true. */
inline std::size_t wait(const std::vector<Stream *> &streams, std::int32_t reason, std::int64_t timeout_ns = -1) {
  const std::vector<actionclip_stream *> handles = detail::handles(streams);
  std::size_t ready = 0;
  check(actionclip_stream_wait(handles.data(), handles.size(), reason, timeout_ns, &ready));
  return ready;
}

/* CLIP's byte-level BPE tokenizer without a model. Any number of threads may use it at once. Move-only. */
class Tokenizer {
 public:
  /* Loads a merge list or a tokenizer.json. */
  explicit Tokenizer(const std::string &path) {
    check_abi();
    actionclip_tokenizer *p = nullptr;
    check(actionclip_tokenizer_load(detail::c_string(path), &p));
    handle_.reset(p);
  }

  /* Turns a text of `size` bytes into token ids, without start and end markers. */
  std::vector<std::int32_t> encode(const char *text, std::size_t size) const {
    std::size_t count = 0;
    check(actionclip_tokenizer_encode(get(), text, size, nullptr, 0, &count));
    std::vector<std::int32_t> ids(count);
    check(actionclip_tokenizer_encode(get(), text, size, ids.data(), ids.size(), &count));
    return ids;
  }
  /* Turns a text into token ids, without start and end markers. */
  std::vector<std::int32_t> encode(const std::string &text) const { return encode(text.data(), text.size()); }

  actionclip_tokenizer *get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<actionclip_tokenizer, detail::Free> handle_;
};

/* Returns scale times the cosine similarity of videos [v, E] and texts [n, E], as [v, n]. */
inline std::vector<float> similarity(const float *videos, std::size_t video_count, const float *texts,
                                     std::size_t text_count, std::size_t embedding_size, float scale) {
  std::vector<float> out(video_count * text_count);
  check(actionclip_similarity(videos, video_count, texts, text_count, embedding_size, scale, out.data(),
                              out.size()));
  return out;
}

/* Scores videos [v, E] with texts [templates, classes, E]: a softmax over classes for each template, then the mean over
 * templates, weighted by `weights` [templates]; null: equal weights. Returns [v, classes]. */
inline std::vector<float> probabilities(const float *videos, std::size_t video_count, const float *texts,
                                        std::size_t template_count, std::size_t class_count,
                                        std::size_t embedding_size, float scale = 100.0f,
                                        const float *weights = nullptr) {
  std::vector<float> out(video_count * class_count);
  check(actionclip_probabilities_weighted(videos, video_count, texts, weights, template_count, class_count,
                                          embedding_size, scale, out.data(), out.size()));
  return out;
}

/* Weights of templates, and how they were chosen. */
struct TemplateWeights {
  std::vector<float> weights;             /* [templates], with the sum 1 */
  actionclip_prompts_report report = {}; /* of fit_prompts alone */
};

/* Chooses weights for templates by videos [v, E] of the classes `labels` [v], with texts [templates, classes, E].
 * `clip_ids` is [v], the same for views of one clip; empty: each video is a clip. `strength`: the prior's, a share of
 * the videos; negative: it is chosen by leaving clips out. */
inline TemplateWeights fit_prompts(const std::vector<float> &videos, const std::vector<std::int32_t> &labels,
                                   const std::vector<float> &texts, std::size_t template_count,
                                   std::size_t class_count, std::size_t embedding_size, float scale = 100.0f,
                                   const std::vector<std::int64_t> &clip_ids = {}, double strength = -1) {
  if (videos.size() != labels.size() * embedding_size ||
      texts.size() != template_count * class_count * embedding_size ||
      (!clip_ids.empty() && clip_ids.size() != labels.size()))
    throw Error(ACTIONCLIP_ERROR_INVALID_ARGUMENT, "videos, labels, clip_ids and texts are not of one size");
  TemplateWeights out;
  out.weights.resize(template_count);
  out.report.struct_size = sizeof out.report;
  check(actionclip_prompts_fit(videos.data(), labels.size(), labels.data(),
                               clip_ids.empty() ? nullptr : clip_ids.data(), texts.data(), template_count,
                               class_count, embedding_size, scale, strength, out.weights.data(), out.weights.size(),
                               &out.report));
  return out;
}

/* Chooses weights for templates by videos [v, E] without labels, with texts [templates, classes, E]. */
inline std::vector<float> fit_prompts_unlabelled(const float *videos, std::size_t video_count, const float *texts,
                                                 std::size_t template_count, std::size_t class_count,
                                                 std::size_t embedding_size, float scale = 100.0f) {
  std::vector<float> out(template_count);
  check(actionclip_prompts_fit_unlabelled(videos, video_count, texts, template_count, class_count, embedding_size,
                                          scale, out.data(), out.size()));
  return out;
}

/* Returns the templates of the built-in pool. */
inline std::vector<std::string> prompt_pool() {
  std::vector<std::string> out;
  for (std::int32_t i = 0; i < actionclip_pool_template_count(); i++) out.emplace_back(actionclip_pool_template(i));
  return out;
}

namespace detail {
/* A caller's function that hears of steps, and what it threw: no exception may pass through the library. */
template <typename Progress>
struct Watched {
  Progress *progress;
  std::exception_ptr thrown;

  static std::int32_t called(void *user, const actionclip_tuner_result *result) noexcept {
    Watched &watched = *static_cast<Watched *>(user);
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Progress &, const actionclip_tuner_result &>>) {
        (*watched.progress)(*result);
        return 0;
      } else {
        return (*watched.progress)(*result) ? 1 : 0;
      }
    } catch (...) {
      watched.thrown = std::current_exception();
      return 1;
    }
  }
};
}  // namespace detail

/* A share of the weights that stands for the recipe's: 0.5 with ACTIONCLIP_RECIPE_ANCHORED, 1 with REFERENCE. */
constexpr double recipes_share = std::numeric_limits<double>::quiet_NaN();

/* Trains a copy of a model on clips, and makes new models of it. Clips and texts are added first; the labels of a clip
 * are indices of the tuner's labels. For one thread at a time, except for cancel. The Model may be destroyed before the
 * Tuner. Move-only.
 *
 *   actionclip::Tuner tuner(model, {"waving", "shaking hands"});
 *   tuner.add({0}, video);
 *   tuner.run([](const actionclip_tuner_result &result) { std::printf("%g\n", result.loss); });
 *   tuner.model().save("mine.safetensors");
 */
class Tuner {
 public:
  /* Makes a tuner. Without templates: the model's own, else the reference's 16. */
  Tuner(const Model &model, const std::vector<std::string> &labels, const actionclip_tuner_options *options = nullptr,
        const std::vector<std::string> &templates = {}) {
    const std::vector<const char *> l = detail::pointers(labels), t = detail::pointers(templates);
    actionclip_tuner *p = nullptr;
    check(actionclip_tuner_create(model.get(), l.data(), l.size(), t.empty() ? nullptr : t.data(), t.size(), options,
                                  &p));
    handle_.reset(p);
  }

  /* Adds a whole text of a label beside those of the templates. */
  void add_text(std::int32_t label, const std::string &text) {
    check(actionclip_tuner_add_text(get(), label, detail::c_string(text)));
  }
  /* Adds the part of a video from `start` to `end`, in seconds, as a clip with 1 to 100 views. */
  void add(const std::vector<std::int32_t> &labels, Video &video, double start = 0,
           double end = std::numeric_limits<double>::infinity(), std::int32_t views = 1,
           std::int32_t purpose = ACTIONCLIP_CLIP_TRAINED, const actionclip_preprocess_options *options = nullptr) {
    check(actionclip_tuner_add_video(get(), labels.data(), labels.size(), video.get(), start, end, views, options,
                                     purpose));
  }
  /* Adds the part of a video file from `start` to `end`, in seconds, as a clip that is decoded at each draw. */
  void add_file(const std::vector<std::int32_t> &labels, const std::string &path, double start = 0,
                double end = std::numeric_limits<double>::infinity(), std::int32_t purpose = ACTIONCLIP_CLIP_TRAINED,
                const actionclip_preprocess_options *options = nullptr,
                const actionclip_video_options *video_options = nullptr) {
    check(actionclip_tuner_add_video_file(get(), labels.data(), labels.size(), detail::c_string(path), start, end,
                                          options, video_options, purpose));
  }
  /* Adds frames, T for each view, as a clip. */
  void add(const std::vector<std::int32_t> &labels, const actionclip_image *frames, std::size_t frame_count,
           std::int32_t purpose = ACTIONCLIP_CLIP_TRAINED, const actionclip_preprocess_options *options = nullptr) {
    check(actionclip_tuner_add_frames(get(), labels.data(), labels.size(), frames, frame_count, options, purpose));
  }
  /* Adds camera frames, T for each view, as a clip. */
  void add_camera_frames(const std::vector<std::int32_t> &labels, const actionclip_frame *camera_frames,
                         std::size_t frame_count, std::int32_t purpose = ACTIONCLIP_CLIP_TRAINED,
                         const actionclip_preprocess_options *options = nullptr) {
    check(actionclip_tuner_add_camera_frames(get(), labels.data(), labels.size(), camera_frames, frame_count, options,
                                             purpose));
  }
  /* Adds normalised pixels [frame_count, 3, S, S], T frames for each view, as a clip. */
  void add_pixels(const std::vector<std::int32_t> &labels, const float *pixels, std::size_t pixel_count,
                  std::size_t frame_count, std::int32_t purpose = ACTIONCLIP_CLIP_TRAINED) {
    check(actionclip_tuner_add_pixels(get(), labels.data(), labels.size(), pixels, pixel_count, frame_count, purpose));
  }

  /* Returns the tuner's sizes, its memory among them, before any step is done. */
  actionclip_tuner_info info() {
    actionclip_tuner_info info = {};
    info.struct_size = sizeof info;
    check(actionclip_tuner_get_info(get(), &info));
    return info;
  }
  /* Does one step. */
  actionclip_tuner_result step() {
    actionclip_tuner_result result = empty_result();
    check(actionclip_tuner_step(get(), &result));
    return result;
  }
  /* Does `steps` steps, or with 0 all that are left. Returns the last one's result; its step is 0 if none was left. */
  actionclip_tuner_result run(std::int64_t steps = 0) {
    actionclip_tuner_result result = empty_result();
    check(actionclip_tuner_run(get(), steps, nullptr, nullptr, &result));
    return result;
  }
  /* Runs as above, and calls `progress` with each step's result. It returns nothing, or true to end the run; what it
   * throws ends the run after that step, and is thrown from here. */
  template <typename Progress,
            typename = std::enable_if_t<std::is_invocable_v<Progress &, const actionclip_tuner_result &>>>
  actionclip_tuner_result run(Progress &&progress, std::int64_t steps = 0) {
    detail::Watched<std::remove_reference_t<Progress>> watched{&progress, nullptr};
    actionclip_tuner_result result = empty_result();
    const std::int32_t status = actionclip_tuner_run(get(), steps, watched.called, &watched, &result);
    if (watched.thrown) std::rethrow_exception(watched.thrown);
    check(status);
    return result;
  }
  /* Ends the present step or run of another thread, else the next one: it throws Error with
   * ACTIONCLIP_ERROR_CANCELLED. Any thread may call this. */
  void cancel() { check(actionclip_tuner_cancel(get())); }

  /* Scores the clips of a purpose, ACTIONCLIP_CLIP_*, with the model that model(share) would make. */
  actionclip_tuner_score eval(std::int32_t purpose = ACTIONCLIP_CLIP_HELD_OUT, double share = recipes_share) {
    actionclip_tuner_score score = {};
    score.struct_size = sizeof score;
    check(actionclip_tuner_eval(get(), purpose, share, &score));
    return score;
  }
  /* Writes the whole state as one file; clips are not in it. */
  void save(const std::string &path) { check(actionclip_tuner_save(get(), detail::c_string(path))); }
  /* Goes on from a state that a tuner of the same model, options, labels, texts and clips saved. */
  void load(const std::string &path) { check(actionclip_tuner_load(get(), detail::c_string(path))); }
  /* Makes a model of (1 - share) times the weights before training and share times the tuned ones. */
  Model model(double share = recipes_share) {
    actionclip_model *p = nullptr;
    check(actionclip_tuner_model(get(), share, &p));
    return Model(p);
  }

  actionclip_tuner *get() const noexcept { return handle_.get(); }

 private:
  static actionclip_tuner_result empty_result() {
    actionclip_tuner_result result = {};
    result.struct_size = sizeof result;
    return result;
  }

  std::unique_ptr<actionclip_tuner, detail::Free> handle_;
};

/* Turns the scores of windows into events. Push each window's scores, then take the events that wait:
 *
 *   actionclip::Tracker tracker(labels.size());
 *   tracker.push(window.start_ns, window.end_ns, probabilities);
 *   for (const actionclip_event &event : tracker.events()) ...
 *
 * actionclip.h has the rules. Any number of threads may use a tracker: calls take turns. Move-only. */
class Tracker {
 public:
  explicit Tracker(std::size_t label_count, const actionclip_tracker_options *options = nullptr) {
    check_abi();
    actionclip_tracker *p = nullptr;
    check(actionclip_tracker_create(label_count, options, &p));
    handle_.reset(p);
  }

  /* Gives the tracker the scores of a window, one for each label. */
  void push(std::int64_t start_ns, std::int64_t end_ns, const float *scores, std::size_t label_count) {
    check(actionclip_tracker_push(get(), start_ns, end_ns, scores, label_count));
  }
  /* Gives the tracker the scores of a window, one for each label. */
  void push(std::int64_t start_ns, std::int64_t end_ns, const std::vector<float> &scores) {
    push(start_ns, end_ns, scores.data(), scores.size());
  }
  /* Takes the event that has waited longest. Returns false, and leaves the event as it is, if none waits. */
  bool next(actionclip_event &event) {
    std::int32_t found = 0;
    event.struct_size = sizeof event;
    check(actionclip_tracker_next(get(), &event, &found));
    return found != 0;
  }
  /* Takes all events that wait. */
  std::vector<actionclip_event> events() {
    std::vector<actionclip_event> out;
    for (actionclip_event event; next(event);) out.push_back(event);
    return out;
  }
  /* Ends every event with the last window; take them with events(). */
  void finish() { check(actionclip_tracker_finish(get())); }
  /* Makes the tracker as new, for `label_count` labels. */
  void reset(std::size_t label_count) { check(actionclip_tracker_reset(get(), label_count)); }

  actionclip_tracker *get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<actionclip_tracker, detail::Free> handle_;
};

/* An archive that is open for search:
 *   actionclip::Index index("archive");
 *   for (const actionclip_moment &moment : index.query(query, 20)) std::puts(index.path(moment.row).c_str()); */
class Index {
 public:
  explicit Index(const std::string &path, const actionclip_index_options *options = nullptr) {
    check_abi();
    actionclip_index *p = nullptr;
    check(actionclip_index_open(detail::c_string(path), options, &p));
    handle_.reset(p);
  }

  actionclip_index_info info() const {
    actionclip_index_info info{};
    info.struct_size = sizeof info;
    check(actionclip_index_get_info(get(), &info));
    return info;
  }
  /* The text of the archive's manifest.json. */
  std::string manifest() const {
    const char *text = actionclip_index_manifest(get());
    return text ? text : "";
  }
  /* The `n` best moments for `vectors` [parts, E], whose parts are scaled to unit length, times their weights, and
   * added; without weights they count 1 each. */
  std::vector<actionclip_moment> query(const std::vector<float> &vectors, std::size_t n,
                                        const std::vector<float> &weights = {},
                                        const actionclip_query_options *options = nullptr) const {
    const std::size_t size = static_cast<std::size_t>(info().dimension), parts = vectors.size() / size;
    if (vectors.size() % size != 0 || (!weights.empty() && weights.size() != parts))
      throw Error(ACTIONCLIP_ERROR_INVALID_ARGUMENT, "a query has one embedding and one weight for each part");
    std::vector<actionclip_moment> moments(n);
    if (n > 0) moments[0].struct_size = sizeof moments[0];
    check(actionclip_index_query(get(), vectors.data(), weights.empty() ? nullptr : weights.data(), parts, size,
                                  options, moments.data(), n, &n));
    moments.resize(n);
    return moments;
  }
  /* The path of the video that a row is of. */
  std::string path(std::int64_t row) const {
    std::size_t size = 0;
    check(actionclip_index_row(get(), row, nullptr, nullptr, nullptr, 0, &size));
    std::string text(size, '\0');
    check(actionclip_index_row(get(), row, nullptr, nullptr, &text[0], size, &size));
    text.resize(size - 1);
    return text;
  }
  /* The start and end, in seconds, of the window that a row stands for. */
  std::pair<double, double> times(std::int64_t row) const {
    std::pair<double, double> times;
    std::size_t size = 0;
    check(actionclip_index_row(get(), row, &times.first, &times.second, nullptr, 0, &size));
    return times;
  }

  actionclip_index *get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<actionclip_index, detail::Free> handle_;
};

namespace detail {
/* Throws Error unless there is one end for each start, and one row of scores. Returns the number of labels. */
inline std::size_t window_labels(const std::vector<std::int64_t> &starts_ns, const std::vector<std::int64_t> &ends_ns,
                                 const std::vector<float> &scores) {
  if (starts_ns.empty() || ends_ns.size() != starts_ns.size() || scores.size() % starts_ns.size() != 0)
    throw Error(ACTIONCLIP_ERROR_INVALID_ARGUMENT, "starts_ns, ends_ns and scores are not of equally many windows");
  return scores.size() / starts_ns.size();
}
}  // namespace detail

/* Finds the segments of a whole file from the scores [windows, labels] of its windows. */
inline std::vector<actionclip_segment> find_segments(const std::vector<std::int64_t> &starts_ns,
                                                     const std::vector<std::int64_t> &ends_ns,
                                                     const std::vector<float> &scores,
                                                     const actionclip_segment_options *options = nullptr) {
  const std::size_t labels = detail::window_labels(starts_ns, ends_ns, scores);
  std::size_t count = 0;
  check(actionclip_find_segments(starts_ns.data(), ends_ns.data(), scores.data(), starts_ns.size(), labels, options,
                                 nullptr, 0, &count));
  std::vector<actionclip_segment> out(count);
  if (count == 0) return out;
  out[0].struct_size = sizeof out[0];
  check(actionclip_find_segments(starts_ns.data(), ends_ns.data(), scores.data(), starts_ns.size(), labels, options,
                                 out.data(), out.size(), &count));
  return out;
}

/* A stretch of time in which a label is shown. */
struct LabelledSpan {
  std::int32_t label;
  std::int64_t start_ns, end_ns;
};

/* Thresholds of each label, and the F1 that a tracker has with them: NaN for a label without spans. */
struct Thresholds {
  std::vector<double> on, off, f1; /* [labels] */
};

/* Suggests thresholds for a tracker by labelled spans, from the scores [windows, labels] of windows. */
inline Thresholds suggest_thresholds(const std::vector<std::int64_t> &starts_ns,
                                     const std::vector<std::int64_t> &ends_ns, const std::vector<float> &scores,
                                     const std::vector<LabelledSpan> &spans,
                                     const actionclip_tracker_options *options = nullptr) {
  const std::size_t labels = detail::window_labels(starts_ns, ends_ns, scores);
  std::vector<std::int32_t> span_labels;
  std::vector<std::int64_t> span_starts, span_ends;
  for (const LabelledSpan &span : spans) {
    span_labels.push_back(span.label);
    span_starts.push_back(span.start_ns);
    span_ends.push_back(span.end_ns);
  }
  Thresholds out{std::vector<double>(labels), std::vector<double>(labels), std::vector<double>(labels)};
  check(actionclip_suggest_thresholds(starts_ns.data(), ends_ns.data(), scores.data(), starts_ns.size(), labels,
                                      span_labels.data(), span_starts.data(), span_ends.data(), spans.size(), options,
                                      out.on.data(), labels, out.off.data(), labels, out.f1.data(), labels));
  return out;
}

}  // namespace actionclip

#endif /* ACTIONCLIP_HPP */
