import type { AudioFrame } from '@rm/codecs';

/** All peers, whoever they are at the time, or those named. `[]` is nobody. */
export type Recipients = 'all' | readonly string[];

/** Audio on its way to peers. */
export interface AudioOutlet {
  /** Sends a frame; its samples are the caller's again on return. */
  write(frame: AudioFrame): void;
  close(): void;
}

/** All that a pipeline knows of a mesh. */
export interface MeshPort {
  /**
   * Calls the listener at every tick of the media clock with one frame of each peer heard, all of the same
   * instant and length; samples are borrowed. Returns the function that ends it.
   */
  onTick(listener: (frames: ReadonlyMap<string, AudioFrame>) => void): () => void;
  /** Opens a way for audio to peers, also to those that join later when they are meant. */
  openAudio(to: Recipients): AudioOutlet;
  /** Sends something JSON can carry. */
  sendMessage(message: unknown, to: Recipients): void;
}
