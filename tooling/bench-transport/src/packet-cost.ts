import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Figure, figure, median } from '@rm/benchmark';

const SIZES = [1200, 100];
const RUNS = 3;

/** What packets cost, there and back to the application. */
export interface PacketCost {
  /** User and system time per packet, sending and receiving together, in µs. */
  readonly cpu: number;
  /** Bytes that arrived, in MB/s. */
  readonly rate: number;
}

/** What an RTP packet costs in a process of its own, beside the same bytes by node:dgram alone. */
export async function packetCostFigures(backend: string): Promise<Figure[]> {
  const runs: { readonly raw: PacketCost[]; readonly own: PacketCost[] }[] = [];
  for (let run = 0; run < RUNS; run++)
    runs.push({
      raw: await measurePackets('dgram', SIZES),
      own: await measurePackets(backend, SIZES),
    });
  return SIZES.flatMap((bytes, i) => [
    figure(
      `CPU per RTP packet of ${bytes} B, send + receive`,
      median(runs.map(({ own }) => own[i]!.cpu)),
      'µs',
    ),
    figure(
      `CPU per RTP packet of ${bytes} B, to raw dgram`,
      median(runs.map(({ raw, own }) => own[i]!.cpu / raw[i]!.cpu)),
      'x',
    ),
  ]);
}

/** Measures packets of each of `sizes`, through a backend or with `dgram` without one. */
export async function measurePackets(
  through: string,
  sizes: readonly number[],
): Promise<PacketCost[]> {
  const main = fileURLToPath(new URL('../dist/packet-node.js', import.meta.url));
  const child = fork(main, [through, ...sizes.map(String)]);
  const exited = once(child, 'exit').then(() => undefined);
  const told = await Promise.race([once(child, 'message') as Promise<[PacketCost[]]>, exited]);
  if (told === undefined) throw new Error(`packets by ${through}: nothing was measured`);
  await exited;
  return told[0];
}
