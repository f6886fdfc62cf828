export {
  ClosedError,
  DuplicateNodeTypeError,
  ManifestError,
  NodeError,
  PipelineUseError,
  UnknownNodeError,
  WavError,
} from './errors.js';
export type { NodeErrorCode, WavErrorCode } from './errors.js';
export { defaultQueueLimits } from './graph/data-queue.js';
export type { QueueLimits } from './graph/data-queue.js';
export { defineNode } from './graph/node.js';
export type { Emit, NodeContext, NodeType, PipelineNode } from './graph/node.js';
export { NodeTypes } from './graph/node-types.js';
export { PipelineRunner } from './graph/pipeline-runner.js';
export type { PipelineRunnerOptions } from './graph/pipeline-runner.js';
export type { PipelineSession } from './graph/pipeline-session.js';
export type { OutputListener } from './graph/stage.js';
export type { EdgeStats, NodeState, NodeStats, OutputStats, PipelineStats } from './graph/stats.js';
export { parseManifest } from './manifest/parse-manifest.js';
export type { ParsedManifest, ParseManifestOptions } from './manifest/parse-manifest.js';
export type { ManifestProblem } from './manifest/problem.js';
export type { Manifest, ManifestNode, NodeExecution } from './manifest/schema.js';
export { builtInNodes } from './nodes/built-in-nodes.js';
export { WavWriter } from './nodes/wav-writer.js';
export type { WavWriterOptions } from './nodes/wav-writer.js';
export { decodeRemoteMedia } from './remotemedia-ipc/decode.js';
export type { DecodedRemoteMedia } from './remotemedia-ipc/decode.js';
export { encodeRemoteMedia } from './remotemedia-ipc/encode.js';
export { RemoteMediaError } from './remotemedia-ipc/error.js';
export type { RemoteMediaErrorCode } from './remotemedia-ipc/error.js';
export type {
  RemoteMediaContent,
  RemoteMediaEnvelope,
  RemoteMediaMessage,
  RemoteMediaRefusal,
} from './remotemedia-ipc/message.js';
export { FramePool } from './runtime-data/frame-pool.js';
export type { FramePoolOptions, LeasedBuffer } from './runtime-data/frame-pool.js';
export { ownedCopy } from './runtime-data/owned-copy.js';
export { pictureData, pictureSize, planesOf } from './runtime-data/picture.js';
export { audioData } from './runtime-data/runtime-data.js';
export type {
  AudioData,
  BinaryData,
  ControlData,
  ControlMessage,
  EncodedPictureData,
  FileData,
  ImageData,
  JsonData,
  JsonValue,
  Lease,
  Lent,
  NumpyData,
  PictureData,
  PixelFormat,
  RuntimeData,
  RuntimeDataKind,
  StreamPosition,
  TensorData,
  TextData,
  VideoData,
} from './runtime-data/runtime-data.js';
export type { AudioOutlet, MeshPort, Recipients } from './session/mesh-port.js';
export { MultiPeerPipeline } from './session/multi-peer-pipeline.js';
export type { MultiPeerPipelineOptions, MultiPeerStats } from './session/multi-peer-pipeline.js';
