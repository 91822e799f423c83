// classify.cpp: classify.c again, with the C++17 header.
//
//   c++ -std=c++17 examples/classify.cpp -o classify $(pkg-config --cflags --libs actionclip)
//   ./classify examples/clip.mp4 examples/labels.txt
//
// Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
#include <actionclip.hpp>

#include "notes.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

static std::vector<std::string> read_lines(const std::string &path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) throw std::runtime_error(path + " has no label");
  return lines;
}

int main(int argc, char **argv) try {
  if (argc < 3 || argc > 5) {
    std::fprintf(stderr, "usage: classify VIDEO LABELS.txt [WEIGHTS [MERGES]]\n");
    return 2;
  }
  actionclip_model_options options = actionclip::model_options();
  if (argc == 5) options.tokenizer_path = argv[4];

  const actionclip::Model model = argc > 3 ? actionclip::Model(argv[3], &options) : actionclip::Model(&options);
  actionclip::Video video(argv[1]);
  const std::vector<std::string> labels = read_lines(argv[2]);
  const std::vector<float> probabilities = model.classify(video, labels);
  std::vector<const char *> texts;
  for (const std::string &label : labels) texts.push_back(label.c_str());
  note_unlearned("classify", model.get(), texts.data(), texts.size());

  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
  });
  for (std::size_t i : order)
    std::printf("%6.2f %%  %s\n", static_cast<double>(probabilities[i]) * 100, labels[i].c_str());
  return status_of_output("classify");
} catch (const actionclip::Error &error) {
  std::fprintf(stderr, "classify: %s (%s)\n", error.what(), error.status_name());
  return 1;
} catch (const std::exception &error) {
  std::fprintf(stderr, "classify: %s\n", error.what());
  return 1;
}
