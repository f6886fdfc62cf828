// The little of Node-API that is used here: arguments, results, and exceptions either way.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <exception>

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

}  // namespace rm
