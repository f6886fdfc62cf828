// The little of Node-API that encoder and decoder share: arguments, errors, and work on another thread.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

namespace rm {

/** A JavaScript exception is pending, or the environment is going away: return to JavaScript at once. */
struct JsFailure {};

inline void Must(napi_status status) {
  if (status != napi_ok) throw JsFailure{};
}

[[noreturn]] inline void Throw(napi_env env, const char* message) {
  napi_throw_type_error(env, "BAD_ARGUMENT", message);
  throw JsFailure{};
}

inline double NumberOf(napi_env env, napi_value value) {
  double out = 0;
  if (napi_get_value_double(env, value, &out) != napi_ok) Throw(env, "pass a number");
  return out;
}

inline int IntOf(napi_env env, napi_value value, int min, int max) {
  const double out = NumberOf(env, value);
  if (!(out >= min && out <= max)) Throw(env, "pass a number in its documented range");
  return static_cast<int>(out);
}

inline bool BoolOf(napi_env env, napi_value value) {
  bool out = false;
  if (napi_get_value_bool(env, value, &out) != napi_ok) Throw(env, "pass a boolean");
  return out;
}

struct Bytes {
  uint8_t* data;
  size_t size;
};

inline Bytes BytesOf(napi_env env, napi_value value) {
  napi_typedarray_type type;
  Bytes out = {nullptr, 0};
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &out.size, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array)
    Throw(env, "pass a Uint8Array");
  out.data = static_cast<uint8_t*>(data);
  return out;
}

inline void Set(napi_env env, napi_value object, const char* name, napi_value value) {
  Must(napi_set_named_property(env, object, name, value));
}

inline napi_value Int(napi_env env, int value) {
  napi_value out;
  Must(napi_create_int32(env, value, &out));
  return out;
}

inline napi_value Bool(napi_env env, bool value) {
  napi_value out;
  Must(napi_get_boolean(env, value, &out));
  return out;
}

inline napi_value Undefined(napi_env env) {
  napi_value out;
  Must(napi_get_undefined(env, &out));
  return out;
}

/** Runs `body` and turns whatever it throws into a JavaScript exception or none, if one is pending. */
template <typename Body>
napi_value Guard(napi_env env, Body body) {
  try {
    return body();
  } catch (const JsFailure&) {
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

/**
 * One piece of work on a thread of libuv's pool and the promise of its result. `Run` touches no JavaScript, `Finish`
 * makes the result; the object deletes itself afterwards.
 */
class Work {
 public:
  virtual ~Work() = default;

  /** Takes `work` over and gives the promise. */
  static napi_value Start(napi_env env, std::unique_ptr<Work> work, const char* name) {
    napi_value promise, label;
    Must(napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &label));
    Must(napi_create_async_work(env, nullptr, label, Execute, Complete, work.get(), &work->work_));
    if (napi_create_promise(env, &work->deferred_, &promise) != napi_ok ||
        napi_queue_async_work(env, work->work_) != napi_ok) {
      napi_delete_async_work(env, work->work_);
      throw JsFailure{};
    }
    work.release();
    return promise;
  }

 protected:
  virtual void Run() = 0;
  virtual napi_value Finish(napi_env env) = 0;
  /** Always called, on the thread of JavaScript, before the promise settles. */
  virtual void Settle(napi_env env) = 0;

 private:
  static void Execute(napi_env, void* data) {
    auto* self = static_cast<Work*>(data);
    try {
      self->Run();
    } catch (const std::exception& error) {
      self->failed_ = true;
      self->message_ = error.what();
    }
  }

  static void Complete(napi_env env, napi_status status, void* data) {
    std::unique_ptr<Work> self(static_cast<Work*>(data));
    self->Settle(env);
    if (status == napi_ok) Guard(env, [&]() { return self->Fulfil(env); });
    napi_delete_async_work(env, self->work_);
  }

  napi_value Fulfil(napi_env env) {
    if (!failed_) {
      Must(napi_resolve_deferred(env, deferred_, Finish(env)));
      return nullptr;
    }
    napi_value message, error;
    Must(napi_create_string_utf8(env, message_.c_str(), NAPI_AUTO_LENGTH, &message));
    Must(napi_create_error(env, nullptr, message, &error));
    Must(napi_reject_deferred(env, deferred_, error));
    return nullptr;
  }

  napi_async_work work_ = nullptr;
  napi_deferred deferred_ = nullptr;
  bool failed_ = false;
  std::string message_;
};

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
