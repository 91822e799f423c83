// rclcpp.hpp: the little of rclcpp that the node uses, in one process and without a network: what is published is kept,
// and a test calls subscriptions, services and timers itself. Names, arguments and results are rclcpp's.
#pragma once

#include <builtin_interfaces/msg/time.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#define RCLCPP_INFO(logger, ...) ((void)(logger), std::fprintf(stderr, __VA_ARGS__), std::fputc('\n', stderr))
#define RCLCPP_ERROR(logger, ...) RCLCPP_INFO(logger, __VA_ARGS__)
#define RCLCPP_WARN_THROTTLE(logger, clock, milliseconds, ...) \
  ((void)(clock), (void)(milliseconds), RCLCPP_INFO(logger, __VA_ARGS__))

namespace rclcpp {

struct Logger {};
struct Clock {
  using SharedPtr = std::shared_ptr<Clock>;
};

struct Time {
  operator builtin_interfaces::msg::Time() const { return {}; }
};

using ParameterValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

class Parameter {
 public:
  explicit Parameter(ParameterValue value) : value_(std::move(value)) {}
  bool as_bool() const { return std::get<bool>(value_); }
  std::int64_t as_int() const { return std::get<std::int64_t>(value_); }
  double as_double() const { return std::get<double>(value_); }
  const std::string &as_string() const { return std::get<std::string>(value_); }
  const std::vector<std::string> &as_string_array() const {
    return std::get<std::vector<std::string>>(value_);
  }

 private:
  ParameterValue value_;
};

class NodeOptions {
 public:
  template <class T> NodeOptions &append_parameter_override(const std::string &name, const T &value) {
    overrides[name] = value;
    return *this;
  }
  std::map<std::string, ParameterValue> overrides;
};

class QoS {
 public:
  QoS(std::size_t history_depth) : depth(history_depth) {}
  QoS &keep_last(std::size_t count) { return depth = count, *this; }
  QoS &reliable() { return is_reliable = true, *this; }
  QoS &transient_local() { return is_latched = true, *this; }
  std::size_t depth;
  bool is_reliable = true, is_latched = false;
};

class SensorDataQoS : public QoS {
 public:
  SensorDataQoS() : QoS(5) { is_reliable = false; }
};

template <class T> class Subscription {
 public:
  using SharedPtr = std::shared_ptr<Subscription>;
  std::function<void(std::shared_ptr<const T>)> callback;
  QoS qos{1};
};

template <class T> class Service {
 public:
  using SharedPtr = std::shared_ptr<Service>;
  std::function<void(std::shared_ptr<typename T::Request>, std::shared_ptr<typename T::Response>)> callback;
};

class TimerBase {
 public:
  using SharedPtr = std::shared_ptr<TimerBase>;
  void cancel() { is_cancelled = true; }
  std::function<void()> callback;
  bool is_cancelled = false;
};

}  // namespace rclcpp
