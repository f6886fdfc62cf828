import { ArgumentError } from '@rm/codecs';
import type { Direction } from '../session/description.js';

/** Which way media goes between this node and one peer, as this node sees it. */
export interface PeerDirections {
  readonly audio: Direction;
  /** Of all pictures. */
  readonly video: Direction;
}

const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** Both ways, unless something else is asked for. */
export const BOTH_WAYS: PeerDirections = { audio: 'sendrecv', video: 'sendrecv' };

/**
 * What is wanted of a peer from now on; what is not said stays as it was.
 * @throws ArgumentError (`BAD_ARGUMENT`) for what is no direction.
 */
export function changedDirections(
  before: PeerDirections,
  { audio = before.audio, video = before.video }: Partial<PeerDirections>,
): PeerDirections {
  for (const direction of [audio, video])
    if (!DIRECTIONS.includes(direction))
      throw new ArgumentError(`'${direction}' is no direction: give ${DIRECTIONS.join(', ')}`);
  return { audio, video };
}
