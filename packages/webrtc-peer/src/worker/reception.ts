import type { EncodedPicture, PictureListener, TickListener } from '../mesh/mesh-options.js';
import { Backlog } from './backlog.js';
import type { CrossingPicture, ToWorker } from './protocol.js';
import { type TickNews, TickReader } from './tick-ring.js';

/** What a mesh in a worker receives, given to the listeners of the application's thread. */
export class Reception {
  readonly #post: (message: ToWorker) => void;
  readonly #listenerFailed: (error: unknown) => void;
  readonly #encoded = new Backlog();
  readonly #ticks = new TickReader();
  /** The picture of each stream whose memory the worker must leave alone. */
  readonly #shown = new Map<string, { readonly peerId: string; readonly id: number }>();
  readonly #tickListeners = new Set<TickListener>();
  readonly #pictureListeners = new Set<PictureListener>();
  readonly #encodedListeners = new Set<(picture: EncodedPicture) => void>();

  constructor(post: (message: ToWorker) => void, listenerFailed: (error: unknown) => void) {
    this.#post = post;
    this.#listenerFailed = listenerFailed;
  }

  /** Of the `Backlog` of encoded pictures. */
  get encoded(): SharedArrayBuffer {
    return this.#encoded.memory;
  }

  get ticksDropped(): number {
    return this.#ticks.dropped;
  }

  onTick(listener: TickListener): () => void {
    this.#tickListeners.add(listener);
    return () => void this.#tickListeners.delete(listener);
  }

  onPicture(listener: PictureListener): () => void {
    return this.#add(this.#pictureListeners, listener);
  }

  onEncodedPicture(listener: (picture: EncodedPicture) => void): () => void {
    return this.#add(this.#encodedListeners, listener);
  }

  /** Takes what there is to know of the ticks. */
  news(news: TickNews): void {
    this.#ticks.take(news);
  }

  /**
   * Gives the ticks that came before the worker had posted more than `handled` messages. Not those that come meanwhile:
   * listeners that take longer than a tick must leave time for everything else.
   */
  deliverTicks(handled: number): void {
    for (let waiting = this.#ticks.waiting; waiting > 0; waiting--) {
      const tick = this.#ticks.next(handled);
      if (tick === undefined) return;
      const { frames, instant } = tick;
      this.#call(this.#tickListeners, (listener) => listener(frames, instant));
    }
  }

  picture({ id, stream, instant, ...picture }: CrossingPicture): void {
    this.#call(this.#pictureListeners, (listener) => listener(picture, instant));
    const returned = this.#shown.get(stream)?.id;
    this.#shown.set(stream, { peerId: picture.peerId, id });
    this.#post({ kind: 'seen', stream, id, returned });
  }

  encodedPicture(picture: EncodedPicture): void {
    this.#encoded.arrived(picture.frame.data.length);
    this.#call(this.#encodedListeners, (listener) => listener(picture));
  }

  /** A peer is gone: its last pictures' memory is given back. */
  forget(peerId: string): void {
    for (const [stream, shown] of this.#shown) {
      if (shown.peerId !== peerId) continue;
      this.#shown.delete(stream);
      this.#post({ kind: 'seen', stream, id: shown.id, returned: shown.id });
    }
  }

  close(): void {
    this.#tickListeners.clear();
    this.#pictureListeners.clear();
    this.#encodedListeners.clear();
  }

  #add<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
    listeners.add(listener);
    this.#listening();
    return () => {
      listeners.delete(listener);
      this.#listening();
    };
  }

  /** Pictures cross only where somebody wants them. */
  #listening(): void {
    const pictures = this.#pictureListeners.size > 0;
    const encoded = this.#encodedListeners.size > 0;
    this.#post({ kind: 'listening', pictures, encoded });
  }

  #call<Listener>(listeners: Iterable<Listener>, call: (listener: Listener) => void): void {
    for (const listener of listeners) {
      try {
        call(listener);
      } catch (error) {
        this.#listenerFailed(error);
      }
    }
  }
}
