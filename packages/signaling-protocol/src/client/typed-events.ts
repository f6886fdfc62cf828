/** Listeners by event name; one that throws does not keep the others from being called. */
export class TypedEvents<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  readonly #onError: (event: keyof Events, error: unknown) => void;

  /** `onError` is told what a listener threw. */
  constructor(onError: (event: keyof Events, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Adds a listener; returns what removes it. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    // Wrapped, so that one function added twice is two listeners, each with its own removal.
    const entry = (event: Events[Name]): void => listener(event);
    listeners.add(entry);
    this.#listeners.set(name, listeners);
    return () => void listeners.delete(entry);
  }

  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Calls every listener of `name` in the order they were added. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of Array.from(this.#listeners.get(name) ?? [])) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        this.#onError(name, error);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
