// test_conversions.cpp: encodings, stamps and parameters of the ROS 2 package, without ROS.
#include <actionclip_ros/conversions.hpp>

#include <cstdio>
#include <cstring>

using namespace actionclip_ros;

static int passed, failed;

#define CHECK(condition) check((condition), __LINE__, #condition)
static void check(bool good, int line, const char *what) {
  good ? passed++ : failed++;
  if (!good) std::fprintf(stderr, "  test_conversions.cpp:%d: failed: %s\n", line, what);
}

/// The message of what a call throws, "" if it does not.
template <class Call> static std::string refusal(Call call) {
  try {
    call();
    return "";
  } catch (const std::exception &error) {
    return error.what();
  }
}

static const std::vector<std::uint8_t> bytes(100'000);

static Picture picture(const char *encoding, std::uint32_t width, std::uint32_t height, std::uint32_t step,
                       std::size_t size) {
  return {encoding, width, height, step, machine_is_bigendian(), bytes.data(), size};
}

static void every_encoding_has_its_format() {
  const struct {
    const char *encoding;
    std::uint32_t step;
    std::size_t size;
    std::int32_t format;
  } rows[] = {
      {"rgb8", 96, 1920, ACTIONCLIP_PIXEL_RGB},    {"bgr8", 96, 1920, ACTIONCLIP_PIXEL_BGR},
      {"rgba8", 128, 2560, ACTIONCLIP_PIXEL_RGBA}, {"bgra8", 128, 2560, ACTIONCLIP_PIXEL_BGRA},
      {"mono8", 32, 640, ACTIONCLIP_PIXEL_GRAY},   {"mono16", 64, 1280, ACTIONCLIP_PIXEL_GRAY16},
      {"yuyv", 64, 1280, ACTIONCLIP_PIXEL_YUYV},   {"yuv422_yuy2", 64, 1280, ACTIONCLIP_PIXEL_YUYV},
      {"uyvy", 64, 1280, ACTIONCLIP_PIXEL_UYVY},   {"yuv422", 64, 1280, ACTIONCLIP_PIXEL_UYVY},
      {"nv12", 32, 960, ACTIONCLIP_PIXEL_NV12},    {"nv21", 32, 960, ACTIONCLIP_PIXEL_NV21},
      {"nv24", 32, 1920, ACTIONCLIP_PIXEL_NV24},
  };
  for (const auto &row : rows) {
    actionclip_frame frame{};
    const std::string why =
        refusal([&] { frame = frame_of(picture(row.encoding, 32, 20, row.step, row.size), 2, 1); });
    if (!why.empty()) std::fprintf(stderr, "  %s: %s\n", row.encoding, why.c_str());
    CHECK(why.empty());
    CHECK(frame.pixel_format == row.format && frame.width == 32 && frame.height == 20);
    CHECK(frame.strides[0] == row.step && frame.planes[0] == bytes.data());
    CHECK(frame.matrix == ACTIONCLIP_MATRIX_BT709 && frame.range == ACTIONCLIP_RANGE_LIMITED);
    // A byte less than the picture needs is refused before a pixel is read.
    CHECK(!refusal([&] { frame_of(picture(row.encoding, 32, 20, row.step, row.size - 1), 0, 0); }).empty());
  }
}

static void other_encodings_are_refused_by_name() {
  for (const char *encoding : {"bayer_rggb8", "rgb16", "16UC1", "32FC1", "", "jpeg"}) {
    const std::string why = refusal([&] { frame_of(picture(encoding, 8, 8, 64, 4096), 0, 0); });
    CHECK(!why.empty() && why.find('\n') == std::string::npos);
    CHECK(std::strlen(encoding) == 0 || why.find(encoding) != std::string::npos);
  }
}

static void planes_follow_each_other() {
  const actionclip_frame nv12 = frame_of(picture("nv12", 30, 20, 64, 64 * 30), 0, 0);
  CHECK(nv12.planes[1] - nv12.planes[0] == 64 * 20 && nv12.strides[1] == 64);
  // Some cameras count the rows of the second plane in the height.
  const actionclip_frame counted = frame_of(picture("nv21", 30, 30, 64, 64 * 30), 0, 0);
  CHECK(counted.height == 20 && counted.planes[1] - counted.planes[0] == 64 * 20);
  const actionclip_frame odd = frame_of(picture("nv12", 31, 5, 32, 32 * 8), 0, 0);
  CHECK(odd.height == 5 && odd.planes[1] - odd.planes[0] == 32 * 5);
  const actionclip_frame nv24 = frame_of(picture("nv24", 30, 20, 32, 32 * 60), 0, 0);
  CHECK(nv24.planes[1] - nv24.planes[0] == 32 * 20 && nv24.strides[1] == 64);
}

static void impossible_images_are_refused() {
  CHECK(!refusal([] { frame_of(picture("rgb8", 0, 20, 96, 1920), 0, 0); }).empty());
  CHECK(!refusal([] { frame_of(picture("rgb8", 32, 0, 96, 1920), 0, 0); }).empty());
  CHECK(!refusal([] { frame_of(picture("rgb8", 65536, 1, 4294967295U, 99'999), 0, 0); }).empty());
  CHECK(!refusal([] { frame_of(picture("nv12", 4, 4294967295U, 4294967295U, 99'999), 0, 0); }).empty());
  CHECK(!refusal([] { frame_of(picture("mono8", 32, 20, 0, 640), 0, 0); }).empty());
  Picture other = picture("mono16", 32, 20, 64, 1280);
  other.is_bigendian = !machine_is_bigendian();
  CHECK(!refusal([&] { frame_of(other, 0, 0); }).empty());
  Picture none = picture("mono8", 32, 20, 32, 640);
  none.data = nullptr;
  CHECK(!refusal([&] { frame_of(none, 0, 0); }).empty());
}

static void stamps_are_nanoseconds() {
  CHECK(nanoseconds({1, 5}) == 1'000'000'005);
  CHECK(nanoseconds({2'147'483'647, 999'999'999}) == 2'147'483'647'999'999'999);
  CHECK(nanoseconds({-1, 999'999'999}) == -1);
  CHECK(!nanoseconds({0, 0}));
  CHECK(!nanoseconds({1, 1'000'000'000}));
  CHECK(!nanoseconds({1, 4'294'967'295U}));
  for (const std::int64_t time : {std::int64_t{1}, std::int64_t{-1}, std::int64_t{1'700'000'000'123'456'789},
                                  std::int64_t{-2'000'000'000}, std::int64_t{2'147'483'647'999'999'999}})
    CHECK(nanoseconds(stamp(time)) == time);
  // Beyond what a stamp holds, the nearest.
  CHECK(stamp(INT64_MAX).sec == 2'147'483'647 && stamp(INT64_MIN).sec == -2'147'483'647 - 1);
}

static void time_that_goes_back_is_late_or_begins_again() {
  const std::int64_t t = 50 * second;
  CHECK(order(std::nullopt, -t) == Order::later);
  CHECK(order(t, t + 1) == Order::later);
  CHECK(order(t, t) == Order::late);
  CHECK(order(t, t - second) == Order::late);
  CHECK(order(t, t - second - 1) == Order::again);
  CHECK(order(t, 0) == Order::again);
}

static void parameters_become_options() {
  Parameters p;
  p.interval = 0.25;
  p.hop = 2;
  p.window = 8;
  p.min_on = 1.5;
  p.independent = p.causal = true;
  CHECK(stream_options(p).frame_interval_ns == 250'000'000 && stream_options(p).hop == 2);
  CHECK(stream_options(p).overflow == ACTIONCLIP_OVERFLOW_LATEST);
  CHECK(stream_options(p).mode == ACTIONCLIP_STREAM_CAUSAL);
  CHECK(model_options(p).frames == 8);
  CHECK(tracker_options(p).min_on_ns == 1'500'000'000);
  CHECK(tracker_options(p).mode == ACTIONCLIP_TRACK_INDEPENDENT);
  // Defaults are the library's.
  const actionclip_tracker_options ours = tracker_options(Parameters());
  actionclip_tracker_options theirs;
  actionclip_tracker_options_init(&theirs);
  CHECK(ours.on == theirs.on && ours.off == theirs.off && ours.margin == theirs.margin);
  CHECK(ours.min_on_ns == theirs.min_on_ns && ours.min_off_ns == theirs.min_off_ns);
  CHECK(ours.half_life_ns == theirs.half_life_ns && ours.max_event_ns == theirs.max_event_ns);
  CHECK(ours.mode == theirs.mode);
  CHECK(matrix_of("bt601") == ACTIONCLIP_MATRIX_BT601 && range_of("full") == ACTIONCLIP_RANGE_FULL);
}

static void bad_parameters_name_themselves() {
  const double not_a_number = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {-1.0, 1e300, not_a_number}) {
    Parameters p;
    p.interval = bad;
    CHECK(refusal([&] { stream_options(p); }).find("interval") == 0);
  }
  Parameters p;
  p.hop = -1;
  CHECK(refusal([&] { stream_options(p); }).find("hop") == 0);
  p.window = std::int64_t{1} << 40;
  CHECK(refusal([&] { model_options(p); }).find("window") == 0);
  CHECK(refusal([] { matrix_of("bt.709"); }).find("bt.709") != std::string::npos);
  CHECK(refusal([] { range_of("pc"); }).find("pc") != std::string::npos);
}

int main() {
  every_encoding_has_its_format();
  other_encodings_are_refused_by_name();
  planes_follow_each_other();
  impossible_images_are_refused();
  stamps_are_nanoseconds();
  time_that_goes_back_is_late_or_begins_again();
  parameters_become_options();
  bad_parameters_name_themselves();
  std::printf("%-16s %d passed, %d failed\n", "test_conversions", passed, failed);
  return failed != 0;
}
