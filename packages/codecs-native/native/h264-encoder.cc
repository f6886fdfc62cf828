// H.264 constrained baseline for live video: one slice a picture, CAVLC, SPS and PPS before each IDR picture.
#include <wels/codec_api.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "codec.h"

namespace rm {
namespace {

/** The most frames a second that openh264 knows of. */
constexpr double kMaxFps = 60;

class H264Encoder : public Encoder {
 public:
  ~H264Encoder() override { Close(); }

 protected:
  Packet TryEncode(const Picture& picture, const EncodeSettings& settings) override {
    if (picture.width % 2 != 0 || picture.height % 2 != 0)
      throw std::runtime_error("H.264 takes pictures of even width and height");
    if (!encoder_ || picture.width != width_ || picture.height != height_)
      Open(picture, settings);
    else
      SetRates(settings);
    SSourcePicture source;
    std::memset(&source, 0, sizeof(source));
    source.iColorFormat = videoFormatI420;
    source.iPicWidth = width_;
    source.iPicHeight = height_;
    for (int i = 0; i < 3; i++) {
      source.pData[i] = const_cast<uint8_t*>(picture.planes[i]);
      source.iStride[i] = picture.strides[i];
    }
    source.uiTimeStamp = std::llround(elapsed_ms_);
    elapsed_ms_ += 1000.0 / FpsOf(settings);
    if (settings.key_frame) encoder_->ForceIntraFrame(true);
    SFrameBSInfo info;
    std::memset(&info, 0, sizeof(info));
    Check(encoder_->EncodeFrame(&source, &info), "a picture");
    return PacketOf(info);
  }

  void Close() final {
    if (!encoder_) return;
    encoder_->Uninitialize();
    WelsDestroySVCEncoder(encoder_);
    encoder_ = nullptr;
  }

 private:
  /** Beyond kMaxFps a frame still gets its share of the bitrate if a second is taken to have that many. */
  static float FpsOf(const EncodeSettings& settings) {
    return static_cast<float>(std::min(settings.fps, kMaxFps));
  }
  static int BitrateOf(const EncodeSettings& settings) {
    return static_cast<int>(settings.bitrate * std::min(1.0, kMaxFps / settings.fps));
  }

  void Open(const Picture& picture, const EncodeSettings& settings) {
    Close();
    if (WelsCreateSVCEncoder(&encoder_) != 0 || !encoder_) throw std::runtime_error("openh264 could not be started");
    int quiet = WELS_LOG_QUIET;
    encoder_->SetOption(ENCODER_OPTION_TRACE_LEVEL, &quiet);
    SEncParamExt param;
    encoder_->GetDefaultParams(&param);
    param.iUsageType = CAMERA_VIDEO_REAL_TIME;
    param.iPicWidth = picture.width;
    param.iPicHeight = picture.height;
    param.iTargetBitrate = BitrateOf(settings);
    param.iMaxBitrate = UNSPECIFIED_BIT_RATE;
    param.fMaxFrameRate = FpsOf(settings);
    param.iRCMode = RC_BITRATE_MODE;
    param.bEnableFrameSkip = true;
    param.iComplexityMode = LOW_COMPLEXITY;
    param.iTemporalLayerNum = 1;
    param.iSpatialLayerNum = 1;
    param.iEntropyCodingModeFlag = 0;
    param.iMultipleThreadIdc = 1;
    param.uiIntraPeriod = 0;
    param.iNumRefFrame = 1;
    param.eSpsPpsIdStrategy = CONSTANT_ID;
    param.bPrefixNalAddingCtrl = false;
    param.bEnableDenoise = false;
    param.bEnableBackgroundDetection = true;
    param.bEnableAdaptiveQuant = true;
    // Key frames come on request; what openh264 takes for a new scene is often just a busy picture.
    param.bEnableSceneChangeDetect = false;
    param.bEnableLongTermReference = false;
    SSpatialLayerConfig& layer = param.sSpatialLayers[0];
    layer.iVideoWidth = picture.width;
    layer.iVideoHeight = picture.height;
    layer.fFrameRate = param.fMaxFrameRate;
    layer.iSpatialBitrate = param.iTargetBitrate;
    layer.iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
    layer.uiProfileIdc = PRO_BASELINE;
    // The lowest that size and rates fit in: 3.1, which WebRTC peers agree on, up to 720p with 30 frames a second.
    layer.uiLevelIdc = LEVEL_UNKNOWN;
    layer.sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
    Check(encoder_->InitializeExt(&param), "these settings");
    int format = videoFormatI420;
    Check(encoder_->SetOption(ENCODER_OPTION_DATAFORMAT, &format), "I420");
    width_ = picture.width;
    height_ = picture.height;
    bitrate_ = BitrateOf(settings);
    fps_ = FpsOf(settings);
    elapsed_ms_ = 0;
  }

  void SetRates(const EncodeSettings& settings) {
    float fps = FpsOf(settings);
    const int bitrate = BitrateOf(settings);
    if (fps != fps_) Check(encoder_->SetOption(ENCODER_OPTION_FRAME_RATE, &fps), "a frame rate");
    SBitrateInfo rate = {SPATIAL_LAYER_ALL, bitrate};
    if (bitrate != bitrate_) Check(encoder_->SetOption(ENCODER_OPTION_BITRATE, &rate), "a bitrate");
    fps_ = fps;
    bitrate_ = bitrate;
  }

  static Packet PacketOf(const SFrameBSInfo& info) {
    Packet out;
    if (info.eFrameType == videoFrameTypeSkip) return out;
    for (int i = 0; i < info.iLayerNum; i++) {
      const SLayerBSInfo& layer = info.sLayerInfo[i];
      size_t size = 0;
      for (int nal = 0; nal < layer.iNalCount; nal++) size += static_cast<size_t>(layer.pNalLengthInByte[nal]);
      out.data.insert(out.data.end(), layer.pBsBuf, layer.pBsBuf + size);
    }
    out.key = info.eFrameType == videoFrameTypeIDR;
    return out;
  }

  void Check(int result, const char* what) {
    if (result != cmResultSuccess)
      throw std::runtime_error(std::string("openh264 refused ") + what + " (" + std::to_string(result) + ")");
  }

  ISVCEncoder* encoder_ = nullptr;
  int width_ = 0;
  int height_ = 0;
  int bitrate_ = 0;
  float fps_ = 0;
  double elapsed_ms_ = 0;
};

}  // namespace

std::unique_ptr<Encoder> MakeH264Encoder() { return std::make_unique<H264Encoder>(); }

}  // namespace rm
