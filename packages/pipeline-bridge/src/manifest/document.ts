import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node } from 'yaml';
import { LineIndex } from './line-index.js';
import type { Finding, ManifestPath, Place } from './problem.js';

/** A parsed text: its value, and where every part of it stands. */
export interface SourceDocument {
  readonly value: unknown;
  locate(finding: Finding): Place;
}

/** What keeps a text from being read, and where. */
export interface SyntaxProblem extends Place {
  readonly text: string;
}

/** Longest manifest text read, in UTF-16 units. */
const maxTextLength = 262_144;
/** Deepest nesting of maps and lists. */
const maxDepth = 32;
/** Most values in a manifest, each use of an alias counting all that it stands for. */
const maxValues = 20_000;

/** Reads YAML, of which JSON is a part, within the limits above. */
export function readDocument(
  text: string,
): { ok: true; document: SourceDocument } | { ok: false; problems: readonly SyntaxProblem[] } {
  if (text.length > maxTextLength) {
    const problem = `the manifest is ${text.length} characters long; at most ${maxTextLength} are read`;
    return { ok: false, problems: [{ line: 1, column: 1, text: problem }] };
  }
  const parsed = parseDocument(text, {
    prettyErrors: false,
    // Duplicate keys are found while reading: the library's own check is quadratic.
    uniqueKeys: false,
    logLevel: 'error',
  });
  // The library's own counter misses lines in some broken texts.
  const lines = new LineIndex(text);
  const place = (offset: number): Place => lines.place(offset);
  // Unknown tags are only warnings to the library, but the value they ask for is not the one it gives.
  const rejected = [...parsed.errors, ...parsed.warnings];
  if (rejected.length > 0) {
    return {
      ok: false,
      problems: rejected
        .slice(0, 5)
        .map((error) => ({ ...place(error.pos[0]), text: `not YAML or JSON: ${error.message}` })),
    };
  }
  const reader = new Reader();
  const value = reader.read(parsed.contents as Node | null, [], 0);
  if (reader.problems.length > 0) {
    return {
      ok: false,
      problems: reader.problems.map(({ offset, text: what }) => ({ ...place(offset), text: what })),
    };
  }
  return {
    ok: true,
    document: { value, locate: (finding) => place(reader.offsetOf(finding)) },
  };
}

/** Turns YAML nodes into plain values and remembers where they stood. */
class Reader {
  readonly problems: { offset: number; text: string }[] = [];
  readonly #anchors = new Map<string, Node>();
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();
  #count = 0;

  /** The offset of the finding's key or value, or else of the nearest thing around it. */
  offsetOf(finding: Finding): number {
    if (finding.atKey === true) {
      const key = this.#keys.get(JSON.stringify(finding.path));
      if (key !== undefined) return key;
    }
    for (let path = finding.path; ; path = path.slice(0, -1)) {
      const offset = this.#values.get(JSON.stringify(path));
      if (offset !== undefined) return offset;
      if (path.length === 0) return 0;
    }
  }

  read(node: Node | null | undefined, path: ManifestPath, depth: number): unknown {
    const offset = node?.range?.[0] ?? 0;
    this.#count += 1;
    if (this.#count > maxValues) {
      if (this.#count === maxValues + 1) this.#reject(offset, `more than ${maxValues} values`);
      return undefined;
    }
    // An alias to something around itself ends here too.
    if (depth > maxDepth) {
      this.#reject(offset, `nested more than ${maxDepth} deep; flatten it`);
      return undefined;
    }
    const key = JSON.stringify(path);
    if (!this.#values.has(key)) this.#values.set(key, offset);
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target !== undefined) return this.read(target, path, depth + 1);
      this.#reject(
        offset,
        `*${node.source} stands for nothing; put &${node.source} at a value above`,
      );
      return undefined;
    }
    if (node?.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap<Node, Node | null>(node)) {
      const object: Record<string, unknown> = {};
      for (const pair of node.items) this.#readPair(object, pair, path, depth);
      return object;
    }
    if (isSeq<Node>(node)) {
      return node.items.map((item, index) => this.read(item, [...path, index], depth + 1));
    }
    return isScalar(node) ? node.value : null;
  }

  #readPair(
    object: Record<string, unknown>,
    pair: { key: Node; value: Node | null },
    path: ManifestPath,
    depth: number,
  ): void {
    const offset = pair.key.range?.[0] ?? 0;
    const name = isScalar(pair.key) ? pair.key.value : undefined;
    if (typeof name !== 'string') {
      this.#reject(offset, 'keys must be strings; put this one in quotes');
      return;
    }
    if (name === '__proto__') {
      this.#reject(offset, 'the key "__proto__" is not allowed; choose another name');
      return;
    }
    if (Object.hasOwn(object, name)) {
      this.#reject(offset, `the key "${name}" is given twice; keep one of them`);
      return;
    }
    const inner = [...path, name];
    this.#keys.set(JSON.stringify(inner), offset);
    object[name] = this.read(pair.value, inner, depth + 1);
  }

  #reject(offset: number, text: string): void {
    if (this.problems.length < 50) this.problems.push({ offset, text });
  }
}
