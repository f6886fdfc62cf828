// Work on another thread, and the promise of its result.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "js.h"

namespace rm {

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
    Work* self = work.get();
    if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &label) == napi_ok &&
        napi_create_async_work(env, nullptr, label, Execute, Complete, self, &self->work_) == napi_ok &&
        napi_create_promise(env, &self->deferred_, &promise) == napi_ok &&
        napi_queue_async_work(env, self->work_) == napi_ok) {
      work.release();
      return promise;
    }
    if (self->work_) napi_delete_async_work(env, self->work_);
    self->Settle(env);
    throw JsFailure{};
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

}  // namespace rm
