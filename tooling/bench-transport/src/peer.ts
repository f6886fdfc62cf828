// A node that does what whoever started it asks: `peer ID`.
import { BenchNode } from './bench-node.js';
import type { PeerCommands } from './peer-commands.js';

interface Question {
  readonly id: number;
  readonly name: keyof PeerCommands;
  readonly given: readonly unknown[];
}

const [id = ''] = process.argv.slice(2);
const node: PeerCommands = new BenchNode(id);
process.on('message', ({ id, name, given }: Question) => {
  const ask = node[name].bind(node) as (...given: readonly unknown[]) => Promise<unknown>;
  ask(...given).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
