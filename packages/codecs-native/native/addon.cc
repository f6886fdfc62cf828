// The module: classes Encoder and Decoder. Encoding and decoding run on libuv's threads, one frame of an instance at a
// time; bytes are copied on the way in, so that no caller can change or free what a codec reads.
#include <cstring>
#include <stdexcept>

#include "codec.h"
#include "instance.h"
#include "work.h"

namespace rm {
namespace {

constexpr napi_type_tag kEncoderTag = {0x7d0c6f1a52b14e5b, 0x9a7e3a0f4c2d8e11};
constexpr napi_type_tag kDecoderTag = {0x1f7b90e2c3d54a68, 0x8c55d2b1e6f07a93};

CodecId CodecOf(napi_env env, napi_value value) {
  char name[8] = {};
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, name, sizeof(name), &length) == napi_ok) {
    if (!std::strcmp(name, "VP8")) return CodecId::kVp8;
    if (!std::strcmp(name, "VP9")) return CodecId::kVp9;
    if (!std::strcmp(name, "H264")) return CodecId::kH264;
  }
  Throw(env, "pass 'VP8', 'VP9' or 'H264'");
}

struct EncoderState {
  static constexpr int64_t kTypicalBytes = 16 << 20;
  std::unique_ptr<Encoder> codec;
  std::vector<uint8_t> pixels;
  bool busy = false;

  static std::shared_ptr<EncoderState> Make(napi_env env, napi_value name) {
    const CodecId codec = CodecOf(env, name);
    auto state = std::make_shared<EncoderState>();
    state->codec = codec == CodecId::kH264 ? MakeH264Encoder() : MakeVpxEncoder(codec);
    return state;
  }
};

struct DecoderState {
  static constexpr int64_t kTypicalBytes = 8 << 20;
  std::unique_ptr<Decoder> codec;
  std::vector<uint8_t> data;
  /** The last picture shown, until the next frame; no width without one. */
  Picture picture = {};
  bool busy = false;

  static std::shared_ptr<DecoderState> Make(napi_env env, napi_value name) {
    const CodecId codec = CodecOf(env, name);
    auto state = std::make_shared<DecoderState>();
    state->codec = codec == CodecId::kH264 ? MakeH264Decoder() : MakeVpxDecoder(codec);
    return state;
  }
};

/** Bytes of a plane of `picture` without padding. */
size_t WidthOf(const Picture& picture, int plane) {
  return static_cast<size_t>(plane == 0 ? picture.width : (picture.width + 1) / 2);
}
size_t HeightOf(const Picture& picture, int plane) {
  return static_cast<size_t>(plane == 0 ? picture.height : (picture.height + 1) / 2);
}
size_t SizeOf(const Picture& picture) {
  size_t size = 0;
  for (int i = 0; i < 3; i++) size += WidthOf(picture, i) * HeightOf(picture, i);
  return size;
}

/** Copies the planes to `out`, one after another without padding. */
void CopyTo(const Picture& picture, uint8_t* out) {
  for (int i = 0; i < 3; i++) {
    const size_t width = WidthOf(picture, i);
    for (size_t row = 0; row < HeightOf(picture, i); row++, out += width)
      std::memcpy(out, picture.planes[i] + static_cast<ptrdiff_t>(row) * picture.strides[i], width);
  }
}

class EncodeWork : public Work {
 public:
  EncodeWork(std::shared_ptr<EncoderState> state, const Picture& picture, const EncodeSettings& settings)
      : state_(std::move(state)), picture_(picture), settings_(settings) {
    state_->pixels.resize(SizeOf(picture));
    CopyTo(picture, state_->pixels.data());
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
      picture_.planes[i] = state_->pixels.data() + at;
      picture_.strides[i] = static_cast<int>(WidthOf(picture, i));
      at += WidthOf(picture, i) * HeightOf(picture, i);
    }
    state_->busy = true;
  }

 protected:
  void Run() override { packet_ = state_->codec->Encode(picture_, settings_); }
  void Settle(napi_env) override { state_->busy = false; }

  napi_value Finish(napi_env env) override {
    if (packet_.data.empty()) return Undefined(env);
    napi_value out, buffer;
    void* bytes = nullptr;
    Must(napi_create_object(env, &out));
    Must(napi_create_arraybuffer(env, packet_.data.size(), &bytes, &buffer));
    std::memcpy(bytes, packet_.data.data(), packet_.data.size());
    Set(env, out, "data", buffer);
    Set(env, out, "key", Bool(env, packet_.key));
    Set(env, out, "temporalId", Int(env, packet_.temporal_layer));
    return out;
  }

 private:
  std::shared_ptr<EncoderState> state_;
  Picture picture_;
  EncodeSettings settings_;
  Packet packet_;
};

/** encode(y, u, v, strideY, strideU, strideV, width, height, keyFrame, bitrate, fps, temporalLayers) */
napi_value Encode(napi_env env, napi_callback_info info) {
  return Guard(env, [&]() -> napi_value {
    size_t count = 12;
    napi_value args[12], self;
    Must(napi_get_cb_info(env, info, &count, args, &self, nullptr));
    auto state = Instance<EncoderState>::Of(env, self, kEncoderTag)->Idle(env);
    Picture picture = {};
    picture.width = IntOf(env, args[6], kMinSide, kMaxSide);
    picture.height = IntOf(env, args[7], kMinSide, kMaxSide);
    if (int64_t{picture.width} * picture.height > kMaxPixels) Throw(env, "the picture is larger than 9437184 pixels");
    for (int i = 0; i < 3; i++) {
      const Bytes plane = BytesOf(env, args[i]);
      const int stride = IntOf(env, args[3 + i], 1, 4 * kMaxSide);
      const size_t width = WidthOf(picture, i);
      if (static_cast<size_t>(stride) < width ||
          plane.size < static_cast<size_t>(stride) * (HeightOf(picture, i) - 1) + width)
        Throw(env, "a plane is smaller than its stride and the size of the picture say");
      picture.planes[i] = plane.data;
      picture.strides[i] = stride;
    }
    EncodeSettings settings = {};
    settings.key_frame = BoolOf(env, args[8]);
    settings.bitrate = IntOf(env, args[9], 10000, 100000000);
    settings.fps = NumberOf(env, args[10]);
    if (!(settings.fps >= 1 && settings.fps <= 240)) Throw(env, "pass 1 to 240 frames per second");
    settings.temporal_layers = IntOf(env, args[11], 1, 3);
    return Work::Start(env, std::make_unique<EncodeWork>(state, picture, settings), "rm.encode");
  });
}

class DecodeWork : public Work {
 public:
  DecodeWork(napi_env env, std::shared_ptr<DecoderState> state, Bytes data, Bytes into, napi_value into_value)
      : state_(std::move(state)), into_(into) {
    state_->data.assign(data.data, data.data + data.size);
    if (into.size > 0) Must(napi_create_reference(env, into_value, 1, &into_reference_));
    state_->busy = true;
  }

 protected:
  void Run() override {
    Picture& picture = state_->picture;
    picture = {};
    Picture decoded = {};
    shown_ = state_->codec->Decode(state_->data.data(), state_->data.size(), &decoded);
    if (!shown_) return;
    if (decoded.width < 1 || decoded.height < 1 || int64_t{decoded.width} * decoded.height > kMaxPixels)
      throw std::runtime_error("the picture is larger than 9437184 pixels");
    picture = decoded;
    copied_ = into_.size == SizeOf(picture);
    if (copied_) CopyTo(picture, into_.data);
  }

  void Settle(napi_env env) override {
    state_->busy = false;
    if (into_reference_) napi_delete_reference(env, into_reference_);
  }

  napi_value Finish(napi_env env) override {
    if (!shown_) return Undefined(env);
    napi_value out;
    Must(napi_create_object(env, &out));
    Set(env, out, "width", Int(env, state_->picture.width));
    Set(env, out, "height", Int(env, state_->picture.height));
    Set(env, out, "copied", Bool(env, copied_));
    return out;
  }

 private:
  std::shared_ptr<DecoderState> state_;
  Bytes into_;
  napi_ref into_reference_ = nullptr;
  bool shown_ = false;
  bool copied_ = false;
};

/** decode(data, into) */
napi_value Decode(napi_env env, napi_callback_info info) {
  return Guard(env, [&]() -> napi_value {
    size_t count = 2;
    napi_value args[2], self;
    Must(napi_get_cb_info(env, info, &count, args, &self, nullptr));
    auto state = Instance<DecoderState>::Of(env, self, kDecoderTag)->Idle(env);
    const Bytes data = BytesOf(env, args[0]);
    if (data.size == 0 || data.size > (64u << 20)) Throw(env, "pass 1 byte to 64 MiB");
    const Bytes into = BytesOf(env, args[1]);
    return Work::Start(env, std::make_unique<DecodeWork>(env, state, data, into, args[1]), "rm.decode");
  });
}

/** copyPicture(into): the picture that was not copied because `into` did not have its size. */
napi_value CopyPicture(napi_env env, napi_callback_info info) {
  return Guard(env, [&]() -> napi_value {
    size_t count = 1;
    napi_value into_value, self;
    Must(napi_get_cb_info(env, info, &count, &into_value, &self, nullptr));
    auto state = Instance<DecoderState>::Of(env, self, kDecoderTag)->Idle(env);
    const Bytes into = BytesOf(env, into_value);
    if (state->picture.width == 0) Throw(env, "there is no picture");
    if (into.size != SizeOf(state->picture)) Throw(env, "pass memory of exactly the size of the picture");
    CopyTo(state->picture, into.data);
    return nullptr;
  });
}

napi_value NewEncoder(napi_env env, napi_callback_info info) {
  return Instance<EncoderState>::New(env, info, kEncoderTag, EncoderState::Make);
}
napi_value CloseEncoder(napi_env env, napi_callback_info info) {
  return Instance<EncoderState>::Close(env, info, kEncoderTag);
}
napi_value NewDecoder(napi_env env, napi_callback_info info) {
  return Instance<DecoderState>::New(env, info, kDecoderTag, DecoderState::Make);
}
napi_value CloseDecoder(napi_env env, napi_callback_info info) {
  return Instance<DecoderState>::Close(env, info, kDecoderTag);
}

napi_property_descriptor Method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace

NAPI_MODULE_INIT() {
  return Guard(env, [&]() -> napi_value {
    const napi_property_descriptor encoder[] = {Method("encode", Encode), Method("close", CloseEncoder)};
    const napi_property_descriptor decoder[] = {Method("decode", Decode), Method("copyPicture", CopyPicture),
                                                Method("close", CloseDecoder)};
    napi_value type;
    Must(napi_define_class(env, "Encoder", NAPI_AUTO_LENGTH, NewEncoder, nullptr, 2, encoder, &type));
    Set(env, exports, "Encoder", type);
    Must(napi_define_class(env, "Decoder", NAPI_AUTO_LENGTH, NewDecoder, nullptr, 3, decoder, &type));
    Set(env, exports, "Decoder", type);
    return exports;
  });
}

}  // namespace rm
