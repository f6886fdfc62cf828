import type { Page } from 'playwright-core';
import type { Sighting } from '../../src/page/eye.js';
import type { Tint } from '../../src/page/stamp.js';
import { DEADLINE_MS } from './node.js';

/** Codecs and conversions of colour move it a little. */
const TINT_TOLERANCE = 12;

/** The next `count` pictures that the page shows of a peer's stream; rejects after {@link DEADLINE_MS}. */
export async function watchAtPage(
  page: Page,
  peerId: string,
  count: number,
  streamId: string,
): Promise<Sighting[]> {
  const seen = ([peer, stream, from, more]: readonly [string, string, number, number]):
    | Sighting[]
    | null => {
    const fresh = window.mesh.seen(peer, stream).filter(({ at }) => at > from);
    return fresh.length >= more ? fresh : null;
  };
  const now = await page.evaluate(() => performance.timeOrigin + performance.now());
  const handle = await page.waitForFunction(seen, [peerId, streamId, now, count] as const, {
    timeout: DEADLINE_MS,
    polling: 100,
  });
  return (await handle.jsonValue())!;
}

/** What somebody saw of a film. */
export interface Seen {
  /** Pictures that are not what the sender drew, or not of this film. */
  readonly wrong: readonly Sighting[];
  readonly inOrder: boolean;
}

/** Judges pictures of a film of that tint and size. */
export function judge(
  sightings: readonly Sighting[],
  tint: Tint,
  size: { readonly width: number; readonly height: number },
): Seen {
  const isOf = (seen: Tint): boolean =>
    Math.abs(seen.u - tint.u) < TINT_TOLERANCE && Math.abs(seen.v - tint.v) < TINT_TOLERANCE;
  const isRight = (each: Sighting): boolean =>
    each.damage === 0 &&
    isOf(each.tint) &&
    each.width === size.width &&
    each.height === size.height;
  const numbers = sightings.map(({ number }) => number);
  return {
    wrong: sightings.filter((each) => !isRight(each)),
    inOrder: numbers.every((number, i) => i === 0 || number > numbers[i - 1]!),
  };
}
