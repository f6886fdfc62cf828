/** Streams of one node that have a state at a time. */
const MAX_STREAMS = 64;

/** What a node remembers of each stream; of more than 64 those that came first are forgotten. */
export class PerStream<State> {
  readonly #states = new Map<string, State>();
  readonly #forget: (state: State) => void;

  /** `forget` releases what a state holds. */
  constructor(forget: (state: State) => void = () => undefined) {
    this.#forget = forget;
  }

  get(streamId: string): State | undefined {
    return this.#states.get(streamId);
  }

  /** Remembers the state of a stream in place of any it had. */
  set(streamId: string, state: State): State {
    const former = this.#states.get(streamId);
    if (former !== undefined) this.#forget(former);
    else if (this.#states.size >= MAX_STREAMS) {
      const [[oldest, evicted] = []] = this.#states;
      if (oldest !== undefined && evicted !== undefined) {
        this.#states.delete(oldest);
        this.#forget(evicted);
      }
    }
    this.#states.set(streamId, state);
    return state;
  }

  clear(): void {
    for (const state of this.#states.values()) this.#forget(state);
    this.#states.clear();
  }
}
