// recognizer_node.cpp: the component. Images in; classifications, events, labels and diagnostics out.
#include "recognizer.hpp"

#include <actionclip_ros/msg/action_event.hpp>
#include <actionclip_ros/srv/set_labels.hpp>
#include <builtin_interfaces/msg/time.hpp>
#include <diagnostic_msgs/msg/diagnostic_array.hpp>
#include <rclcpp/rclcpp.hpp>
#include <rclcpp_components/register_node_macro.hpp>
#include <rclcpp_lifecycle/lifecycle_node.hpp>
#include <rclcpp_lifecycle/lifecycle_publisher.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <std_srvs/srv/set_bool.hpp>
#include <vision_msgs/msg/classification.hpp>
#include <vision_msgs/msg/label_info.hpp>

#include <atomic>
#include <chrono>

namespace actionclip_ros {

namespace {

builtin_interfaces::msg::Time time_of(std::int64_t nanoseconds) {
  const Stamp parts = stamp(nanoseconds);
  builtin_interfaces::msg::Time time;
  time.sec = parts.sec;
  time.nanosec = parts.nanosec;
  return time;
}

}  // namespace

class RecognizerNode final : public rclcpp_lifecycle::LifecycleNode {
 public:
  explicit RecognizerNode(const rclcpp::NodeOptions &options) : LifecycleNode("actionclip", options) {
    const Parameters initial;
    declare_parameter("model", initial.model);
    declare_parameter("labels", initial.labels);
    declare_parameter("none_label", initial.none_label);
    declare_parameter("window", initial.window);
    declare_parameter("hop", initial.hop);
    declare_parameter("threads", initial.threads);
    declare_parameter("interval", initial.interval);
    declare_parameter("max_age", initial.max_age);
    declare_parameter("on", initial.on);
    declare_parameter("off", initial.off);
    declare_parameter("margin", initial.margin);
    declare_parameter("min_on", initial.min_on);
    declare_parameter("min_off", initial.min_off);
    declare_parameter("half_life", initial.half_life);
    declare_parameter("max_event", initial.max_event);
    declare_parameter("independent", initial.independent);
    declare_parameter("causal", initial.causal);
    declare_parameter("matrix", initial.matrix);
    declare_parameter("range", initial.range);
    declare_parameter("qos_depth", std::int64_t{1});
    declare_parameter("qos_reliable", false);
    declare_parameter("diagnostics_period", 1.0);
    if (declare_parameter("autostart", true))
      start_ = create_wall_timer(std::chrono::milliseconds(0), [this] {
        start_->cancel();
        configure();
        if (recognizer_) activate();
      });
  }

  // ----------------------------------------------------------------- lifecycle

  CallbackReturn on_configure(const rclcpp_lifecycle::State &) override try {
    const Parameters p = parameters();
    matrix_ = matrix_of(p.matrix);
    range_ = range_of(p.range);
    const std::int32_t depth = count("qos_depth", get_parameter("qos_depth").as_int(), 10'000);
    const auto period = std::chrono::nanoseconds(
        duration("diagnostics_period", get_parameter("diagnostics_period").as_double()));
    images_qos_ = rclcpp::SensorDataQoS();
    images_qos_.keep_last(static_cast<std::size_t>(depth > 0 ? depth : 1));
    if (get_parameter("qos_reliable").as_bool()) images_qos_.reliable();
    classifications_ =
        create_publisher<vision_msgs::msg::Classification>("~/classification", rclcpp::QoS(10));
    events_ = create_publisher<msg::ActionEvent>("~/events", rclcpp::QoS(100));
    labels_ = create_publisher<vision_msgs::msg::LabelInfo>("~/labels", rclcpp::QoS(1).transient_local());
    diagnostics_ = create_publisher<diagnostic_msgs::msg::DiagnosticArray>("/diagnostics", rclcpp::QoS(10));
    Listener listener;
    listener.window = [this](const actionclip_window &window, const std::vector<std::string> &names,
                             const std::vector<float> &scores) { publish_window(window, names, scores); };
    listener.event = [this](const actionclip_event &event, const std::string &label) {
      publish_event(event, label);
    };
    listener.problem = [this](const std::string &why) { complain(why); };
    recognizer_ = std::make_unique<Recognizer>(p, std::move(listener));
    threshold_ = p.on;
    set_labels_ = create_service<srv::SetLabels>(
        "~/set_labels",
        [this](const std::shared_ptr<srv::SetLabels::Request> request,
               std::shared_ptr<srv::SetLabels::Response> response) { set_labels(*request, *response); });
    enable_ = create_service<std_srvs::srv::SetBool>(
        "~/enable", [this](const std::shared_ptr<std_srvs::srv::SetBool::Request> request,
                           std::shared_ptr<std_srvs::srv::SetBool::Response> response) {
          enable(request->data);
          response->success = true;
        });
    if (period.count() > 0) report_ = create_wall_timer(period, [this] { publish_diagnostics(); });
    return CallbackReturn::SUCCESS;
  } catch (const std::exception &error) {
    RCLCPP_ERROR(get_logger(), "%s", error.what());
    clear();
    return CallbackReturn::FAILURE;
  }

  CallbackReturn on_activate(const rclcpp_lifecycle::State &state) override {
    LifecycleNode::on_activate(state);
    publish_labels();
    images_ = create_subscription<sensor_msgs::msg::Image>(
        "image", images_qos_, [this](sensor_msgs::msg::Image::ConstSharedPtr image) { look_at(*image); });
    return CallbackReturn::SUCCESS;
  }

  CallbackReturn on_deactivate(const rclcpp_lifecycle::State &state) override {
    images_.reset();
    finish();
    LifecycleNode::on_deactivate(state);
    return CallbackReturn::SUCCESS;
  }

  CallbackReturn on_cleanup(const rclcpp_lifecycle::State &) override {
    clear();
    return CallbackReturn::SUCCESS;
  }

  CallbackReturn on_shutdown(const rclcpp_lifecycle::State &) override {
    clear();
    return CallbackReturn::SUCCESS;
  }

 private:
  Parameters parameters() const {
    Parameters p;
    p.model = get_parameter("model").as_string();
    p.labels = get_parameter("labels").as_string_array();
    p.none_label = get_parameter("none_label").as_string();
    p.window = get_parameter("window").as_int();
    p.hop = get_parameter("hop").as_int();
    p.threads = get_parameter("threads").as_int();
    p.interval = get_parameter("interval").as_double();
    p.max_age = get_parameter("max_age").as_double();
    p.on = get_parameter("on").as_double();
    p.off = get_parameter("off").as_double();
    p.margin = get_parameter("margin").as_double();
    p.min_on = get_parameter("min_on").as_double();
    p.min_off = get_parameter("min_off").as_double();
    p.half_life = get_parameter("half_life").as_double();
    p.max_event = get_parameter("max_event").as_double();
    p.independent = get_parameter("independent").as_bool();
    p.causal = get_parameter("causal").as_bool();
    p.matrix = get_parameter("matrix").as_string();
    p.range = get_parameter("range").as_string();
    return p;
  }

  void clear() {
    images_.reset();
    report_.reset();
    set_labels_.reset();
    enable_.reset();
    recognizer_.reset();
    classifications_.reset();
    events_.reset();
    labels_.reset();
    diagnostics_.reset();
  }

  // -------------------------------------------------------------------- images

  void look_at(const sensor_msgs::msg::Image &image) try {
    const std::lock_guard<std::mutex> guard(take_);
    received_++;
    if (!is_enabled_) return;
    const auto time = nanoseconds({image.header.stamp.sec, image.header.stamp.nanosec});
    if (!time) throw std::invalid_argument("header.stamp is not set, or not a time");
    const Order next = order(newest_, *time);
    if (next == Order::late) throw std::invalid_argument("header.stamp is not later than the one before");
    if (next == Order::again) {
      RCLCPP_INFO(get_logger(), "header.stamp went back: another take begins");
      recognizer_->finish();
    }
    newest_ = *time;
    {
      const std::lock_guard<std::mutex> name(frame_name_);
      frame_id_ = image.header.frame_id;
    }
    recognizer_->push(frame_of({image.encoding, image.width, image.height, image.step,
                                image.is_bigendian != 0, image.data.data(), image.data.size()},
                               matrix_, range_),
                      *time);
  } catch (const std::exception &error) {
    refused_++;
    complain(error.what());
  }

  /// Ends the take. The next image may have any stamp.
  void finish() {
    const std::lock_guard<std::mutex> guard(take_);
    newest_.reset();
    recognizer_->finish();
  }

  void enable(bool on) {
    {
      const std::lock_guard<std::mutex> guard(take_);
      is_enabled_ = on;
    }
    if (!on) finish();
  }

  void set_labels(const srv::SetLabels::Request &request, srv::SetLabels::Response &response) try {
    recognizer_->set_labels(request.labels);
    publish_labels();
    response.success = true;
  } catch (const std::exception &error) {
    response.success = false;
    response.message = error.what();
  }

  // ------------------------------------------------------------------- results

  std::string frame_id() {
    const std::lock_guard<std::mutex> guard(frame_name_);
    return frame_id_;
  }

  void publish_window(const actionclip_window &window, const std::vector<std::string> &names,
                      const std::vector<float> &scores) {
    vision_msgs::msg::Classification message;
    message.header.stamp = time_of(window.end_ns);
    message.header.frame_id = frame_id();
    message.results.resize(names.size());
    for (std::size_t i = 0; i < names.size(); i++) {
      message.results[i].class_id = names[i];
      message.results[i].score = static_cast<double>(scores[i]);
    }
    classifications_->publish(message);
  }

  void publish_event(const actionclip_event &event, const std::string &label) {
    msg::ActionEvent message;
    message.header.stamp = time_of(event.decided_ns);
    message.header.frame_id = frame_id();
    message.kind = static_cast<std::uint8_t>(event.kind);
    message.label = label;
    message.number = event.number;
    message.start = time_of(event.start_ns);
    message.end = time_of(event.end_ns);
    message.peak = event.peak;
    message.peak_time = time_of(event.peak_ns);
    message.mean = event.mean;
    events_->publish(message);
  }

  void publish_labels() {
    vision_msgs::msg::LabelInfo message;
    message.header.stamp = now();
    message.threshold = static_cast<float>(threshold_);
    for (const std::string &name : recognizer_->labels()) {
      vision_msgs::msg::VisionClass one;
      one.class_id = static_cast<std::uint16_t>(message.class_map.size());
      one.class_name = name;
      message.class_map.push_back(one);
    }
    labels_->publish(message);
  }

  void publish_diagnostics() {
    if (!diagnostics_->is_activated()) return;
    const actionclip_stream_stats stats = recognizer_->account();
    diagnostic_msgs::msg::DiagnosticStatus status;
    status.name = std::string(get_fully_qualified_name()) + ": frames";
    status.hardware_id = "none";
    const bool is_losing = stats.dropped > reported_dropped_, is_refusing = refused_ > reported_refused_;
    status.level = is_losing || is_refusing ? diagnostic_msgs::msg::DiagnosticStatus::WARN
                                            : diagnostic_msgs::msg::DiagnosticStatus::OK;
    status.message = is_refusing ? "images are refused"
                     : is_losing ? "frames are dropped"
                                 : "all frames are used";
    reported_dropped_ = stats.dropped;
    reported_refused_ = refused_;
    const auto add = [&status](const char *key, std::int64_t number) {
      diagnostic_msgs::msg::KeyValue value;
      value.key = key;
      value.value = std::to_string(number);
      status.values.push_back(value);
    };
    add("received", received_);
    add("refused", refused_);
    add("pushed in this take", stats.pushed);
    add("not due", stats.not_due);
    add("dropped", stats.dropped);
    add("encoded", stats.encoded);
    add("pending", stats.pending);
    add("windows", stats.windows);
    diagnostic_msgs::msg::DiagnosticArray message;
    message.header.stamp = now();
    message.status.push_back(status);
    diagnostics_->publish(message);
  }

  void complain(const std::string &why) {
    RCLCPP_WARN_THROTTLE(get_logger(), *get_clock(), 10'000, "%s", why.c_str());
  }

  std::int32_t matrix_ = ACTIONCLIP_MATRIX_AUTO, range_ = ACTIONCLIP_RANGE_AUTO;
  double threshold_ = 0;
  rclcpp::QoS images_qos_{1};

  rclcpp_lifecycle::LifecyclePublisher<vision_msgs::msg::Classification>::SharedPtr classifications_;
  rclcpp_lifecycle::LifecyclePublisher<msg::ActionEvent>::SharedPtr events_;
  rclcpp_lifecycle::LifecyclePublisher<vision_msgs::msg::LabelInfo>::SharedPtr labels_;
  rclcpp_lifecycle::LifecyclePublisher<diagnostic_msgs::msg::DiagnosticArray>::SharedPtr diagnostics_;
  rclcpp::Subscription<sensor_msgs::msg::Image>::SharedPtr images_;
  rclcpp::Service<srv::SetLabels>::SharedPtr set_labels_;
  rclcpp::Service<std_srvs::srv::SetBool>::SharedPtr enable_;
  rclcpp::TimerBase::SharedPtr start_, report_;

  std::mutex take_;  // of images, one after the other
  std::optional<std::int64_t> newest_;
  bool is_enabled_ = true;
  std::mutex frame_name_;
  std::string frame_id_;
  std::atomic<std::int64_t> received_{0}, refused_{0};
  std::int64_t reported_dropped_ = 0, reported_refused_ = 0;

  // Last, so that its worker ends before what it publishes with.
  std::unique_ptr<Recognizer> recognizer_;
};

}  // namespace actionclip_ros

RCLCPP_COMPONENTS_REGISTER_NODE(actionclip_ros::RecognizerNode)
