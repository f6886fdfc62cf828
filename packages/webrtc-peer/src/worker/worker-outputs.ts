import type { Recipients } from '../mesh/audio-output.js';
import type { NodeAudioOutput, NodeVideoOutput } from '../mesh/handles.js';
import type { OpenVideoOptions } from '../mesh/video-outputs.js';
import type { MeshThread } from './mesh-thread.js';
import { WorkerAudioOutput } from './worker-audio-output.js';
import { WorkerVideoOutput } from './worker-video-output.js';

/** The streams that the application writes and a mesh in a worker encodes. */
export class WorkerOutputs {
  readonly #thread: MeshThread;
  readonly #audio = new Set<WorkerAudioOutput>();
  readonly #video = new Map<number, WorkerVideoOutput>();
  #piecesBefore = 0;
  #picturesBefore = 0;

  constructor(thread: MeshThread) {
    this.#thread = thread;
  }

  /** What was written and did not cross, of open streams and those that were closed. */
  get dropped(): { readonly writtenPieces: number; readonly writtenPictures: number } {
    let [writtenPieces, writtenPictures] = [this.#piecesBefore, this.#picturesBefore];
    for (const output of this.#audio) writtenPieces += output.dropped;
    for (const output of this.#video.values()) writtenPictures += output.dropped;
    return { writtenPieces, writtenPictures };
  }

  async openAudio(to: Recipients): Promise<NodeAudioOutput> {
    const opened = await this.#thread.request('openAudio', [to]);
    const output = new WorkerAudioOutput(this.#thread, opened, () => {
      this.#audio.delete(output);
      this.#piecesBefore += output.dropped;
    });
    this.#audio.add(output);
    return output;
  }

  openVideo(to: Recipients, options: OpenVideoOptions): NodeVideoOutput {
    const opened = this.#thread.call('openVideo', to, options);
    const output = new WorkerVideoOutput(this.#thread, opened, () => {
      this.#video.delete(opened.output);
      this.#picturesBefore += output.dropped;
    });
    this.#video.set(opened.output, output);
    return output;
  }

  /** The worker is done with a picture of an output. */
  pictureTaken(output: number, id: number): void {
    this.#video.get(output)?.taken(id);
  }

  close(): void {
    for (const output of this.#audio) output.close();
    for (const output of this.#video.values()) output.close();
  }
}
