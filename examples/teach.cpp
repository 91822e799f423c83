// teach.cpp: teach.c again, with the C++17 header.
//
//   c++ -std=c++17 examples/teach.cpp -o teach $(pkg-config --cflags --libs actionclip)
//   ./teach my.classifier clip.mp4 "moving left" a.mp4 "moving left" b.mp4 "gesture one" c.mp4 ...
//
// Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
#include <actionclip.hpp>

#include "notes.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

int main(int argc, char **argv) try {
  if (argc < 5 || argc % 2 == 0) {
    std::fprintf(stderr, "usage: teach FILE VIDEO LABEL CLIP [LABEL CLIP...]\n");
    return 2;
  }
  const actionclip::Model model;  // the default one, or the one that ACTIONCLIP_MODEL names

  // Each label once. A label without clips would be recognised by its words alone.
  std::vector<std::string> labels;
  for (int i = 3; i < argc; i += 2)
    if (std::find(labels.begin(), labels.end(), argv[i]) == labels.end()) labels.emplace_back(argv[i]);

  actionclip::Classifier classifier(model, labels);
  for (int i = 3; i < argc; i += 2) {
    actionclip::Video clip(argv[i + 1]);
    // Four choices of its frames, which count as one clip.
    classifier.add(argv[i], clip, 0, std::numeric_limits<double>::infinity(), 4);
  }
  classifier.fit();
  std::printf("%s\n", classifier.report().reason.c_str());
  classifier.save(argv[1]);

  // From here on it could be another program.
  const auto learned = actionclip::Classifier::load(model, argv[1]).label_list();
  actionclip::Video video(argv[2]);
  const int label = learned.decide(model.encode_video(video)).at(0);
  const std::string found = label < 0 ? "none of these" : learned.labels().at(static_cast<std::size_t>(label));
  std::printf("%s: %s\n", argv[2], found.c_str());
  return status_of_output("teach");
} catch (const actionclip::Error &error) {
  std::fprintf(stderr, "teach: %s (%s)\n", error.what(), error.status_name());
  return 1;
}
