import { OPUS_CLOCK_RATE, parseToc } from '@rm/codecs';
import { type Pair, pairs } from './steps.js';
import type { StreamPacket } from './stream.js';

/** What the payloads of a stream are, as far as the receiver's decoder is concerned. */
export type PayloadKind = 'opus' | 'not Opus' | 'encrypted' | 'not captured';

/** Payload types that RFC 3551 assigns for good, none of them to Opus. */
const FIRST_DYNAMIC = 35;
/** Of the payloads so many must read as Opus; of random bytes half do. */
const ENOUGH = 0.9;

/**
 * Tells what the payloads are. Opus is known by its packets' saying themselves how long they play, which agrees with
 * the timestamps.
 * @param encrypted - Whether keys were agreed on where the stream went.
 */
export function payloadKind(
  packets: readonly StreamPacket[],
  payloadType: number | undefined,
  encrypted: boolean,
): PayloadKind {
  const captured = packets.filter(({ payload }) => payload !== undefined && payload.length > 0);
  if (captured.length === 0) return 'not captured';
  if (encrypted) return 'encrypted';
  if (payloadType !== undefined && payloadType < FIRST_DYNAMIC) return 'not Opus';
  const found = pairs(captured);
  const agreeing = found.filter(agrees).length;
  if (found.length === 0)
    return captured.every(({ payload }) => reads(payload!)) ? 'opus' : 'not Opus';
  return agreeing >= ENOUGH * found.length ? 'opus' : 'not Opus';
}

const reads = (payload: Uint8Array): boolean => parseToc(payload).ok;

/** Whether the next packet comes when the first is over, or whole packets later (DTX). */
function agrees({ first, step }: Pair): boolean {
  const toc = parseToc(first.payload!);
  return toc.ok && step % toc.value.samples === 0;
}

/** Clock rates that RFC 3551 assigns with payload types. */
const ASSIGNED: ReadonlyMap<number, number> = new Map([
  ...[0, 3, 4, 5, 7, 8, 9, 12, 13, 15, 18].map((type): [number, number] => [type, 8000]),
  [6, 16_000],
  [10, 44_100],
  [11, 44_100],
  [16, 11_025],
  [17, 22_050],
  [14, 90_000],
]);

/** Clock rates of speech and music codecs. */
const USUAL = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const TOLERANCE = 0.1;
/** What a capture this short tells of the clock is chance. */
const SHORTEST = 500_000;

/** The RTP clock rate in Hz: that of the payload, or the usual one by which timestamps advance; undefined where none does. */
export function clockRateOf(
  packets: readonly StreamPacket[],
  payloadType: number | undefined,
  kind: PayloadKind,
): number | undefined {
  if (kind === 'opus') return OPUS_CLOCK_RATE;
  const assigned = payloadType === undefined ? undefined : ASSIGNED.get(payloadType);
  if (assigned !== undefined) return assigned;
  const first = packets[0]!;
  const last = packets.at(-1)!;
  const elapsed = last.arrival - first.arrival;
  if (elapsed < SHORTEST) return undefined;
  const measured = ((last.media - first.media) * 1e6) / elapsed;
  const nearest = USUAL.reduce((best, rate) =>
    Math.abs(rate - measured) < Math.abs(best - measured) ? rate : best,
  );
  return Math.abs(nearest - measured) <= TOLERANCE * nearest ? nearest : undefined;
}
