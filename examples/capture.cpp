// capture.cpp: what a camera sees, with OpenCV's VideoCapture.
//
//   c++ -std=c++17 examples/capture.cpp -o capture $(pkg-config --cflags --libs actionclip opencv4)
//   ./capture 0 walking waving                              a camera by its number
//   ./capture examples/shapes.mp4 "moving left" growing     a file
//
// Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
//
// A camera's frames have the time at which they were read, and one that cannot be encoded in time is replaced by the
// next. A file's frames have their own times, and all of them are taken.
#include <actionclip.hpp>

#include "notes.h"

#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

// OpenCV's pictures are BGR, in rows with a distance of `step` bytes.
static actionclip_frame frame_of(const cv::Mat &picture) {
  actionclip_frame frame;
  actionclip_frame_init(&frame);
  frame.pixel_format = picture.channels() == 1 ? ACTIONCLIP_PIXEL_GRAY : ACTIONCLIP_PIXEL_BGR;
  frame.width = picture.cols;
  frame.height = picture.rows;
  frame.planes[0] = picture.data;
  frame.strides[0] = static_cast<std::int64_t>(picture.step[0]);
  return frame;
}

static std::int64_t nanoseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

int main(int argc, char **argv) try {
  if (argc < 3) {
    std::fprintf(stderr, "usage: capture CAMERA|FILE LABEL...\n");
    return 2;
  }
  const std::string source = argv[1];
  const bool is_camera = std::all_of(source.begin(), source.end(), [](unsigned char c) { return std::isdigit(c); });
  cv::VideoCapture video;
  if (!(is_camera ? video.open(std::stoi(source)) : video.open(source))) {
    std::fprintf(stderr, "capture: OpenCV cannot open %s\n", argv[1]);
    return 1;
  }

  const std::vector<std::string> labels(argv + 2, argv + argc);
  const actionclip::Model model;
  const actionclip::Classifier classifier(model, labels);
  note_unlearned("capture", model.get(), argv + 2, labels.size());
  actionclip_stream_options options = actionclip::stream_options();
  if (is_camera) options.overflow = ACTIONCLIP_OVERFLOW_LATEST;
  actionclip::Stream stream(model, &options);

  const auto begin = std::chrono::steady_clock::now();
  cv::Mat picture;
  std::int64_t time = -1;  // it always rises, though some versions of OpenCV give 0 for the last frames of a file
  bool is_more = true, has_ended = false;
  while (!has_ended) {
    if (is_more && (is_more = video.read(picture))) {
      if (is_camera) time = nanoseconds(std::chrono::steady_clock::now() - begin);
      else time = std::max(time + 1, static_cast<std::int64_t>(video.get(cv::CAP_PROP_POS_MSEC) * 1e6));
      stream.push(frame_of(picture), time);
    } else {
      stream.finish();
    }
    stream.step();
    while (const auto window = stream.next(&has_ended)) {
      const std::vector<float> scores = classifier.score(window->embedding);
      const auto best = std::max_element(scores.begin(), scores.end());
      std::printf("%.2f s: %s (%.1f %%)\n", static_cast<double>(window->end_ns) / 1e9,
                  labels[static_cast<std::size_t>(best - scores.begin())].c_str(), static_cast<double>(*best) * 100);
      std::fflush(stdout);
    }
  }
  return status_of_output("capture");
} catch (const actionclip::Error &error) {
  std::fprintf(stderr, "capture: %s (%s)\n", error.what(), error.status_name());
  return 1;
}
