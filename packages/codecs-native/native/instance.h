// What stands behind an object of a class of this add-on.
#pragma once

#include <cstdint>
#include <memory>

#include "js.h"

namespace rm {

/**
 * An instance of a class of this add-on: a shared `State`, which work under way keeps alive after `close()` and after
 * the garbage collector has taken the object.
 */
template <typename State>
class Instance {
 public:
  static napi_value New(napi_env env, napi_callback_info info, const napi_type_tag& tag,
                        std::shared_ptr<State> (*make)(napi_env, napi_value)) {
    return Guard(env, [&]() -> napi_value {
      size_t count = 1;
      napi_value self, codec, target;
      Must(napi_get_new_target(env, info, &target));
      if (!target) Throw(env, "call it with new");
      Must(napi_get_cb_info(env, info, &count, &codec, &self, nullptr));
      auto instance = std::make_unique<Instance>();
      instance->state_ = make(env, codec);
      Must(napi_type_tag_object(env, self, &tag));
      Must(napi_wrap(env, self, instance.get(), Finalize, nullptr, nullptr));
      instance.release()->Account(env, State::kTypicalBytes);
      return self;
    });
  }

  /** The instance behind `this`, whatever object a caller may have put there. */
  static Instance* Of(napi_env env, napi_value self, const napi_type_tag& tag) {
    bool ours = false;
    if (napi_check_object_type_tag(env, self, &tag, &ours) != napi_ok || !ours) Throw(env, "call it on its own object");
    void* data = nullptr;
    Must(napi_unwrap(env, self, &data));
    return static_cast<Instance*>(data);
  }

  static napi_value Close(napi_env env, napi_callback_info info, const napi_type_tag& tag) {
    return Guard(env, [&]() -> napi_value {
      napi_value self;
      Must(napi_get_cb_info(env, info, nullptr, nullptr, &self, nullptr));
      auto* instance = Of(env, self, tag);
      if (!instance->state_) return nullptr;
      instance->state_.reset();
      instance->Account(env, -State::kTypicalBytes);
      return nullptr;
    });
  }

  /** The state for a new piece of work. */
  std::shared_ptr<State> Idle(napi_env env) const {
    if (!state_) Throw(env, "it is closed");
    if (state_->busy) Throw(env, "wait for the promise of the last frame");
    return state_;
  }

 private:
  static void Finalize(napi_env env, void* data, void*) {
    auto* instance = static_cast<Instance*>(data);
    if (instance->state_) instance->Account(env, -State::kTypicalBytes);
    delete instance;
  }

  /** Tells the garbage collector of memory it does not see, lest it leave forgotten instances alone. */
  void Account(napi_env env, int64_t bytes) {
    int64_t total;
    napi_adjust_external_memory(env, bytes, &total);
  }

  std::shared_ptr<State> state_;
};

}  // namespace rm
