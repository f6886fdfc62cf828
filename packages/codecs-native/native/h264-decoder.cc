// H.264 decoding of bytes from anywhere, Annex B.
#include <wels/codec_api.h>

#include <climits>
#include <cstring>
#include <stdexcept>
#include <string>

#include "codec.h"

namespace rm {
namespace {

class H264Decoder : public Decoder {
 public:
  ~H264Decoder() override { Close(); }

 protected:
  bool TryDecode(const uint8_t* data, size_t size, Picture* picture) override {
    Open();
    uint8_t* planes[3] = {};
    SBufferInfo info;
    std::memset(&info, 0, sizeof(info));
    const int result = decoder_->DecodeFrameNoDelay(data, static_cast<int>(size), planes, &info);
    if (result != dsErrorFree)
      throw std::runtime_error("openh264: decoding failed (" + std::to_string(result) + ")");
    // Every frame of a live stream is a picture; one cut short may be none without an error, and then spoils the next.
    if (info.iBufferStatus != 1) throw std::runtime_error("openh264: no picture");
    const SSysMEMBuffer& buffer = info.UsrData.sSystemBuffer;
    for (int i = 0; i < 3; i++) {
      picture->planes[i] = planes[i];
      picture->strides[i] = buffer.iStride[i == 0 ? 0 : 1];
    }
    picture->width = buffer.iWidth;
    picture->height = buffer.iHeight;
    return true;
  }

  void Close() final {
    if (!decoder_) return;
    decoder_->Uninitialize();
    WelsDestroyDecoder(decoder_);
    decoder_ = nullptr;
  }

 private:
  void Open() {
    if (decoder_) return;
    if (WelsCreateDecoder(&decoder_) != 0 || !decoder_) throw std::runtime_error("openh264 could not be started");
    int quiet = WELS_LOG_QUIET;
    decoder_->SetOption(DECODER_OPTION_TRACE_LEVEL, &quiet);
    SDecodingParam param;
    std::memset(&param, 0, sizeof(param));
    param.uiTargetDqLayer = UCHAR_MAX;
    // A concealed picture would be passed on as a good one; a lost one is asked for again.
    param.eEcActiveIdc = ERROR_CON_DISABLE;
    param.sVideoProperty.size = sizeof(param.sVideoProperty);
    param.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
    if (decoder_->Initialize(&param) != 0) throw std::runtime_error("openh264 could not be started");
  }

  ISVCDecoder* decoder_ = nullptr;
};

}  // namespace

std::unique_ptr<Decoder> MakeH264Decoder() { return std::make_unique<H264Decoder>(); }

}  // namespace rm
