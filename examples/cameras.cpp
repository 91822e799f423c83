// cameras.cpp: several cameras at the price of a batch: a thread for each pushes, one thread encodes for all.
//
//   c++ -std=c++17 examples/cameras.cpp -o cameras $(pkg-config --cflags --libs actionclip) -pthread
//   mkfifo door yard
//   ffmpeg -v error -f v4l2 -i /dev/video0 -f yuv4mpegpipe - > door & ffmpeg ... > yard &
//   ./cameras --live door yard -- "opening a door" "carrying a box"
//
// Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
//
// A source is a y4m file or a FIFO. Without --live each waits until its frames are encoded, so none is lost; with it a
// camera never waits, and the newest frame replaces the one that was not encoded in time. The model is the default one,
// or the one that the environment variable ACTIONCLIP_MODEL names.
#include <actionclip.hpp>

#include "notes.h"
#include "y4m.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Camera {
  Camera(std::string path, const actionclip::Model &model, const actionclip_stream_options &options)
      : name(std::move(path)), stream(model, &options) {}

  // Pushes the frames of the source as they come, on the camera's own thread, and finishes the stream.
  void push() try {
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(name.c_str(), "rb"), std::fclose);
    y4m video = {};
    if (!file) wrong = "it cannot be opened";
    else if (const char *why = y4m_open(&video, file.get())) wrong = why;
    actionclip_frame frame;
    std::int64_t timestamp_ns = 0;
    while (wrong.empty() && y4m_read(&video, &frame, &timestamp_ns))
      while (stream.push(frame, timestamp_ns) == actionclip::Pushed::full) stream.wait(ACTIONCLIP_WAIT_ROOM);
    if (video.wrong != nullptr) wrong = video.wrong;
    std::free(video.pixels);
    stream.finish();
  } catch (const actionclip::Error &error) {
    wrong = error.what();
    stream.finish();
  }

  std::string name, wrong;
  actionclip::Stream stream;
};

// Prints the windows that a camera has. Returns whether its stream has ended.
bool print_windows(Camera &camera, const actionclip::LabelList &list, const std::vector<std::string> &labels) {
  actionclip::Window window;
  for (;;) {
    const std::int32_t found = camera.stream.next(window);
    if (found != ACTIONCLIP_NEXT_WINDOW) return found == ACTIONCLIP_NEXT_END;
    const std::vector<float> scores = list.score(window.embedding);
    const auto best = std::max_element(scores.begin(), scores.end());
    std::printf("%s %.2f s: %s (%.1f %%)\n", camera.name.c_str(), static_cast<double>(window.end_ns) / 1e9,
                labels[static_cast<std::size_t>(best - scores.begin())].c_str(), static_cast<double>(*best) * 100);
  }
}

}  // namespace

int main(int argc, char **argv) try {
  std::vector<std::string> sources, labels;
  bool live = false, are_labels = false;
  for (int i = 1; i < argc; i++) {
    const std::string argument = argv[i];
    if (are_labels) labels.push_back(argument);
    else if (argument == "--") are_labels = true;
    else if (argument == "--live") live = true;
    else sources.push_back(argument);
  }
  if (sources.empty() || labels.empty()) {
    std::fprintf(stderr, "usage: cameras [--live] SOURCE... -- LABEL...\n");
    return 2;
  }

  const actionclip::Model model;
  const actionclip::Classifier classifier(model, labels);
  note_unlearned("cameras", model.get(), argv + argc - labels.size(), labels.size());
  const actionclip::LabelList list = classifier.label_list();
  actionclip_stream_options options = actionclip::stream_options();
  if (live) options.overflow = ACTIONCLIP_OVERFLOW_LATEST;

  std::vector<std::unique_ptr<Camera>> cameras;
  std::vector<actionclip::Stream *> open;
  std::vector<std::thread> threads;
  for (const std::string &source : sources) {
    cameras.push_back(std::make_unique<Camera>(source, model, options));
    open.push_back(&cameras.back()->stream);
  }
  for (const auto &camera : cameras) threads.emplace_back([&camera] { camera->push(); });

  // One batch over all cameras that have frames, until the last has ended.
  while (!open.empty()) try {
    actionclip::wait(open, ACTIONCLIP_WAIT_STEP, 100'000'000);
    actionclip::step(open);
    for (const auto &camera : cameras) {
      const auto place = std::find(open.begin(), open.end(), &camera->stream);
      if (place != open.end() && print_windows(*camera, list, labels)) open.erase(place);
    }
    std::fflush(stdout);
  } catch (const actionclip::Error &error) {
    std::fprintf(stderr, "cameras: %s (%s)\n", error.what(), error.status_name());
    std::_Exit(1);  // the threads may be waiting for their cameras
  }
  for (std::thread &thread : threads) thread.join();

  int status = status_of_output("cameras");
  for (const auto &camera : cameras) {
    const actionclip_stream_stats account = camera->stream.stats();
    std::fprintf(stderr, "%s: %lld frames, %lld encoded, %lld dropped\n", camera->name.c_str(),
                 static_cast<long long>(account.pushed), static_cast<long long>(account.encoded),
                 static_cast<long long>(account.dropped));
    if (!camera->wrong.empty()) {
      std::fprintf(stderr, "cameras: %s: %s\n", camera->name.c_str(), camera->wrong.c_str());
      status = 1;
    }
  }
  return status;
} catch (const actionclip::Error &error) {
  std::fprintf(stderr, "cameras: %s (%s)\n", error.what(), error.status_name());
  return 1;
}
