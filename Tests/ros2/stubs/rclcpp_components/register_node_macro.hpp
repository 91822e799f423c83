// register_node_macro.hpp: a factory that a test calls, in place of the one that a component container finds.
#pragma once
#include <rclcpp_lifecycle/lifecycle_node.hpp>

#define RCLCPP_COMPONENTS_REGISTER_NODE(NodeClass)                                                      \
  std::shared_ptr<rclcpp_lifecycle::LifecycleNode> make_component(const rclcpp::NodeOptions &options) { \
    return std::make_shared<NodeClass>(options);                                                        \
  }
