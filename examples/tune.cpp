// tune.cpp: teach the model itself new actions by a few clips, with the C++17 header, and end early by Ctrl-C.
//
//   c++ -std=c++17 examples/tune.cpp -o tune $(pkg-config --cflags --libs actionclip)
//   ./tune mine.safetensors zigzagging a.mp4 zigzagging b.mp4 "moving left" c.mp4 ...
//
// Before make install the library's flags are -Iinclude -Lbuild/lib -lactionclip -Wl,-rpath,$PWD/build/lib.
//
// The first argument is the model to write; then a label and a clip that shows it, by turns. The model that it begins
// with is the default one, or the one that ACTIONCLIP_MODEL names. tune.c has a loop of its own, and goes on another
// day.
#include <actionclip.hpp>

#include "notes.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

static volatile std::sig_atomic_t interrupted = 0;

int main(int argc, char **argv) try {
  if (argc < 4 || argc % 2 != 0) {
    std::fprintf(stderr, "usage: tune MINE.safetensors LABEL CLIP [LABEL CLIP...]\n");
    return 2;
  }
  const actionclip::Model model;  // the default one, or the one that ACTIONCLIP_MODEL names

  // The labels that the model has, and the new ones: it must tell all of them apart.
  std::vector<std::string> labels = model.labels();
  for (int i = 2; i < argc; i += 2)
    if (std::find(labels.begin(), labels.end(), argv[i]) == labels.end()) labels.emplace_back(argv[i]);

  actionclip_tuner_options options = actionclip::tuner_options();  // the temporal head alone is trained
  options.loss = ACTIONCLIP_LOSS_CROSS_ENTROPY;
  options.epochs = 10;
  options.rate = 1e-4;
  actionclip::Tuner tuner(model, labels, &options);
  for (int i = 2; i < argc; i += 2) {
    const auto label = static_cast<std::int32_t>(std::find(labels.begin(), labels.end(), argv[i]) - labels.begin());
    actionclip::Video clip(argv[i + 1]);
    // Four choices of its frames, of which each step draws one.
    tuner.add({label}, clip, 0, std::numeric_limits<double>::infinity(), 4);
  }

  // The function hears of each step. By returning true it would end the run, and so does what it throws.
  std::signal(SIGINT, [](int) { interrupted = 1; });
  tuner.run([](const actionclip_tuner_result &step) {
    std::printf("step %2lld of %lld: loss %.3f\n", static_cast<long long>(step.step),
                static_cast<long long>(step.total_steps), step.loss);
    return interrupted != 0;
  });
  tuner.model(0.5).save(argv[1]);  // half-way from the old weights to the tuned ones
  std::printf("%s has the new model\n", argv[1]);
  return status_of_output("tune");
} catch (const actionclip::Error &error) {
  std::fprintf(stderr, "tune: %s (%s)\n", error.what(), error.status_name());
  return 1;
}
