import type { VideoDecoder, VideoFrame, VideoProvider } from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import type { ReceivedPicture } from '../media/peer-media.js';
import { NewestWins } from './newest-wins.js';
import { type CrossingPicture, MAX_PICTURES } from './protocol.js';

interface Loan {
  readonly memory: ArrayBufferLike;
  /** Gives the memory to its decoder, once that was asked for. */
  recycle: (() => void) | undefined;
}

/**
 * Received pictures that another thread reads where the decoder has put them. The decoder gets the memory back when both
 * threads are done with it.
 */
export class LentPictures {
  readonly #post: (picture: CrossingPicture) => void;
  readonly #streams = new Map<string, NewestWins<CrossingPicture>>();
  readonly #loans = new Map<number, Loan>();
  readonly #byMemory = new Map<ArrayBufferLike, Loan>();
  #next = 0;
  #droppedBefore = 0;

  constructor(post: (picture: CrossingPicture) => void) {
    this.#post = post;
  }

  /** Pictures that were replaced by newer ones before they could cross. */
  get dropped(): number {
    let dropped = this.#droppedBefore;
    for (const stream of this.#streams.values()) dropped += stream.dropped;
    return dropped;
  }

  /** `provider`, whose decoders wait for pictures that are lent. */
  lending(provider: VideoProvider): VideoProvider {
    return {
      name: provider.name,
      capabilities: provider.capabilities,
      createEncoder: (options) => provider.createEncoder(options),
      createDecoder: async (options) => this.#lending(await provider.createDecoder(options)),
    };
  }

  /** Lends a picture that is due. */
  lend({ peerId, streamId, frame }: ReceivedPicture & { peerId: string }, instant: Micros): void {
    const id = this.#next++;
    const memory = frame.y.data.buffer;
    const loan: Loan = { memory, recycle: undefined };
    this.#loans.set(id, loan);
    this.#byMemory.set(memory, loan);
    const stream = JSON.stringify([peerId, streamId]);
    this.#streamOf(stream).offer({ id, stream, peerId, streamId, frame, instant });
  }

  /** A picture was seen by the other thread, which has done with the one that it returns. */
  seen(stream: string, id: number, returned: number | undefined): void {
    if (returned !== undefined) this.#returned(returned);
    this.#streams.get(stream)?.arrived(id);
  }

  /** A peer is gone. */
  forget(peerId: string): void {
    for (const [key, stream] of this.#streams) {
      if ((JSON.parse(key) as [string])[0] !== peerId) continue;
      stream.close();
      this.#droppedBefore += stream.dropped;
      this.#streams.delete(key);
    }
  }

  #streamOf(key: string): NewestWins<CrossingPicture> {
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = new NewestWins(MAX_PICTURES, this.#post, ({ id }) => this.#returned(id));
      this.#streams.set(key, stream);
    }
    return stream;
  }

  #returned(id: number): void {
    const loan = this.#loans.get(id);
    if (loan === undefined) return;
    this.#loans.delete(id);
    this.#byMemory.delete(loan.memory);
    loan.recycle?.();
  }

  #lending(decoder: VideoDecoder): VideoDecoder {
    const recycle = (frame: VideoFrame): void => {
      const loan = this.#byMemory.get(frame.y.data.buffer);
      if (loan === undefined) decoder.recycle(frame);
      else loan.recycle = () => decoder.recycle(frame);
    };
    return {
      codec: decoder.codec,
      get statistics() {
        return decoder.statistics;
      },
      decode: (frame) => decoder.decode(frame),
      recycle,
      close: () => decoder.close(),
    };
  }
}
