/** An edge by node ids. */
export interface Connection {
  readonly from: string;
  readonly to: string;
}

/** Either the nodes so that every one stands behind its sources, or a cycle: `[a, b, a]`. */
export type Topology =
  | { readonly ok: true; readonly order: readonly string[] }
  | { readonly ok: false; readonly cycle: readonly string[] };

/** Sorts a graph whose connections name known nodes; among equals the given order stays. */
export function sortTopologically(
  nodeIds: readonly string[],
  connections: readonly Connection[],
): Topology {
  const waiting = new Map(nodeIds.map((id) => [id, 0]));
  const behind = new Map<string, string[]>(nodeIds.map((id) => [id, []]));
  for (const { from, to } of connections) {
    waiting.set(to, (waiting.get(to) ?? 0) + 1);
    behind.get(from)?.push(to);
  }
  const order = nodeIds.filter((id) => waiting.get(id) === 0);
  // `order` grows while it is read: it is its own work list.
  for (const id of order) {
    for (const next of behind.get(id) ?? []) {
      const left = (waiting.get(next) ?? 0) - 1;
      waiting.set(next, left);
      if (left === 0) order.push(next);
    }
  }
  if (order.length === nodeIds.length) return { ok: true, order };
  const sorted = new Set(order);
  const stuck = new Set(nodeIds.filter((id) => !sorted.has(id)));
  return { ok: false, cycle: findCycle(stuck, connections) };
}

/** Every stuck node has a stuck source, so walking against the arrows must come back to a seen one. */
function findCycle(stuck: ReadonlySet<string>, connections: readonly Connection[]): string[] {
  const source = new Map<string, string>();
  for (const { from, to } of connections) if (stuck.has(from)) source.set(to, from);
  const path: string[] = [];
  let id = [...stuck][0];
  while (id !== undefined && !path.includes(id)) {
    path.push(id);
    id = source.get(id);
  }
  if (id === undefined) return path;
  const cycle = [...path.slice(path.indexOf(id)), id];
  return cycle.reverse();
}
