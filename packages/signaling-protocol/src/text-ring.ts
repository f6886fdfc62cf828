/** What a {@link TextRing} holds at most. */
export interface TextRingLimits {
  readonly messages: number;
  /** Bytes of UTF-8 of all of them together. */
  readonly bytes: number;
}

// Browsers and Node both have them; no library of types that both use says so.
declare const TextEncoder: new () => {
  encodeInto(text: string, into: Uint8Array): { readonly written: number };
};
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** UTF-8 takes at most so many bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;
/** In front of every text are as many bytes that say how long it is, the lowest first. */
const HEADER = 4;
const FIRST_CAPACITY = 512;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * The latest of many texts, the oldest first. They are UTF-8 in one buffer rather than strings,
 * each of which the garbage collector would have to carry along until it goes.
 */
export class TextRing {
  readonly #limits: TextRingLimits;
  /** Its length is a power of two, so that a mask finds the place of an offset. */
  #buffer = NOTHING;
  /** Where the oldest text begins. */
  #start = 0;
  #size = 0;
  /** Bytes of all texts without their headers. */
  #bytes = 0;

  constructor(limits: TextRingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a well-formed `text`; returns how many went to make room, it itself if it is too long. */
  push(text: string): number {
    const { messages, bytes } = this.#limits;
    const entry = text.length > bytes ? undefined : entryOf(text);
    const length = entry === undefined ? Number.POSITIVE_INFINITY : entry.length - HEADER;
    let gone = 0;
    for (; this.#size > 0 && (this.#size >= messages || this.#bytes + length > bytes); gone++) {
      this.shift();
    }
    if (entry === undefined || length > bytes) return gone + 1;
    this.#append(entry);
    this.#size++;
    this.#bytes += length;
    return gone;
  }

  /** Removes the oldest text, which there is. */
  shift(): void {
    const length = this.#lengthAt(0);
    this.#start = (this.#start + HEADER + length) & (this.#buffer.length - 1);
    this.#size--;
    this.#bytes -= length;
  }

  /** Makes the text at `index`, counted from the oldest, an empty one; without effect past the end. */
  erase(index: number): void {
    if (index >= this.#size) return;
    let at = 0;
    for (let i = 0; i < index; i++) at += HEADER + this.#lengthAt(at);
    const length = this.#lengthAt(at);
    const later = at + HEADER + length;
    const rest = this.#read(later, this.#used - later);
    this.#write(at, entryOf(''));
    this.#write(at + HEADER, rest);
    this.#bytes -= length;
  }

  /** All texts, the oldest first. */
  texts(): string[] {
    const texts: string[] = [];
    for (let i = 0, at = 0; i < this.#size; i++) {
      const length = this.#lengthAt(at);
      texts.push(DECODER.decode(this.#read(at + HEADER, length)));
      at += HEADER + length;
    }
    return texts;
  }

  /** Bytes of all texts and their headers. */
  get #used(): number {
    return this.#bytes + HEADER * this.#size;
  }

  /** Length of the text whose header is `at` bytes after the start of the oldest. */
  #lengthAt(at: number): number {
    const buffer = this.#buffer;
    let length = 0;
    for (let i = HEADER - 1; i >= 0; i--) {
      length = length * 256 + (buffer[(this.#start + at + i) & (buffer.length - 1)] ?? 0);
    }
    return length;
  }

  #append(entry: Uint8Array): void {
    const used = this.#used;
    let capacity = Math.max(this.#buffer.length, FIRST_CAPACITY);
    while (capacity < used + entry.length) capacity *= 2;
    if (capacity > this.#buffer.length) {
      const buffer = new Uint8Array(capacity);
      buffer.set(this.#read(0, used));
      this.#buffer = buffer;
      this.#start = 0;
    }
    this.#write(used, entry);
  }

  #write(at: number, bytes: Uint8Array): void {
    const from = (this.#start + at) & (this.#buffer.length - 1);
    const room = this.#buffer.length - from;
    if (bytes.length <= room) this.#buffer.set(bytes, from);
    else {
      this.#buffer.set(bytes.subarray(0, room), from);
      this.#buffer.set(bytes.subarray(room), 0);
    }
  }

  /** A copy of `length` bytes. */
  #read(at: number, length: number): Uint8Array {
    const from = (this.#start + at) & (this.#buffer.length - 1);
    const first = this.#buffer.subarray(from, from + length);
    const bytes = new Uint8Array(length);
    bytes.set(first);
    bytes.set(this.#buffer.subarray(0, length - first.length), first.length);
    return bytes;
  }
}

/** Where a text is encoded before it finds its place. */
let scratch: Uint8Array = new Uint8Array(4_096);
let scratchText: Uint8Array = scratch.subarray(HEADER);

/** `text` as UTF-8 with its header; good until the next one is encoded. */
function entryOf(text: string): Uint8Array {
  const most = text.length * MAX_BYTES_PER_UNIT;
  if (most > scratchText.length) {
    scratch = new Uint8Array(HEADER + most);
    scratchText = scratch.subarray(HEADER);
  }
  const { written } = ENCODER.encodeInto(text, scratchText);
  for (let i = 0; i < HEADER; i++) scratch[i] = written >>> (8 * i);
  return scratch.subarray(0, HEADER + written);
}
