// conversions.hpp: images, stamps and parameters in the terms of libactionclip. Nothing here knows ROS's types.
#pragma once

#include <actionclip.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace actionclip_ros {

// ---------------------------------------------------------------------- stamps

constexpr std::int64_t second = 1'000'000'000;

/// Two fields of builtin_interfaces/Time.
struct Stamp {
  std::int32_t sec = 0;
  std::uint32_t nanosec = 0;
};

/// Nanoseconds of a stamp. Nothing for a stamp that is not set (zero) or whose nanoseconds are a second or more.
inline std::optional<std::int64_t> nanoseconds(Stamp stamp) {
  if (stamp.nanosec >= second || (stamp.sec == 0 && stamp.nanosec == 0)) return std::nullopt;
  return std::int64_t{stamp.sec} * second + stamp.nanosec;
}

/// The stamp of a number of nanoseconds. Seconds that a stamp cannot hold are the nearest that it can.
inline Stamp stamp(std::int64_t nanoseconds) {
  std::int64_t seconds = nanoseconds / second, rest = nanoseconds % second;
  if (rest < 0) {
    seconds -= 1;
    rest += second;
  }
  if (seconds > std::numeric_limits<std::int32_t>::max())
    return {std::numeric_limits<std::int32_t>::max(), 999'999'999};
  if (seconds < std::numeric_limits<std::int32_t>::min())
    return {std::numeric_limits<std::int32_t>::min(), 0};
  return {static_cast<std::int32_t>(seconds), static_cast<std::uint32_t>(rest)};
}

/// How a stamp follows the newest one before it.
enum class Order {
  later,  ///< as it should
  late,   ///< not later, by up to a second: this frame alone is refused
  again,  ///< earlier by more than a second: time began anew, as when a bag loops
};

inline Order order(std::optional<std::int64_t> newest, std::int64_t time) {
  if (!newest || time > *newest) return Order::later;
  return *newest - time > second ? Order::again : Order::late;
}

// ---------------------------------------------------------------------- images

/// Fields of sensor_msgs/Image. The pixels are borrowed.
struct Picture {
  std::string encoding;
  std::uint32_t width = 0, height = 0, step = 0;
  bool is_bigendian = false;
  const std::uint8_t *data = nullptr;
  std::size_t size = 0;
};

inline bool machine_is_bigendian() {
  const std::uint16_t one = 1;
  return *reinterpret_cast<const std::uint8_t *>(&one) == 0;
}

/// A picture as a frame that points to its pixels. Throws std::invalid_argument with one line that says what is wrong.
///
/// Encodings of two planes have the second one after `height` rows of the first, with the same step (nv24: twice the
/// step). Some cameras count its rows in `height`, for nv12 and nv21; the size of the data tells.
inline actionclip_frame frame_of(const Picture &picture, std::int32_t matrix, std::int32_t range) {
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  if (actionclip_pixel_format_from_name(picture.encoding.c_str(), ACTIONCLIP_NAMES_ROS,
                                        &frame.pixel_format) != ACTIONCLIP_OK)
    throw std::invalid_argument(actionclip_last_error());
  const std::uint64_t step = picture.step;
  std::uint64_t rows = picture.height, needed = step * rows;
  const bool is_420 =
      frame.pixel_format == ACTIONCLIP_PIXEL_NV12 || frame.pixel_format == ACTIONCLIP_PIXEL_NV21;
  if (is_420 && picture.size < step * (rows + (rows + 1) / 2) && rows % 3 == 0) rows = rows / 3 * 2;
  if (is_420) needed = step * (rows + (rows + 1) / 2);
  if (frame.pixel_format == ACTIONCLIP_PIXEL_NV24) needed = 3 * step * rows;
  if (picture.width < 1 || picture.width > 65535 || rows < 1 || rows > 65535 || step < picture.width)
    throw std::invalid_argument("an image of " + std::to_string(picture.width) + " x " +
                                std::to_string(picture.height) + " with rows of " + std::to_string(step) +
                                " bytes cannot be read");
  if (picture.data == nullptr || picture.size < needed)
    throw std::invalid_argument("an image of encoding " + picture.encoding + " needs " +
                                std::to_string(needed) + " bytes and has " + std::to_string(picture.size));
  if (frame.pixel_format == ACTIONCLIP_PIXEL_GRAY16 && picture.is_bigendian != machine_is_bigendian())
    throw std::invalid_argument("mono16 must have this machine's byte order");
  frame.width = static_cast<std::int32_t>(picture.width);
  frame.height = static_cast<std::int32_t>(rows);
  frame.planes[0] = picture.data;
  frame.strides[0] = static_cast<std::int64_t>(step);
  if (is_420 || frame.pixel_format == ACTIONCLIP_PIXEL_NV24) {
    frame.planes[1] = picture.data + step * rows;
    frame.strides[1] = static_cast<std::int64_t>(is_420 ? step : 2 * step);
  }
  frame.matrix = matrix;
  frame.range = range;
  return frame;
}

// ------------------------------------------------------------------ parameters

/// The node's parameters. Times are in seconds; 0 leaves a choice to the model or the library, where it has one.
struct Parameters {
  std::string model;                ///< a file; "": the default model
  std::vector<std::string> labels;  ///< none: those that the model's file names
  std::string none_label;           ///< the label that means "nothing in particular"; "": none
  std::int64_t window = 0;          ///< frames of a window
  std::int64_t hop = 0;             ///< sampled frames from one window to the next
  std::int64_t threads = 0;         ///< threads that compute
  double interval = 0;              ///< from one sampled frame to the next
  double max_age = 0;               ///< frames that waited longer are dropped
  double on, off, margin;           ///< scores; by default the library's
  double min_on, min_off, half_life, max_event;
  bool independent = false;  ///< events of several labels may overlap
  bool causal = false;       ///< each frame is encoded once, with the one-sided temporal shift
  std::string matrix = "auto", range = "auto";

  Parameters() {
    actionclip_tracker_options library;
    actionclip_tracker_options_init(&library);
    const auto seconds = [](std::int64_t ns) { return static_cast<double>(ns) / 1e9; };
    on = library.on;
    off = library.off;
    margin = library.margin;
    min_on = seconds(library.min_on_ns);
    min_off = seconds(library.min_off_ns);
    half_life = seconds(library.half_life_ns);
    max_event = seconds(library.max_event_ns);
  }
};

/// Nanoseconds of a parameter in seconds. Throws std::invalid_argument if it is not from 0 to a day.
inline std::int64_t duration(const char *name, double seconds) {
  if (!(seconds >= 0 && seconds <= 86400))
    throw std::invalid_argument(std::string(name) + ": expected seconds from 0 to 86400");
  return std::llround(seconds * 1e9);
}

/// A parameter that is a count. Throws std::invalid_argument if it is not from 0 to `most`.
inline std::int32_t count(const char *name, std::int64_t value, std::int32_t most) {
  if (value < 0 || value > most)
    throw std::invalid_argument(std::string(name) + ": expected a number from 0 to " + std::to_string(most));
  return static_cast<std::int32_t>(value);
}

inline std::int32_t matrix_of(const std::string &name) {
  if (name == "auto") return ACTIONCLIP_MATRIX_AUTO;
  if (name == "bt601") return ACTIONCLIP_MATRIX_BT601;
  if (name == "bt709") return ACTIONCLIP_MATRIX_BT709;
  if (name == "bt2020") return ACTIONCLIP_MATRIX_BT2020;
  throw std::invalid_argument("matrix: expected auto, bt601, bt709 or bt2020, not " + name);
}

inline std::int32_t range_of(const std::string &name) {
  if (name == "auto") return ACTIONCLIP_RANGE_AUTO;
  if (name == "limited") return ACTIONCLIP_RANGE_LIMITED;
  if (name == "full") return ACTIONCLIP_RANGE_FULL;
  throw std::invalid_argument("range: expected auto, limited or full, not " + name);
}

inline actionclip_model_options model_options(const Parameters &p) {
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.frames = count("window", p.window, 4096);
  options.threads = count("threads", p.threads, 256);
  return options;
}

/// Options of a live stream: of frames that come too fast, only the newest waits.
inline actionclip_stream_options stream_options(const Parameters &p) {
  actionclip_stream_options options;
  actionclip_stream_options_init(&options);
  options.frame_interval_ns = duration("interval", p.interval);
  options.max_age_ns = duration("max_age", p.max_age);
  options.hop = count("hop", p.hop, 65536);
  options.overflow = ACTIONCLIP_OVERFLOW_LATEST;
  if (p.causal) options.mode = ACTIONCLIP_STREAM_CAUSAL;
  return options;
}

inline actionclip_tracker_options tracker_options(const Parameters &p) {
  actionclip_tracker_options options;
  actionclip_tracker_options_init(&options);
  options.mode = p.independent ? ACTIONCLIP_TRACK_INDEPENDENT : ACTIONCLIP_TRACK_EXCLUSIVE;
  options.on = p.on;
  options.off = p.off;
  options.margin = p.margin;
  options.min_on_ns = duration("min_on", p.min_on);
  options.min_off_ns = duration("min_off", p.min_off);
  options.half_life_ns = duration("half_life", p.half_life);
  options.max_event_ns = duration("max_event", p.max_event);
  return options;
}

}  // namespace actionclip_ros
