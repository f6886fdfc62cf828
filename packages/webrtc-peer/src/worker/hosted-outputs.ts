import type { VideoFrame } from '@rm/codecs';
import type { AudioOutputStatistics, Recipients } from '../mesh/audio-output.js';
import type { NodeAudioOutput, NodeVideoOutput } from '../mesh/handles.js';
import type { MeshNode } from '../mesh/mesh-node.js';
import type { VideoOutputStatistics } from '../mesh/video-output.js';
import type { OpenVideoOptions } from '../mesh/video-outputs.js';
import type { OpenedAudio, OpenedVideo } from './protocol.js';
import { SampleRing } from './sample-ring.js';

/** The streams of a mesh that are written by another thread. */
export class HostedOutputs {
  readonly #mesh: MeshNode;
  readonly #audio = new Map<
    number,
    { readonly output: NodeAudioOutput; readonly ring: SampleRing }
  >();
  readonly #video = new Map<number, NodeVideoOutput>();
  #next = 0;

  constructor(mesh: MeshNode) {
    this.#mesh = mesh;
  }

  async openAudio(to: Recipients): Promise<OpenedAudio> {
    const output = await this.#mesh.openAudio(to);
    const ring = new SampleRing();
    const id = this.#next++;
    this.#audio.set(id, { output, ring });
    return { output: id, memory: ring.memory, statistics: output.statistics() };
  }

  openVideo(to: Recipients, options: OpenVideoOptions): OpenedVideo {
    const output = this.#mesh.openVideo(to, options);
    const id = this.#next++;
    this.#video.set(id, output);
    return { output: id, streamId: output.streamId, statistics: output.statistics() };
  }

  /** Sends the samples that were written. */
  audioWritten(id: number): void {
    const audio = this.#audio.get(id);
    audio?.ring.read((frame, muted) => {
      audio.output.muted = muted;
      audio.output.write(frame);
    });
  }

  pictureWritten(id: number, frame: VideoFrame, muted: boolean): void {
    const output = this.#video.get(id);
    if (output === undefined) return;
    output.muted = muted;
    output.write(frame);
  }

  requestKeyFrame(id: number): void {
    this.#video.get(id)?.requestKeyFrame();
  }

  audioStatistics(id: number): AudioOutputStatistics | undefined {
    return this.#audio.get(id)?.output.statistics();
  }

  videoStatistics(id: number): VideoOutputStatistics | undefined {
    return this.#video.get(id)?.statistics();
  }

  close(id: number): void {
    this.audioWritten(id);
    this.#audio.get(id)?.output.close();
    this.#video.get(id)?.close();
    this.#audio.delete(id);
    this.#video.delete(id);
  }
}
