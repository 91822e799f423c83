#pragma once
#include <atomic>
#include <rclcpp/rclcpp.hpp>

namespace rclcpp_lifecycle {

struct ManagedEntity {
  virtual ~ManagedEntity() = default;
  std::atomic<bool> is_active{false};
};

template <class T> class LifecyclePublisher : public ManagedEntity {
 public:
  using SharedPtr = std::shared_ptr<LifecyclePublisher>;
  bool is_activated() const { return is_active; }
  void publish(const T &message) {
    const std::lock_guard<std::mutex> guard(lock);
    (is_active ? published : lost).push_back(message);
  }
  std::mutex lock;
  std::vector<T> published, lost;
};

}  // namespace rclcpp_lifecycle
