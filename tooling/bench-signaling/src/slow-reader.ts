import { candidateText } from './messages.js';
import { inTime, Peer } from './peer.js';
import type { Target } from './target.js';

/** Messages between two looks at the memory: 0.5 MB. */
const BATCH = 500;
const CANDIDATE_LENGTH = 1_000;

/** What a client that stopped reading cost. */
export interface SlowReader {
  /** The most bytes the target held for it. */
  readonly held: number;
  /** Whether it was cut off before `batches` were over. */
  readonly cutOff: boolean;
}

/** Sends half a megabyte at a time to a client that reads nothing, until it is cut off. */
export async function slowReader(target: Target, batches: number): Promise<SlowReader> {
  const room = 'slow-room';
  const writer = await Peer.join(target.url, room, 'writer');
  const reader = await Peer.join(target.url, room, 'reader');
  const slow = await Peer.join(target.url, room, 'slow', { resume: false });
  let cutOff = false;
  const gone = new Promise<void>((resolve) => {
    writer.onLeft = (id) => {
      if (id !== slow.id) return;
      cutOff = true;
      resolve();
    };
  });
  const write = async (to: Peer): Promise<number> => {
    const text = candidateText(writer.id, to.id, CANDIDATE_LENGTH);
    for (let n = 0; n < BATCH; n++) writer.send(text);
    await writer.flushed();
    return (await target.usage(true)).held;
  };
  // One who does read, to know what such a stream costs by itself.
  let usual = 0;
  for (let n = 0; n < 6; n++) usual = await write(reader);

  slow.pause();
  let most = usual;
  for (let n = 0; n < batches && !cutOff; n++) most = Math.max(most, await write(slow));
  await inTime(gone, 2_000);
  slow.terminate();
  writer.terminate();
  reader.terminate();
  return { held: most - usual, cutOff };
}
