// What an encoder and a decoder are to the add-on. Both throw std::exception with a message for the user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace rm {

enum class CodecId { kVp8, kVp9, kH264 };

/** Largest picture taken in either direction: 36,864 macroblocks, what H.264 level 5.2 allows. */
constexpr int64_t kMaxPixels = 36864 * 256;
constexpr int kMinSide = 16;
constexpr int kMaxSide = 8192;

/** Views of the three planes of an I420 picture. */
struct Picture {
  const uint8_t* planes[3];
  int strides[3];
  int width;
  int height;
};

/** What the next frame is encoded with; a change takes effect on that frame. */
struct EncodeSettings {
  bool key_frame;
  double bitrate;  // bit/s
  double fps;
  int temporal_layers;
};

/** An encoded frame; no data when rate control dropped it. */
struct Packet {
  std::vector<uint8_t> data;
  bool key = false;
  int temporal_layer = 0;
};

class Encoder {
 public:
  virtual ~Encoder() = default;

  /** After a failure the next picture begins anew, rather than with settings half taken over. */
  Packet Encode(const Picture& picture, const EncodeSettings& settings) {
    try {
      return TryEncode(picture, settings);
    } catch (...) {
      Close();
      throw;
    }
  }

 protected:
  virtual Packet TryEncode(const Picture& picture, const EncodeSettings& settings) = 0;
  virtual void Close() = 0;
};

class Decoder {
 public:
  virtual ~Decoder() = default;

  /**
   * False when the frame is not to be shown. The picture's planes live until the next call. What a failed frame leaves
   * behind is not worth trusting: the next key frame begins with a new decoder.
   */
  bool Decode(const uint8_t* data, size_t size, Picture* picture) {
    try {
      return TryDecode(data, size, picture);
    } catch (...) {
      Close();
      throw;
    }
  }

 protected:
  virtual bool TryDecode(const uint8_t* data, size_t size, Picture* picture) = 0;
  virtual void Close() = 0;
};

std::unique_ptr<Encoder> MakeVpxEncoder(CodecId codec);
std::unique_ptr<Decoder> MakeVpxDecoder(CodecId codec);
std::unique_ptr<Encoder> MakeH264Encoder();
std::unique_ptr<Decoder> MakeH264Decoder();

}  // namespace rm
