// test_node.cpp: the ROS 2 component over stubs of rclcpp, with the library and its default model.
#include <actionclip_ros/msg/action_event.hpp>
#include <actionclip_ros/srv/set_labels.hpp>
#include <diagnostic_msgs/msg/diagnostic_array.hpp>
#include <rclcpp_lifecycle/lifecycle_node.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <std_srvs/srv/set_bool.hpp>
#include <vision_msgs/msg/classification.hpp>
#include <vision_msgs/msg/label_info.hpp>

#include <cmath>
#include <thread>

std::shared_ptr<rclcpp_lifecycle::LifecycleNode> make_component(const rclcpp::NodeOptions &options);

using rclcpp_lifecycle::LifecyclePublisher;
using Classification = vision_msgs::msg::Classification;
using Event = actionclip_ros::msg::ActionEvent;

static int passed, failed;

#define CHECK(condition) check((condition), __LINE__, #condition)
static void check(bool good, int line, const char *what) {
  good ? passed++ : failed++;
  if (!good) std::fprintf(stderr, "  test_node.cpp:%d: failed: %s\n", line, what);
}

/// A node that has started by itself, and what a network would see of it.
struct Bench {
  std::shared_ptr<rclcpp_lifecycle::LifecycleNode> node;

  explicit Bench(rclcpp::NodeOptions options = {}) {
    options.append_parameter_override("labels", std::vector<std::string>{"moving left", "growing"});
    options.append_parameter_override("on", 0.3);
    options.append_parameter_override("off", 0.2);
    options.append_parameter_override("interval", 0.25);
    options.append_parameter_override("min_on", 0.0);
    node = make_component(options);
    CHECK(node->timers.size() == 1);
    node->timers[0]->callback();
    CHECK(node->timers[0]->is_cancelled);
  }

  template <class T> std::shared_ptr<LifecyclePublisher<T>> publisher(const char *topic) {
    return std::any_cast<std::shared_ptr<LifecyclePublisher<T>>>(node->made.at(topic));
  }
  template <class T> std::vector<T> published(const char *topic) {
    const auto from = publisher<T>(topic);
    const std::lock_guard<std::mutex> guard(from->lock);
    return from->published;
  }
  std::shared_ptr<rclcpp::Subscription<sensor_msgs::msg::Image>> images() {
    return std::any_cast<std::weak_ptr<rclcpp::Subscription<sensor_msgs::msg::Image>>>(node->made.at("image"))
        .lock();
  }

  /// An image with a square that moves, `seconds` after 100 s, as its camera would send it. Before the next one the
  /// worker has time to take this one, unless `waits` is false.
  void see(double seconds, const char *encoding = "nv12", bool waits = true) {
    auto image = std::make_shared<sensor_msgs::msg::Image>();
    const std::int64_t time = 100'000'000'000 + std::llround(seconds * 1e9);
    image->header.stamp.sec = static_cast<std::int32_t>(time / 1'000'000'000);
    image->header.stamp.nanosec = static_cast<std::uint32_t>(time % 1'000'000'000);
    image->header.frame_id = "camera";
    image->width = image->step = 96;
    image->height = 96;
    image->encoding = encoding;
    image->data.assign(96 * 96 * 3 / 2, 128);
    const int x = 60 - static_cast<int>(seconds * 20) % 60;
    for (int row = 30; row < 60; row++)
      for (int column = x; column < x + 24; column++)
        image->data[static_cast<std::size_t>(row * 96 + column)] = 230;
    images()->callback(image);
    if (waits) wait_until([this] { return account("pending") == 0; });
  }

  template <class Condition> void wait_until(Condition condition) {
    for (int i = 0; i < 2000 && !condition(); i++) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  /// A number of the latest diagnostics.
  std::int64_t account(const std::string &key) {
    node->timers.back()->callback();
    const auto from = publisher<diagnostic_msgs::msg::DiagnosticArray>("/diagnostics");
    const std::lock_guard<std::mutex> guard(from->lock);
    for (const auto &value : from->published.back().status.at(0).values)
      if (value.key.find(key) == 0) return std::stoll(value.value);
    return -1;
  }
};

static void images_become_classifications_and_events() {
  Bench bench;
  CHECK(bench.node->get_current_state().name == "active");
  CHECK(bench.images()->qos.depth == 1 && !bench.images()->qos.is_reliable);
  for (int i = 0; i < 12; i++) bench.see(0.25 * i);
  bench.node->deactivate();
  const auto windows = bench.published<Classification>("~/classification");
  CHECK(windows.size() == 5);
  for (std::size_t i = 0; i < windows.size(); i++) {
    const auto &stamp = windows[i].header.stamp;
    CHECK(stamp.sec == 100 + static_cast<int>(7 + i) / 4 && stamp.nanosec == (7 + i) % 4 * 250'000'000);
    CHECK(windows[i].header.frame_id == "camera" && windows[i].results.size() == 2);
    CHECK(windows[i].results[0].class_id == "moving left" && windows[i].results[1].class_id == "growing");
    CHECK(std::abs(windows[i].results[0].score + windows[i].results[1].score - 1) < 1e-5);
  }
  int open = 0, started = 0;
  for (const Event &event : bench.published<Event>("~/events")) {
    if (event.kind == Event::STARTED) open++, started++;
    if (event.kind == Event::ENDED) open--;
    CHECK(open >= 0 && event.start.sec >= 100);
  }
  CHECK(started >= 1 && open == 0);
  CHECK(bench.publisher<Event>("~/events")->lost.empty());
  const auto labels = bench.published<vision_msgs::msg::LabelInfo>("~/labels");
  CHECK(labels.size() == 1 && labels[0].class_map.size() == 2);
  CHECK(labels[0].class_map[1].class_id == 1 && labels[0].class_map[1].class_name == "growing");
}

static void bad_images_are_refused_alone() {
  Bench bench;
  bench.see(0);
  bench.see(0, "nv12", false);           // the same stamp
  bench.see(0.1, "bayer_rggb8", false);  // no pixels of ours
  bench.see(-100, "nv12", false);        // not set
  bench.see(0.5, "rgb8", false);         // too few bytes
  CHECK(bench.account("refused") == 4 && bench.account("received") == 5);
  for (int i = 3; i < 12; i++) bench.see(0.25 * i);
  CHECK(bench.account("refused") == 4);
  bench.node->deactivate();
  CHECK(bench.published<Classification>("~/classification").size() == 3);
}

static void a_bag_that_loops_begins_another_take() {
  Bench bench;
  for (int take = 0; take < 2; take++)
    for (int i = 0; i < 9; i++) bench.see(0.25 * i);
  bench.node->deactivate();
  const auto windows = bench.published<Classification>("~/classification");
  CHECK(windows.size() == 4);
  CHECK(windows.size() == 4 && windows[0].header.stamp.nanosec == windows[2].header.stamp.nanosec);
}

static void services_change_labels_and_pause() {
  Bench bench;
  using SetLabels = actionclip_ros::srv::SetLabels;
  using SetBool = std_srvs::srv::SetBool;
  const auto set =
      std::any_cast<std::shared_ptr<rclcpp::Service<SetLabels>>>(bench.node->made.at("~/set_labels"));
  const auto enable =
      std::any_cast<std::shared_ptr<rclcpp::Service<SetBool>>>(bench.node->made.at("~/enable"));
  for (int i = 0; i < 8; i++) bench.see(0.25 * i);
  bench.wait_until([&] { return bench.published<Classification>("~/classification").size() == 1; });
  auto labels = std::make_shared<SetLabels::Request>();
  auto answer = std::make_shared<SetLabels::Response>();
  labels->labels = {"shrinking", "moving up", "moving down"};
  set->callback(labels, answer);
  CHECK(answer->success);
  bench.see(2);
  labels->labels = {"not \xff text"};
  answer = std::make_shared<SetLabels::Response>();
  set->callback(labels, answer);
  CHECK(!answer->success && !answer->message.empty());
  auto off = std::make_shared<SetBool::Request>();
  enable->callback(off, std::make_shared<SetBool::Response>());
  bench.see(2.25, "nv12", false);
  CHECK(bench.account("pushed") == 0 && bench.account("refused") == 0);
  off->data = true;
  enable->callback(off, std::make_shared<SetBool::Response>());
  bench.see(2.5);
  CHECK(bench.account("pushed") == 1);
  const auto windows = bench.published<Classification>("~/classification");
  CHECK(windows.size() >= 2 && windows[0].results.size() == 2 && windows[1].results.size() == 3);
}

static void bad_parameters_keep_it_unconfigured() {
  rclcpp::NodeOptions options;
  options.append_parameter_override("matrix", std::string("bt.709"));
  Bench bench(options);
  CHECK(bench.node->get_current_state().name == "unconfigured");
  rclcpp::NodeOptions missing;
  missing.append_parameter_override("model", std::string("/none/such"));
  CHECK(Bench(missing).node->get_current_state().name == "unconfigured");
}

static void it_can_be_led_by_hand() {
  rclcpp::NodeOptions options;
  options.append_parameter_override("autostart", false);
  const auto node = make_component(options);
  CHECK(node->timers.empty() && node->get_current_state().name == "unconfigured");
  for (int i = 0; i < 2; i++) {
    CHECK(node->configure().name == "inactive");
    CHECK(node->activate().name == "active");
    CHECK(node->deactivate().name == "inactive");
    CHECK(node->cleanup().name == "unconfigured");
  }
}

int main() {
  images_become_classifications_and_events();
  bad_images_are_refused_alone();
  a_bag_that_loops_begins_another_take();
  services_change_labels_and_pause();
  bad_parameters_keep_it_unconfigured();
  it_can_be_led_by_hand();
  std::printf("%-16s %d passed, %d failed\n", "test_node", passed, failed);
  return failed != 0;
}
