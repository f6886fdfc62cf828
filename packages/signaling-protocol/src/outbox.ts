/** How much of what was sent is kept to be sent again. */
export interface OutboxLimits {
  readonly messages: number;
  /** UTF-16 code units of all of them together. */
  readonly characters: number;
}

/** Takes the place of a message that is not sent again. */
const WITHDRAWN = '';

/**
 * Numbers the messages to the other end from 1 and keeps the latest, so that what it missed when
 * the connection was lost can be sent again. Beyond its limits the oldest go.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  #kept: string[] = [];
  /** Index of the oldest message still kept; those before it are cleared away now and then. */
  #head = 0;
  #oldestSeq = 1;
  #characters = 0;

  /** Empty; or as another one was, of which `kept` and `oldest` are known. */
  constructor(limits: OutboxLimits, kept: readonly string[] = [], oldest = 1) {
    this.#limits = limits;
    this.#kept = [...kept];
    this.#oldestSeq = oldest;
    for (const text of kept) this.#characters += text.length;
  }

  /** The messages still kept, from number {@link oldest} on. */
  get kept(): readonly string[] {
    return this.#kept.slice(this.#head);
  }

  /** Number of the oldest message still kept; one more than {@link newest} if there is none. */
  get oldest(): number {
    return this.#oldestSeq;
  }

  /** Number of the last message; 0 if there was none. */
  get newest(): number {
    return this.#oldestSeq + this.#kept.length - this.#head - 1;
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
    this.#kept.push(numbered);
    this.#characters += numbered.length;
    while (this.#isOverfull()) this.#dropOldest();
    return numbered;
  }

  /**
   * All that was sent after number `seq`, in order, and forgets what came before; `undefined` if
   * some of it is gone, or `seq` was never sent.
   */
  after(seq: number): readonly string[] | undefined {
    if (seq > this.newest || seq < this.#oldestSeq - 1) return undefined;
    while (this.#oldestSeq <= seq) this.#dropOldest();
    return this.#kept.slice(this.#head).filter((text) => text !== WITHDRAWN);
  }

  /** Makes message `seq`, if it is still kept, one that is not sent again; its number stays taken. */
  withdraw(seq: number): void {
    const index = seq - this.#oldestSeq + this.#head;
    if (index < this.#head || index >= this.#kept.length) return;
    this.#characters -= this.#kept[index]?.length ?? 0;
    this.#kept[index] = WITHDRAWN;
  }

  #isOverfull(): boolean {
    const { messages, characters } = this.#limits;
    return this.#kept.length - this.#head > messages || this.#characters > characters;
  }

  #dropOldest(): void {
    this.#characters -= this.#kept[this.#head]?.length ?? 0;
    this.#kept[this.#head++] = WITHDRAWN;
    this.#oldestSeq++;
    if (this.#head * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#head);
    this.#head = 0;
  }
}
