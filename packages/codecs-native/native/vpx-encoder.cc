// VP8 and VP9 for live video: no lag, constant bitrate, key frames on request only.
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "codec.h"

namespace rm {
namespace {

constexpr int kClockRate = 90000;

/** Shares of the bitrate that the layers up to each have, for one to three of them. */
constexpr double kCumulativeShare[3][3] = {{1, 0, 0}, {0.6, 1, 0}, {0.4, 0.6, 1}};

/** Beyond 7 each step costs little quality and saves much time; large pictures cannot do without. */
int SpeedFor(int64_t pixels) {
  if (pixels <= 640 * 360) return 7;
  return pixels < 1280 * 720 ? 8 : 9;
}

class VpxEncoder : public Encoder {
 public:
  explicit VpxEncoder(CodecId codec) : vp9_(codec == CodecId::kVp9) {}
  ~VpxEncoder() override { Close(); }

 protected:
  Packet TryEncode(const Picture& picture, const EncodeSettings& settings) override {
    Prepare(picture, settings);
    vpx_image_t image;
    if (!vpx_img_wrap(&image, VPX_IMG_FMT_I420, picture.width, picture.height, 1,
                      const_cast<uint8_t*>(picture.planes[0])))
      throw std::runtime_error("libvpx takes no picture of this size");
    for (int i = 0; i < 3; i++) {
      image.planes[i] = const_cast<uint8_t*>(picture.planes[i]);
      image.stride[i] = picture.strides[i];
    }
    const auto duration = static_cast<unsigned long>(std::lround(kClockRate / settings.fps));
    // Rate control counts on even spacing; what capture jitters must not look like a changing frame rate.
    Check(vpx_codec_encode(&context_, &image, pts_, duration,
                           settings.key_frame ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME),
          "encode");
    pts_ += static_cast<vpx_codec_pts_t>(duration);
    return TakePacket();
  }

  void Close() final {
    if (open_) vpx_codec_destroy(&context_);
    open_ = false;
  }

 private:
  void Prepare(const Picture& picture, const EncodeSettings& settings) {
    const auto width = static_cast<unsigned>(picture.width);
    const auto height = static_cast<unsigned>(picture.height);
    const bool resized = open_ && (width != config_.g_w || height != config_.g_h);
    // VP9 predicts from references of another size, as long as nothing it has allocated has to grow.
    const bool scales = vp9_ && settings.temporal_layers == 1 && width <= first_width_ && height <= first_height_;
    if (!open_ || settings.temporal_layers != layers_ || (resized && !scales)) {
      Open(width, height, settings);
    } else if (resized || settings.bitrate != bitrate_ || settings.fps != fps_) {
      config_.g_w = width;
      config_.g_h = height;
      SetRates(settings);
      Check(vpx_codec_enc_config_set(&context_, &config_), "change of settings");
      SetControls();
    }
  }

  void Open(unsigned width, unsigned height, const EncodeSettings& settings) {
    Close();
    const auto iface = vp9_ ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
    if (vpx_codec_enc_config_default(iface, &config_, 0) != VPX_CODEC_OK)
      throw std::runtime_error("libvpx was built without this encoder");
    layers_ = settings.temporal_layers;
    config_.g_w = first_width_ = width;
    config_.g_h = first_height_ = height;
    config_.g_timebase = {1, kClockRate};
    config_.g_threads = 1;
    config_.g_lag_in_frames = 0;
    config_.g_pass = VPX_RC_ONE_PASS;
    config_.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    config_.kf_mode = VPX_KF_DISABLED;
    config_.rc_end_usage = VPX_CBR;
    config_.rc_min_quantizer = 2;
    config_.rc_max_quantizer = 56;
    config_.rc_undershoot_pct = vp9_ ? 50 : 100;
    config_.rc_overshoot_pct = vp9_ ? 50 : 15;
    config_.rc_buf_initial_sz = 500;
    config_.rc_buf_optimal_sz = 600;
    config_.rc_buf_sz = 1000;
    config_.rc_dropframe_thresh = 30;
    config_.rc_resize_allowed = 0;
    SetLayers();
    SetRates(settings);
    Check(vpx_codec_enc_init(&context_, iface, &config_, 0), "start");
    open_ = true;
    pts_ = 0;
    SetControls();
  }

  void SetLayers() {
    static constexpr int kRate[3][3] = {{1, 0, 0}, {2, 1, 0}, {4, 2, 1}};
    static constexpr int kMode[3] = {VP9E_TEMPORAL_LAYERING_MODE_NOLAYERING, VP9E_TEMPORAL_LAYERING_MODE_0101,
                                     VP9E_TEMPORAL_LAYERING_MODE_0212};
    if (!vp9_) return;
    const auto n = static_cast<unsigned>(layers_);
    config_.ss_number_layers = 1;
    config_.ts_number_layers = n;
    config_.temporal_layering_mode = kMode[n - 1];
    for (unsigned i = 0; i < n; i++) config_.ts_rate_decimator[i] = static_cast<unsigned>(kRate[n - 1][i]);
  }

  void SetRates(const EncodeSettings& settings) {
    bitrate_ = settings.bitrate;
    fps_ = settings.fps;
    const double kbps = settings.bitrate / 1000;
    config_.rc_target_bitrate = static_cast<unsigned>(std::lround(kbps));
    if (!vp9_) return;
    config_.ss_target_bitrate[0] = config_.rc_target_bitrate;
    for (int i = 0; i < layers_; i++) {
      const auto rate = static_cast<unsigned>(std::lround(kbps * kCumulativeShare[layers_ - 1][i]));
      config_.layer_target_bitrate[i] = rate;
      config_.ts_target_bitrate[i] = rate;
    }
  }

  void SetControls() {
    const int speed = SpeedFor(static_cast<int64_t>(config_.g_w) * config_.g_h);
    // VP8 adapts a positive speed to the machine's load; a negative one is the speed itself.
    Control(VP8E_SET_CPUUSED, vp9_ ? speed : -speed);
    // A key frame may take half of the optimal buffer, so that one request does not stall the stream.
    const auto intra = static_cast<unsigned>(std::max(300.0, config_.rc_buf_optimal_sz * 0.5 * fps_ / 10));
    Control(VP8E_SET_MAX_INTRA_BITRATE_PCT, intra);
    Control(VP8E_SET_STATIC_THRESHOLD, 1u);
    Control(vp9_ ? int{VP9E_SET_NOISE_SENSITIVITY} : int{VP8E_SET_NOISE_SENSITIVITY}, 0u);
    if (!vp9_) {
      Control(VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
      return;
    }
    Control(VP9E_SET_AQ_MODE, 3u);
    Control(VP9E_SET_TILE_COLUMNS, 0);
    Control(VP9E_SET_FRAME_PARALLEL_DECODING, 0u);
    if (layers_ == 1) return;
    vpx_svc_extra_cfg_t svc = {};
    for (int i = 0; i < layers_; i++) {
      svc.max_quantizers[i] = static_cast<int>(config_.rc_max_quantizer);
      svc.min_quantizers[i] = static_cast<int>(config_.rc_min_quantizer);
    }
    svc.scaling_factor_num[0] = 1;
    svc.scaling_factor_den[0] = 1;
    svc.speed_per_layer[0] = speed;
    Control(VP9E_SET_SVC, 1);
    Control(VP9E_SET_SVC_PARAMETERS, &svc);
  }

  Packet TakePacket() {
    Packet out;
    vpx_codec_iter_t iterator = nullptr;
    while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&context_, &iterator)) {
      if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
      const auto* bytes = static_cast<const uint8_t*>(packet->data.frame.buf);
      out.data.insert(out.data.end(), bytes, bytes + packet->data.frame.sz);
      out.key = out.key || (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    }
    if (layers_ > 1 && !out.data.empty()) {
      vpx_svc_layer_id_t id = {};
      Control(VP9E_GET_SVC_LAYER_ID, &id);
      out.temporal_layer = id.temporal_layer_id;
    }
    return out;
  }

  template <typename Value>
  void Control(int id, Value value) {
    Check(vpx_codec_control_(&context_, id, value), "setting");
  }


  void Check(vpx_codec_err_t result, const char* what) {
    if (result == VPX_CODEC_OK) return;
    const char* detail = vpx_codec_error_detail(&context_);
    throw std::runtime_error(std::string("libvpx refused a ") + what + ": " + vpx_codec_err_to_string(result) +
                             (detail ? std::string(" (") + detail + ")" : ""));
  }

  const bool vp9_;
  bool open_ = false;
  vpx_codec_ctx_t context_ = {};
  vpx_codec_enc_cfg_t config_ = {};
  unsigned first_width_ = 0;
  unsigned first_height_ = 0;
  int layers_ = 1;
  double bitrate_ = 0;
  double fps_ = 0;
  vpx_codec_pts_t pts_ = 0;
};

}  // namespace

std::unique_ptr<Encoder> MakeVpxEncoder(CodecId codec) { return std::make_unique<VpxEncoder>(codec); }

}  // namespace rm
