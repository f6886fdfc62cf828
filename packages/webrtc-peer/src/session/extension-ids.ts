import { HEADER_EXTENSIONS } from '../rtp/header-extensions.js';

/** Ids that both forms of RFC 8285 can carry. */
const LAST_ONE_BYTE_ID = 14;

/**
 * The ids of header extensions in one session, in which an id stands for one of them only, whichever section it is
 * used in (RFC 8843 §10.1.2). Ids that the other side has given are kept in the offers of this side.
 */
export class ExtensionIds {
  readonly #ids = new Map<string, number>();
  readonly #taken = new Set<number>();

  /** What is offered in every section. */
  offer(): ReadonlyMap<string, number> {
    for (const uri of HEADER_EXTENSIONS)
      if (!this.#ids.has(uri)) {
        const id = this.#free();
        if (id !== undefined) this.#take(uri, id);
      }
    return new Map(this.#ids);
  }

  /** What of an offer is taken. */
  answer(offered: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const common = new Map<string, number>();
    for (const [uri, id] of offered) {
      this.#taken.add(id);
      // An id that this side gave, and the other never agreed on, stands for something else now.
      for (const [known, itsId] of this.#ids)
        if (itsId === id && known !== uri) this.#ids.delete(known);
      if (!HEADER_EXTENSIONS.includes(uri)) continue;
      common.set(uri, id);
      this.#take(uri, id);
    }
    return common;
  }

  /** What was agreed on by an answer. */
  accept(answered: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    return new Map([...answered].filter(([uri, id]) => this.#ids.get(uri) === id));
  }

  #take(uri: string, id: number): void {
    this.#ids.set(uri, id);
    this.#taken.add(id);
  }

  #free(): number | undefined {
    for (let id = 1; id <= LAST_ONE_BYTE_ID; id++) if (!this.#taken.has(id)) return id;
    return undefined;
  }
}
