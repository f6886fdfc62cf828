export type { AudioFrame, CaptureTime, Micros } from './frames/audio-frame.js';
export { AbortedError, ArgumentError, ClosedError, UnsupportedError } from './errors.js';
export { loadOpus } from './opus/load-opus.js';
export type {
  OpusApplication,
  OpusCapabilities,
  OpusDecoder,
  OpusDecoderOptions,
  OpusEncoder,
  OpusEncoderOptions,
  OpusEncoderSettings,
  OpusEngine,
  OpusEngineName,
} from './opus/engine.js';
export { isDtx, packetHasFec } from './opus/packet-contents.js';
export { OPUS_CLOCK_RATE, parseToc } from './opus/toc.js';
export type { OpusBandwidth, OpusMode, OpusToc, TocResult } from './opus/toc.js';
export { parseWav } from './wav/parse-wav.js';
export type { WavAudio, WavResult } from './wav/parse-wav.js';
export { WAV_HEADER_BYTES, wavHeader } from './wav/wav-header.js';
export type { WavFormat } from './wav/wav-header.js';
export { floatToPcm16 } from './dsp/pcm16.js';
export { MAX_CORRECTION_PPM, Resampler } from './dsp/resampler.js';
export type { ResamplerOptions } from './dsp/resampler.js';
export { resample } from './dsp/resample.js';
export { ComfortNoise } from './dsp/comfort-noise.js';
export { TimeStretch } from './dsp/time-stretch.js';
export type { SampleFormat } from './dsp/sample-format.js';
export { VoiceActivity } from './dsp/voice-activity.js';
export type { VoiceActivityOptions } from './dsp/voice-activity.js';
export { applyGain, gainFromDb } from './dsp/gain.js';
export { amplitudeFromDbfs, dbfs, measureLevel, MIN_DBFS } from './dsp/level.js';
export type { Level } from './dsp/level.js';
export { mixInto, softLimit } from './dsp/mix.js';
export { Limiter } from './dsp/limiter.js';
export { ConferenceMixer } from './dsp/conference-mixer.js';
export type { ConferenceMixerOptions, ConferenceParticipant } from './dsp/conference-mixer.js';
export { copyPicture, i420Picture, i420Size } from './frames/video-frame.js';
export type { VideoFrame, VideoPicture, VideoPlane } from './frames/video-frame.js';
export { MAX_PICTURE_PIXELS } from './video/codec.js';
export type {
  EncodedVideoFrame,
  VideoCapability,
  VideoCodecs,
  VideoDecodeFault,
  VideoDecodeResult,
  VideoDecoder,
  VideoDecoderStatistics,
  VideoEncoder,
  VideoEncoderOptions,
  VideoEncoderSettings,
  VideoEncoderStatistics,
  VideoProvider,
  VideoRates,
} from './video/codec.js';
export { loadVideoCodecs, loadWasmVideoCodecs } from './video/load-video-codecs.js';
export { movingPicture } from './video/moving-picture.js';
export { passthroughVideo } from './video/passthrough.js';
export type { EncodedVideoSource } from './video/passthrough.js';
export { psnr } from './video/psnr.js';
export { VideoCodecError } from './video/video-codec-error.js';
export { FrameAssembler } from './rtp/frame-assembler.js';
export type {
  AssembledFrame,
  FrameAssemblerOptions,
  FrameAssemblerStatistics,
  PacketDrop,
  PacketLoss,
  ReceivedPacket,
} from './rtp/assembled-frame.js';
export type {
  Depacketizer,
  FramePart,
  PayloadFault,
  PayloadResult,
  ReferenceTracker,
} from './rtp/depacketizer.js';
export { MIN_PAYLOAD_SIZE } from './rtp/packetizer.js';
export type { Packetizer, RtpPayload } from './rtp/packetizer.js';
export type { PictureCounterOptions } from './rtp/picture-id.js';
export { opusDepacketizer, OpusPacketizer } from './rtp/opus.js';
export { MAX_RED_BLOCK_BYTES, MAX_RED_OFFSET, parseRed, redOverhead, writeRed } from './rtp/red.js';
export type { RedBlock, RedPayload, RedResult } from './rtp/red.js';
export { vp8Depacketizer, Vp8Packetizer } from './rtp/vp8.js';
export type { Vp8Frame, Vp8Part } from './rtp/vp8.js';
export type { Vp8Descriptor } from './rtp/vp8-descriptor.js';
export { vp9Depacketizer } from './rtp/vp9.js';
export { Vp9Packetizer } from './rtp/vp9-packetizer.js';
export type { Vp9Frame, Vp9PacketizerOptions } from './rtp/vp9-packetizer.js';
export type { Vp9Descriptor, Vp9Layer, Vp9Part } from './rtp/vp9-descriptor.js';
export type { Vp9GroupPicture, Vp9Structure } from './rtp/vp9-structure.js';
export { h264Depacketizer } from './rtp/h264-depacketizer.js';
export type { H264Part } from './rtp/h264-depacketizer.js';
export { H264Packetizer } from './rtp/h264-packetizer.js';
export type { H264Frame } from './rtp/h264-packetizer.js';
export { av1Depacketizer } from './rtp/av1-depacketizer.js';
export type { Av1Part } from './rtp/av1-depacketizer.js';
export { Av1Packetizer } from './rtp/av1-packetizer.js';
export type { Av1Frame } from './rtp/av1-packetizer.js';
export { videoDepacketizer, videoPacketizer } from './rtp/video-payload.js';
export type { LayeredFrame } from './rtp/layered-frame.js';
export { codecAttributes, parseMediaSection } from './sdp/media-section.js';
export type { MediaSection, MediaSectionResult } from './sdp/media-section.js';
export type { CodecDescription, FormatParameters } from './sdp/codec-description.js';
export { describeOpus } from './sdp/opus-format.js';
export type { OpusPreferences, OpusSendParameters } from './sdp/opus-format.js';
export { describeVideo, VIDEO_CLOCK_RATE } from './sdp/video-format.js';
export type {
  VideoCodecPreference,
  VideoDescriptionOptions,
  VideoEncodingName,
} from './sdp/video-format.js';
export type { VideoSendParameters } from './sdp/video-parameters.js';
export { fitsLimits } from './sdp/video-limits.js';
export type { VideoLimits, VideoSize } from './sdp/video-limits.js';
export type { H264Level, H264Profile } from './sdp/h264-level.js';
export { acceptAnswer, answerCodecs } from './sdp/codec-negotiation.js';
export type { NegotiatedCodec } from './sdp/codec-negotiation.js';
export { AudioRedundancy, MAX_REDUNDANCY } from './bitrate/audio-redundancy.js';
export type { RedundancyDepth } from './bitrate/audio-redundancy.js';
export { AudioBitrateController } from './bitrate/audio-bitrate.js';
export type {
  AudioBitrateOptions,
  AudioBitrateSettings,
  AudioPathReport,
} from './bitrate/audio-bitrate.js';
