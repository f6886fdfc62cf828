import fc from 'fast-check';
import { MediaSession } from '../../src/session/media-session.js';
import { parseSdp } from '../../src/session/parse-sdp.js';
import { writeSdp } from '../../src/session/write-sdp.js';
import { chrome, firefox, library, strange } from '../support/descriptions.js';
import { codecs, parsed, transceiver } from './sides.js';

const REAL = [chrome(), chrome(true), firefox, library, strange];

const PIECES = [
  '',
  '0',
  '-1',
  '4294967296',
  '99999999999999999999',
  '\r\nm=',
  '\r\na=mid:0',
  '\u2028',
  ' ',
  ':',
];

/** A description in which some pieces are cut out or overwritten. */
const hostile = fc
  .tuple(
    fc.constantFrom(...REAL),
    fc.array(
      fc.record({
        at: fc.noBias(fc.nat(9999)),
        length: fc.nat(60),
        by: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8 })),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([text, changes]) => {
    let changed = text;
    for (const { at, length, by } of changes) {
      const i = Math.floor((at / 10_000) * changed.length);
      changed = changed.slice(0, i) + by + changed.slice(i + length);
    }
    return changed;
  });

/** Whether a description can be used, and whether what comes of it holds together. */
function take(sdp: string): boolean {
  const result = parseSdp(sdp);
  if (!result.ok) return false;
  const session = new MediaSession({ codecs, accept: transceiver });
  session.takeOffer(result.value);
  const { media, bundle } = session.createAnswer();
  if (media.length !== result.value.media.length) throw new Error('another number of sections');
  for (const { negotiated } of session.transceivers)
    if (negotiated && negotiated.mid.length > 32) throw new Error(`a MID of ${negotiated.mid}`);
  if (bundle.length > 0) parsed(writeSdp({ ...result.value, media, bundle }));
  return true;
}

/**
 * Gives damaged descriptions to a session as offers: they are refused, or answered by what can be read. Returns how
 * many were taken.
 */
export function fuzzDescriptions(numRuns: number): number {
  let taken = 0;
  fc.assert(
    fc.property(hostile, (sdp) => {
      if (take(sdp)) taken++;
    }),
    { numRuns, endOnFailure: true },
  );
  return taken;
}
