// lifecycle_node.hpp: a node whose publishers, subscriptions, services and timers a test reaches by their names.
#pragma once
#include <any>
#include <rclcpp/rclcpp.hpp>
#include <rclcpp_lifecycle/lifecycle_publisher.hpp>

namespace rclcpp_lifecycle {

struct State {
  std::string name = "unconfigured";
};

class LifecycleNode : public std::enable_shared_from_this<LifecycleNode> {
 public:
  enum class CallbackReturn : std::uint8_t { SUCCESS = 97, FAILURE = 98, ERROR = 99 };

  explicit LifecycleNode(const std::string &node_name,
                         const rclcpp::NodeOptions &options = rclcpp::NodeOptions())
      : name_("/" + node_name), overrides_(options.overrides) {}
  virtual ~LifecycleNode() = default;

  const char *get_fully_qualified_name() const { return name_.c_str(); }
  rclcpp::Logger get_logger() const { return {}; }
  rclcpp::Clock::SharedPtr get_clock() { return std::make_shared<rclcpp::Clock>(); }
  rclcpp::Time now() const { return {}; }

  template <class T> T declare_parameter(const std::string &name, const T &initial) {
    const auto given = overrides_.find(name);
    parameters_[name] = given == overrides_.end() ? rclcpp::ParameterValue(initial) : given->second;
    return std::get<T>(parameters_[name]);
  }
  rclcpp::Parameter get_parameter(const std::string &name) const {
    return rclcpp::Parameter(parameters_.at(name));
  }

  template <class T>
  std::shared_ptr<LifecyclePublisher<T>> create_publisher(const std::string &topic, const rclcpp::QoS &) {
    const auto publisher = std::make_shared<LifecyclePublisher<T>>();
    publishers_.push_back(publisher);
    made[topic] = publisher;
    return publisher;
  }
  template <class T, class F>
  std::shared_ptr<rclcpp::Subscription<T>> create_subscription(const std::string &topic,
                                                               const rclcpp::QoS &qos, F &&callback) {
    const auto subscription = std::make_shared<rclcpp::Subscription<T>>();
    subscription->callback = callback;
    subscription->qos = qos;
    made[topic] = std::weak_ptr(subscription);
    return subscription;
  }
  template <class T, class F>
  std::shared_ptr<rclcpp::Service<T>> create_service(const std::string &service, F &&callback) {
    const auto made_service = std::make_shared<rclcpp::Service<T>>();
    made_service->callback = callback;
    made[service] = made_service;
    return made_service;
  }
  template <class Period, class F> std::shared_ptr<rclcpp::TimerBase> create_wall_timer(Period, F callback) {
    const auto timer = std::make_shared<rclcpp::TimerBase>();
    timer->callback = callback;
    timers.push_back(timer);
    return timer;
  }

  virtual CallbackReturn on_configure(const State &) { return CallbackReturn::SUCCESS; }
  virtual CallbackReturn on_cleanup(const State &) { return CallbackReturn::SUCCESS; }
  virtual CallbackReturn on_shutdown(const State &) { return CallbackReturn::SUCCESS; }
  virtual CallbackReturn on_activate(const State &) { return set_active(true); }
  virtual CallbackReturn on_deactivate(const State &) { return set_active(false); }

  const State &get_current_state() const { return state_; }
  const State &configure() { return change(on_configure(state_), "inactive"); }
  const State &activate() { return change(on_activate(state_), "active"); }
  const State &deactivate() { return change(on_deactivate(state_), "inactive"); }
  const State &cleanup() { return change(on_cleanup(state_), "unconfigured"); }

  std::map<std::string, std::any> made;  // publishers, subscriptions (weak) and services, by name
  std::vector<std::shared_ptr<rclcpp::TimerBase>> timers;

 private:
  CallbackReturn set_active(bool active) {
    for (const auto &publisher : publishers_) publisher->is_active = active;
    return CallbackReturn::SUCCESS;
  }
  const State &change(CallbackReturn answer, const char *name) {
    if (answer == CallbackReturn::SUCCESS) state_.name = name;
    return state_;
  }

  std::string name_;
  State state_;
  std::map<std::string, rclcpp::ParameterValue> overrides_, parameters_;
  std::vector<std::shared_ptr<ManagedEntity>> publishers_;
};

}  // namespace rclcpp_lifecycle
