// VP8 and VP9 decoding of bytes from anywhere.
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_frame_buffer.h>

#include <new>
#include <stdexcept>
#include <string>

#include "codec.h"

namespace rm {
namespace {

/** Room for a picture of kMaxPixels in 4:2:0 with the borders and alignment libvpx adds. */
constexpr size_t kMaxBufferBytes = static_cast<size_t>(kMaxPixels) * 2 + (8u << 20);

struct Buffer {
  std::unique_ptr<uint8_t[]> bytes;
  size_t size = 0;
  bool used = false;
};

/**
 * The frame memory of a VP9 decoder. A frame of a few bytes may announce 16384x16384 pixels, and be the second in a
 * superframe whose first looks harmless, so the limit has to stand where memory is taken.
 */
class BufferPool {
 public:
  static int Get(void* self, size_t size, vpx_codec_frame_buffer_t* out) {
    if (size > kMaxBufferBytes) return -1;
    for (Buffer& buffer : static_cast<BufferPool*>(self)->buffers_) {
      if (buffer.used) continue;
      if (buffer.size < size) {
        buffer.bytes.reset(new (std::nothrow) uint8_t[size]());
        buffer.size = buffer.bytes ? size : 0;
        if (!buffer.bytes) return -1;
      }
      buffer.used = true;
      out->data = buffer.bytes.get();
      out->size = buffer.size;
      out->priv = &buffer;
      return 0;
    }
    return -1;
  }

  static int Release(void*, vpx_codec_frame_buffer_t* buffer) {
    if (buffer->priv) static_cast<Buffer*>(buffer->priv)->used = false;
    buffer->priv = nullptr;
    return 0;
  }

 private:
  Buffer buffers_[VPX_MAXIMUM_WORK_BUFFERS + VP9_MAXIMUM_REF_BUFFERS];
};

class VpxDecoder : public Decoder {
 public:
  explicit VpxDecoder(CodecId codec) : vp9_(codec == CodecId::kVp9) {}
  ~VpxDecoder() override { Close(); }

 protected:
  bool TryDecode(const uint8_t* data, size_t size, Picture* picture) override {
    vpx_codec_stream_info_t info = {};
    info.sz = sizeof(info);
    const bool known = vpx_codec_peek_stream_info(Interface(), data, static_cast<unsigned>(size), &info) == VPX_CODEC_OK;
    if (known && int64_t{info.w} * info.h > kMaxPixels)
      throw std::runtime_error("the picture is larger than 9437184 pixels");
    Open();
    const vpx_codec_err_t result = vpx_codec_decode(&context_, data, static_cast<unsigned>(size), nullptr, 0);
    if (result != VPX_CODEC_OK) throw std::runtime_error(std::string("libvpx: ") + vpx_codec_err_to_string(result));
    const vpx_image_t* image = nullptr;
    vpx_codec_iter_t iterator = nullptr;
    while (const vpx_image_t* next = vpx_codec_get_frame(&context_, &iterator)) image = next;
    if (!image) return false;
    if (image->fmt != VPX_IMG_FMT_I420 || image->bit_depth != 8)
      throw std::runtime_error("the picture is not 4:2:0 with 8 bits");
    for (int i = 0; i < 3; i++) {
      picture->planes[i] = image->planes[i];
      picture->strides[i] = image->stride[i];
    }
    picture->width = static_cast<int>(image->d_w);
    picture->height = static_cast<int>(image->d_h);
    return true;
  }

  void Close() final {
    if (open_) vpx_codec_destroy(&context_);
    open_ = false;
    pool_.reset();
  }

 private:
  void Open() {
    if (open_) return;
    vpx_codec_dec_cfg_t config = {1, 0, 0};
    if (vpx_codec_dec_init(&context_, Interface(), &config, 0) != VPX_CODEC_OK)
      throw std::runtime_error("libvpx was built without this decoder");
    open_ = true;
    if (!vp9_) return;
    pool_ = std::make_unique<BufferPool>();
    vpx_codec_set_frame_buffer_functions(&context_, BufferPool::Get, BufferPool::Release, pool_.get());
  }

  vpx_codec_iface_t* Interface() const { return vp9_ ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx(); }

  const bool vp9_;
  bool open_ = false;
  vpx_codec_ctx_t context_ = {};
  std::unique_ptr<BufferPool> pool_;
};

}  // namespace

std::unique_ptr<Decoder> MakeVpxDecoder(CodecId codec) { return std::make_unique<VpxDecoder>(codec); }

}  // namespace rm
