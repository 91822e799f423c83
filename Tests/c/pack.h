/* pack.h: reads a parity pack (Tests/fixtures/packs/<case>) with as little code as will do. It trusts its
 * input, which this repository made; the library's own readers do not. */
#ifndef PACK_H
#define PACK_H

#include "check.h"

typedef struct {
  unsigned char *file;
  size_t size;
} tensor_file;

typedef struct {
  const void *data; /* float or int32_t */
  size_t count;
  size_t rows; /* the first dimension */
} tensor;

static const char *const pack_names[] = {"meanp",      "conv1d", "lstm",          "transf",
                                         "transf-cls", "joint",  "tsm-one-frame", "tsm-transf-16"};
enum { PACK_COUNT = 8 };

typedef struct {
  char directory[1024];
  char checkpoint[1100];
  int frames, videos, templates, classes, embed, joint, shift, head, side, patch, context, vocabulary;
  int vision_width, vision_layers, text_width, text_layers;
  tensor_file inputs, expected;
  tensor pixels, tokens, frame_features, video_features, text_features, probabilities;
} pack;

static int pack_int(const char *json, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\": ", key);
  const char *at = strstr(json, quoted);
  if (at == NULL) exit(2);
  at += strlen(quoted);
  return strncmp(at, "true", 4) == 0 ? 1 : atoi(at);
}

static tensor pack_tensor(const tensor_file *f, const char *name) {
  uint64_t header = 0;
  for (int i = 7; i >= 0; i--) header = header << 8 | f->file[i];
  char *json = check_alloc((size_t)header + 1);
  memcpy(json, f->file + 8, (size_t)header);
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", name);
  const char *at = strstr(json, quoted);
  const char *shape = at ? strstr(at, "\"shape\":[") : NULL;
  const char *offsets = at ? strstr(at, "\"data_offsets\":[") : NULL;
  if (shape == NULL || offsets == NULL) {
    fprintf(stderr, "  no tensor %s in a pack\n", name);
    exit(2);
  }
  char *end;
  const unsigned long first = strtoul(offsets + 16, &end, 10), last = strtoul(end + 1, NULL, 10);
  tensor t;
  t.data = f->file + 8 + header + first;
  t.count = (last - first) / 4;
  t.rows = strtoul(shape + 9, NULL, 10);
  free(json);
  return t;
}

static pack pack_read(const char *name) {
  pack p;
  memset(&p, 0, sizeof p);
  char path[1200];
  snprintf(p.directory, sizeof p.directory, "%s/Tests/fixtures/packs/%s", check_root, name);
  snprintf(p.checkpoint, sizeof p.checkpoint, "%s/checkpoint.pt", p.directory);
  snprintf(path, sizeof path, "%s/case.json", p.directory);
  size_t size;
  char *raw = (char *)check_read_file(path, &size), *json = check_alloc(size + 1);
  memcpy(json, raw, size);
  p.frames = pack_int(json, "T");
  p.videos = pack_int(json, "videos");
  p.templates = pack_int(json, "templates");
  p.classes = pack_int(json, "classes");
  p.embed = pack_int(json, "embed");
  p.joint = pack_int(json, "joint");
  p.shift = pack_int(json, "tsm");
  p.side = pack_int(json, "res");
  p.patch = pack_int(json, "patch");
  p.context = pack_int(json, "ctx");
  p.vocabulary = pack_int(json, "vocab");
  p.vision_width = pack_int(json, "vw");
  p.vision_layers = pack_int(json, "vl");
  p.text_width = pack_int(json, "tw");
  p.text_layers = pack_int(json, "tl");
  p.head = strstr(json, "\"meanP\"")        ? ACTIONCLIP_HEAD_MEANP
           : strstr(json, "\"Conv_1D\"")    ? ACTIONCLIP_HEAD_CONV_1D
           : strstr(json, "\"LSTM\"")       ? ACTIONCLIP_HEAD_LSTM
           : strstr(json, "\"Transf_cls\"") ? ACTIONCLIP_HEAD_TRANSF_CLS
           : strstr(json, "\"Transf\"")     ? ACTIONCLIP_HEAD_TRANSF
                                            : -1;  // no model loads with it
  free(raw);
  free(json);
  snprintf(path, sizeof path, "%s/inputs.safetensors", p.directory);
  p.inputs.file = check_read_file(path, &p.inputs.size);
  snprintf(path, sizeof path, "%s/expected.safetensors", p.directory);
  p.expected.file = check_read_file(path, &p.expected.size);
  p.pixels = pack_tensor(&p.inputs, "pixels");
  p.tokens = pack_tensor(&p.inputs, "tokens");
  p.frame_features = pack_tensor(&p.expected, "frame_features");
  p.video_features = pack_tensor(&p.expected, "video_features");
  p.text_features = pack_tensor(&p.expected, "text_features");
  p.probabilities = pack_tensor(&p.expected, "probabilities");
  return p;
}

static void pack_free(pack *p) {
  free(p->inputs.file);
  free(p->expected.file);
}

/* The options a user of this pack's checkpoint gives: only what the file cannot say. */
static actionclip_model_options pack_options(const pack *p, int threads) {
  actionclip_model_options o;
  actionclip_model_options_init(&o);
  o.threads = threads;
  if (!p->joint && p->head != ACTIONCLIP_HEAD_TRANSF_CLS) o.frames = p->frames;
  return o;
}

/* Largest |a - b| over largest |b|. */
static inline double pack_error(const float *a, const tensor *b) {
  const float *expected = b->data;
  double worst = 0, scale = 1e-30;
  for (size_t i = 0; i < b->count; i++) {
    const double d = (double)a[i] - (double)expected[i], s = expected[i];
    if (!(d < 1e30 && d > -1e30)) return 1e30; /* not a number, too */
    if (d > worst || -d > worst) worst = d > 0 ? d : -d;
    if (s > scale || -s > scale) scale = s > 0 ? s : -s;
  }
  return worst / scale;
}

#endif
