export type {
  Backend,
  DataChannelHandlers,
  DataChannelOptions,
  DtlsSetup,
  Fingerprint,
  IceServer,
  Transport,
  TransportCandidate,
  TransportConfig,
  TransportDataChannel,
  TransportHandlers,
  TransportParameters,
  TransportStates,
  TransportStatistics,
} from './backend/transport.js';
export {
  BackendUnavailableError,
  IceRestartError,
  libdatachannelBackend,
} from './backend/libdatachannel/index.js';
export type { LibdatachannelBackend } from './backend/libdatachannel/index.js';
export { loadBackend } from './backend/load-backend.js';
export type { BackendName } from './backend/load-backend.js';
export { IceServerError, weriftBackend } from './backend/werift/index.js';
export type { WeriftBackend, WeriftBackendOptions } from './backend/werift/index.js';
export { FlightRecorder } from './capture/flight-recorder.js';
export type { FlightRecorderOptions, FlightRecorderStatistics } from './capture/flight-recorder.js';
export { isRtpdump, readRtpdump } from './capture/rtpdump.js';
export type { CaptureFault, RtpdumpPacket } from './capture/rtpdump.js';
export { systemClock } from './clock/clock.js';
export type { Clock } from './clock/clock.js';
export type { LinkCloseReason, LinkState } from './connection/link-options.js';
export type { OpenChannelOptions } from './connection/peer-channels.js';
export type { JsonValue } from './data/control-message.js';
export { DataChannel, DataChannelError } from './data/data-channel.js';
export type {
  DataChannelEvents,
  DataChannelFault,
  DataChannelStatistics,
} from './data/data-channel.js';
export type { DataMessage } from './data/message-frames.js';
export { AudioPlayout } from './media/audio-playout.js';
export type { AudioPlayoutOptions, AudioPlayoutStatistics } from './media/audio-playout.js';
export type { AudioReceiverStatistics } from './media/audio-receiver.js';
export type { AudioSenderStatistics } from './media/audio-sender.js';
export { UnsupportedFrameError } from './media/audio-stream.js';
export { OutputConflictError } from './mesh/audio-output.js';
export type { AudioOutput, AudioOutputStatistics, Recipients } from './mesh/audio-output.js';
export type { AudioEncoding } from './mesh/audio-outputs.js';
export type { PeerDirections } from './mesh/directions.js';
export type { NodeAudioOutput, NodeDataChannel, NodeVideoOutput } from './mesh/handles.js';
export { Mesh, UnknownPeerError } from './mesh/mesh.js';
export type { MeshNode } from './mesh/mesh-node.js';
export type {
  EncodedPicture,
  MeshEvents,
  MeshOptions,
  MeshVideoOptions,
  PictureListener,
  TickListener,
} from './mesh/mesh-options.js';
export type { ReceivedPicture } from './media/peer-media.js';
export type { VideoConnectionStatistics } from './media/video-connection.js';
export type { VideoSenderStatistics } from './media/video-sender.js';
export type { VideoEncoding, VideoOutput, VideoOutputStatistics } from './mesh/video-output.js';
export { NoVideoError } from './mesh/video-outputs.js';
export type { OpenVideoOptions } from './mesh/video-outputs.js';
export type { RtpSessionStatistics } from './rtp/rtp-session.js';
export { meshPreset } from './mesh/presets.js';
export type { MeshPreset, PresetOptions } from './mesh/presets.js';
export type { LinkStatistics, MeshStatistics } from './mesh/statistics.js';
export type { Quality } from './quality/quality-meter.js';
export { SDES_CNAME, parseCompound } from './rtcp/index.js';
export type { ParsedCompound, RtcpFault, RtcpPacket } from './rtcp/index.js';
export type { RtpPacket, SenderReport } from './rtp/packet.js';
export { MeshWorkerError } from './worker/errors.js';
export type { MeshWorkerFault } from './worker/errors.js';
export type {
  CrossingDrops,
  MeshSetup,
  WorkerMeshOptions,
  WorkerMeshStatistics,
} from './worker/mesh-setup.js';
export type { Direction } from './session/description.js';
export { WorkerMesh } from './worker/worker-mesh.js';
