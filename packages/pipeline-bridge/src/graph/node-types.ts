import { DuplicateNodeTypeError } from '../errors.js';
import type { NodeType } from './node.js';

/** The node types a manifest may name. */
export class NodeTypes {
  readonly #byName = new Map<string, NodeType>();

  constructor(types: Iterable<NodeType> = []) {
    for (const type of types) this.register(type);
  }

  /** Adds a type under its name and aliases. Throws DUPLICATE_NODE_TYPE, then nothing is added. */
  register(type: NodeType): this {
    const names = [type.name, ...type.aliases];
    for (const name of names) if (this.#byName.has(name)) throw new DuplicateNodeTypeError(name);
    for (const name of names) this.#byName.set(name, type);
    return this;
  }

  /** The type of that name or alias. */
  get(name: string): NodeType | undefined {
    return this.#byName.get(name);
  }

  /** Every type, in order of registration. */
  get all(): readonly NodeType[] {
    return [...new Set(this.#byName.values())];
  }

  /** Every name and alias, in order of registration. */
  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }
}
