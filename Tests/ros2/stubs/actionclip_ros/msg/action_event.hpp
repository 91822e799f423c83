#pragma once
#include <std_msgs/msg/header.hpp>
namespace actionclip_ros::msg {
struct ActionEvent {
  static constexpr std::uint8_t STARTED = 1, UPDATED = 2, ENDED = 3;
  std_msgs::msg::Header header;
  std::uint8_t kind = 0;
  std::string label;
  std::int64_t number = 0;
  builtin_interfaces::msg::Time start, end;
  double peak = 0;
  builtin_interfaces::msg::Time peak_time;
  double mean = 0;
};
}  // namespace actionclip_ros::msg
