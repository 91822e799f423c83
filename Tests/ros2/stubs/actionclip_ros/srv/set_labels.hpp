#pragma once
#include <string>
#include <vector>
namespace actionclip_ros::srv {
struct SetLabels {
  struct Request {
    std::vector<std::string> labels;
  };
  struct Response {
    bool success = false;
    std::string message;
  };
};
}  // namespace actionclip_ros::srv
