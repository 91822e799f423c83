// tracks.cpp: what each person does, from the boxes of a detector and tracker, as tracks.py tells it.
//
//   c++ -std=c++17 -Iexamples examples/tracks/tracks.cpp -o tracks $(pkg-config --cflags --libs actionclip)
//   ffmpeg -v error -i VIDEO -pix_fmt yuv420p -f yuv4mpegpipe - | ./tracks boxes.txt "moving left" growing
//
// A line of boxes.txt is a box, as in the files of MOTChallenge: frame (from 1), id, left, top, width, height in
// pixels, separated by commas; what follows is not read. Each id has a stream of its own, the square around the box
// with a margin of 10 %, and one step encodes the frames of all of them in one batch. An id that is not seen for two
// seconds ends. The model is the default one, or the one that ACTIONCLIP_MODEL names.
#include <actionclip.hpp>

#include "notes.h"
#include "y4m.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t forget_ns = 2'000'000'000;

struct Box {
  long id;
  double left, top, width, height;
};

// The boxes of each frame.
std::map<long, std::vector<Box>> read_boxes(const std::string &path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::map<long, std::vector<Box>> boxes;
  long number = 0, frame = 0;
  for (std::string line; std::getline(file, line);) {
    number++;
    Box box = {};
    const int found = std::sscanf(line.c_str(), "%ld ,%ld ,%lf ,%lf ,%lf ,%lf", &frame, &box.id, &box.left, &box.top,
                                  &box.width, &box.height);
    const bool is_box = found == 6 && frame >= 1 && std::isfinite(box.left + box.top + box.width + box.height) &&
                        box.width > 0 && box.height > 0 && std::abs(box.left) + box.width < 1e6 &&
                        std::abs(box.top) + box.height < 1e6;
    if (!is_box)
      throw std::runtime_error(path + ":" + std::to_string(number) + ": this is no frame,id,left,top,width,height");
    boxes[frame].push_back(box);
  }
  return boxes;
}

// A person's stream, and the events of its windows.
struct Track {
  Track(const actionclip::Model &model, std::size_t labels) : stream(model), tracker(labels) {}
  actionclip::Stream stream;
  actionclip::Tracker tracker;
  std::int64_t seen_ns = 0;
};

class Tracks {
 public:
  Tracks(const actionclip::Model &model, const std::vector<std::string> &labels)
      : model_(model), labels_(labels), list_(actionclip::Classifier(model, labels).label_list()) {}

  // Gives a person its part of a picture.
  void push(actionclip_frame picture, std::int64_t time_ns, const Box &box) {
    Track &track = tracks_.try_emplace(box.id, model_, labels_.size()).first->second;
    const double side = std::max(1.0, std::round(std::max(box.width, box.height) * 1.1));
    picture.region_width = picture.region_height = static_cast<std::int32_t>(side);
    picture.region_x = static_cast<std::int32_t>(std::lround(box.left + (box.width - side) / 2));
    picture.region_y = static_cast<std::int32_t>(std::lround(box.top + (box.height - side) / 2));
    picture.region_clamp = ACTIONCLIP_ON;  // a region that reaches over the edge is cut there
    while (track.stream.push(picture, time_ns) == actionclip::Pushed::full) step();
    track.seen_ns = time_ns;
  }

  // Encodes the frames that wait, of all tracks in one batch, and prints the events.
  void step() {
    std::vector<actionclip::Stream *> all;
    for (auto &[id, track] : tracks_) all.push_back(&track.stream);
    if (!all.empty()) actionclip::step(all);
    for (auto &[id, track] : tracks_) print_windows(id, track);
  }

  // Ends the tracks that were last seen before a time.
  void forget(std::int64_t before_ns) {
    for (auto place = tracks_.begin(); place != tracks_.end();) {
      auto &[id, track] = *place;
      if (track.seen_ns >= before_ns) {
        ++place;
        continue;
      }
      track.stream.finish();
      while (!print_windows(id, track)) track.stream.step();
      place = tracks_.erase(place);
    }
  }

 private:
  // Returns whether the track has ended.
  bool print_windows(long id, Track &track) {
    bool has_ended = false;
    while (const auto window = track.stream.next(&has_ended))
      track.tracker.push(window->start_ns, window->end_ns, list_.score(window->embedding));
    if (has_ended) track.tracker.finish();
    for (const actionclip_event &event : track.tracker.events()) {
      const bool is_start = event.kind == ACTIONCLIP_EVENT_STARTED;
      std::printf("%ld: %s %s at %.2f s\n", id, labels_[static_cast<std::size_t>(event.label)].c_str(),
                  is_start ? "started" : "ended", static_cast<double>(is_start ? event.start_ns : event.end_ns) / 1e9);
    }
    return has_ended;
  }

  const actionclip::Model &model_;
  const std::vector<std::string> &labels_;
  actionclip::LabelList list_;
  std::map<long, Track> tracks_;
};

}  // namespace

int main(int argc, char **argv) try {
  if (argc < 3) {
    std::fprintf(stderr, "usage: tracks BOXES.txt LABEL... < y4m\n");
    return 2;
  }
  const std::map<long, std::vector<Box>> boxes = read_boxes(argv[1]);
  const std::vector<std::string> labels(argv + 2, argv + argc);
  y4m video = {};
  if (const char *wrong = y4m_open(&video, stdin)) throw std::runtime_error(std::string("standard input: ") + wrong);
  const actionclip::Model model;
  Tracks tracks(model, labels);
  note_unlearned("tracks", model.get(), argv + 2, labels.size());

  actionclip_frame picture;
  std::int64_t time_ns = 0;
  while (y4m_read(&video, &picture, &time_ns)) {
    const auto here = boxes.find(static_cast<long>(video.count));
    if (here != boxes.end())
      for (const Box &box : here->second) try {
          tracks.push(picture, time_ns, box);
        } catch (const actionclip::Error &error) {
          throw std::runtime_error("frame " + std::to_string(video.count) + ", the box of id " +
                                   std::to_string(box.id) + ": " + error.what());
        }
    tracks.step();
    tracks.forget(time_ns - forget_ns);
    std::fflush(stdout);
  }
  tracks.step();
  tracks.forget(std::numeric_limits<std::int64_t>::max());
  std::free(video.pixels);
  if (video.wrong != nullptr) throw std::runtime_error(std::string("standard input: ") + video.wrong);
  if (!boxes.empty() && boxes.rbegin()->first > video.count)
    throw std::runtime_error(std::string(argv[1]) + " has a box in frame " + std::to_string(boxes.rbegin()->first) +
                             ", and standard input has " + std::to_string(video.count) + " frames");
  return status_of_output("tracks");
} catch (const std::exception &error) {
  std::fprintf(stderr, "tracks: %s\n", error.what());
  return 1;
}
