import type { Place } from './problem.js';

/** Finds the line and column of any place in a text, both from 1. */
export class LineIndex {
  readonly #length: number;
  readonly #starts: readonly number[];

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
    this.#length = text.length;
  }

  /** The place of a character, or of the text's end for whatever is behind it. */
  place(offset: number): Place {
    const at = Math.min(offset, this.#length);
    let line = 0;
    for (let above = this.#starts.length; above - line > 1;) {
      const middle = (line + above) >> 1;
      if (this.#starts[middle]! <= at) line = middle;
      else above = middle;
    }
    return { line: line + 1, column: at - this.#starts[line]! + 1 };
  }
}
