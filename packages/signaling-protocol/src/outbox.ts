import { TextRing } from './text-ring.js';
import type { TextRingLimits } from './text-ring.js';

/**
 * Numbers the messages to the other end from 1 and keeps the latest, so that what it missed when
 * the connection was lost can be sent again. Beyond its limits the oldest go.
 */
export class Outbox {
  /** A message that is not sent again is an empty text. */
  readonly #kept: TextRing;
  #oldest: number;

  /** Empty; or as another one was, of which `kept` and `oldest` are known. */
  constructor(limits: TextRingLimits, kept: readonly string[] = [], oldest = 1) {
    this.#kept = new TextRing(limits);
    this.#oldest = oldest;
    for (const text of kept) this.#oldest += this.#kept.push(text);
  }

  /** The messages still kept, from number {@link oldest} on. */
  get kept(): readonly string[] {
    return this.#kept.texts();
  }

  /** Number of the oldest message still kept; one more than {@link newest} if there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Number of the last message; 0 if there was none. */
  get newest(): number {
    return this.#oldest + this.#kept.size - 1;
  }

  /** Keeps `text` and returns it with its number as the member `seq` of its envelope. */
  keep(text: string): string {
    return text.endsWith(']')
      ? this.#keep(text.slice(0, -2), '}]')
      : this.keepOpen(text.slice(0, -1));
  }

  /** As {@link keep}, of a message that lacks the brace at its end. */
  keepOpen(text: string): string {
    return this.#keep(text, '}');
  }

  #keep(text: string, end: string): string {
    const numbered = `${text},"seq":${this.newest + 1}${end}`;
    this.#oldest += this.#kept.push(numbered);
    return numbered;
  }

  /**
   * All that was sent after number `seq`, in order, and forgets what came before; `undefined` if
   * some of it is gone, or `seq` was never sent.
   */
  after(seq: number): readonly string[] | undefined {
    if (seq > this.newest || seq < this.#oldest - 1) return undefined;
    for (; this.#oldest <= seq; this.#oldest++) this.#kept.shift();
    return this.#kept.texts().filter((text) => text !== '');
  }

  /** Makes message `seq`, if it is still kept, one that is not sent again; its number stays taken. */
  withdraw(seq: number): void {
    if (seq >= this.#oldest) this.#kept.erase(seq - this.#oldest);
  }
}
