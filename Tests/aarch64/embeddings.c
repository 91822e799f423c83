/* Embeddings of the default model in each precision, to be held against those of another processor.
 *
 *   embeddings write FILE            computes them: frames' and labels', for fp32, bf16 and int8
 *   embeddings compare FILE FILE     prints, for each precision, how many numbers differ and by how much; fails where
 *                                    an embedding's cosine is below that precision's limit */
#include "../c/check.h"

#include <math.h>

enum { PRECISIONS = 3, IMAGES = 16, LABELS = 3, ROWS = IMAGES + LABELS };
enum { WIDTH = 331, HEIGHT = 173 };
static const char *const names[PRECISIONS] = {"fp32", "bf16", "int8"};
static const double limits[PRECISIONS] = {0.999999, 0.9999, 0.999};

static void compute(const char *path) {
  static uint8_t rgb[IMAGES][WIDTH * HEIGHT * 3];
  actionclip_image images[IMAGES];
  for (size_t i = 0; i < IMAGES; i++) {
    for (size_t j = 0; j < sizeof rgb[i]; j++)
      rgb[i][j] = (uint8_t)(abs((int)(j / 3 % WIDTH * (i + 2) % 400) - 200) + (j * 2654435761u >> 13) % 32);
    const actionclip_image image = {rgb[i], 0, WIDTH, HEIGHT, ACTIONCLIP_PIXEL_RGB, 0};
    images[i] = image;
  }
  const char *labels[LABELS] = {"moving left", "turning round", "a red circle"}, *templates[] = {"a video of {}"};
  const int32_t precisions[PRECISIONS] = {ACTIONCLIP_COMPUTE_FP32, ACTIONCLIP_COMPUTE_BF16, ACTIONCLIP_COMPUTE_INT8};
  FILE *file = fopen(path, "wb");
  if (!CHECK(file != NULL)) return;
  for (int p = 0; p < PRECISIONS; p++) {
    actionclip_model_options options;
    actionclip_model_options_init(&options);
    options.compute_type = precisions[p];
    actionclip_model *model = NULL;
    actionclip_model_info info;
    info.struct_size = sizeof info;
    if (!CHECK_OK(actionclip_model_load(NULL, &options, &model))) break;
    CHECK_OK(actionclip_model_get_info(model, &info));
    const size_t size = (size_t)info.embedding_size;
    float *out = check_alloc(ROWS * size * sizeof(float));
    const size_t videos = IMAGES / (size_t)info.frames;
    CHECK_OK(actionclip_encode_frames(model, images, videos * (size_t)info.frames, NULL, out, videos * size, NULL, 0));
    CHECK_OK(actionclip_encode_labels(model, labels, LABELS, templates, 1, 0, out + videos * size,
                                      LABELS * size));
    const uint32_t header[2] = {(uint32_t)(videos + LABELS), (uint32_t)size};
    CHECK(fwrite(header, sizeof header, 1, file) == 1 && fwrite(out, header[0] * size * sizeof(float), 1, file) == 1);
    free(out);
    actionclip_model_free(model);
  }
  CHECK(fclose(file) == 0);
}

static void compare(const char *first, const char *second) {
  size_t sizes[2];
  unsigned char *files[2] = {check_read_file(first, &sizes[0]), check_read_file(second, &sizes[1])};
  if (!CHECK(sizes[0] == sizes[1])) return;
  size_t at = 0;
  for (int p = 0; p < PRECISIONS; p++) {
    uint32_t header[2];
    memcpy(header, files[0] + at, sizeof header);
    at += sizeof header;
    size_t differing = 0;
    double largest = 0, least = 1;
    for (uint32_t row = 0; row < header[0]; row++, at += header[1] * sizeof(float)) {
      double aa = 0, bb = 0, ab = 0, dd = 0;
      for (uint32_t i = 0; i < header[1]; i++) {
        float a, b;
        memcpy(&a, files[0] + at + i * sizeof a, sizeof a);
        memcpy(&b, files[1] + at + i * sizeof b, sizeof b);
        differing += memcmp(&a, &b, sizeof a) != 0;
        aa += (double)a * a, bb += (double)b * b, ab += (double)a * b, dd += ((double)a - b) * ((double)a - b);
      }
      if (sqrt(dd / aa) > largest) largest = sqrt(dd / aa);
      if (ab / sqrt(aa * bb) < least) least = ab / sqrt(aa * bb);
    }
    printf("  %s: %zu of %u numbers differ, an embedding by %.1e of its length at most\n", names[p], differing,
           header[0] * header[1], largest);
    CHECK(least >= limits[p]);
  }
  free(files[0]);
  free(files[1]);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "write") == 0) compute(argv[2]);
  else if (argc == 4 && strcmp(argv[1], "compare") == 0) compare(argv[2], argv[3]);
  else return 2;
  return check_report("embeddings");
}
