import { parseCandidate, type CheckableCandidate } from './candidate.js';
import type { TransportCounters } from './counters.js';

/** Most remote candidates that one transport checks; further ones are ignored. */
export const MAX_REMOTE_CANDIDATES = 64;

/** Username fragment of a description, undefined if it has none. */
const usernameFragment = (sdp: string): string | undefined => /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];

/**
 * Makes a remote description fit for werift:
 * - its candidates are parsed, and joined by `early` ones that were trickled before it;
 * - end-of-candidates goes, because werift gives up when it has no pair at that moment, while a peer behind
 *   an unusable candidate is still found by its own checks (RFC 8863 §4);
 * - RTCP feedback goes, so that the answer promises neither retransmission nor transport-cc for audio.
 */
export const prepareRemoteSdp = (
  sdp: string,
  early: readonly CheckableCandidate[],
  counters: TransportCounters,
): string => {
  const kept: string[] = [];
  const candidates = new Map<string, CheckableCandidate>();
  const ufrag = usernameFragment(sdp);
  const take = (candidate: CheckableCandidate): void => {
    const key = `${candidate.address} ${candidate.port}`;
    const stale = candidate.usernameFragment !== undefined && candidate.usernameFragment !== ufrag;
    if (stale) counters.candidatesIgnored.stale++;
    else if (candidates.has(key)) counters.candidatesIgnored.duplicate++;
    else if (candidates.size >= MAX_REMOTE_CANDIDATES) counters.candidatesIgnored['too-many']++;
    else candidates.set(key, candidate);
  };
  let mediaAt = -1;
  for (const line of sdp.split(/\r\n|\n/)) {
    if (line.startsWith('a=candidate:')) {
      const parsed = parseCandidate(line.slice('a=candidate:'.length));
      if (parsed.ok) take(parsed.value);
      else counters.candidatesIgnored[parsed.reason]++;
    } else if (line !== 'a=end-of-candidates' && !line.startsWith('a=rtcp-fb:')) {
      kept.push(line);
      if (mediaAt < 0 && line.startsWith('m=')) mediaAt = kept.length;
    }
  }
  for (const candidate of early) take(candidate);
  if (mediaAt >= 0) {
    const lines = [...candidates.values()].map(({ attribute }) => `a=candidate:${attribute}`);
    kept.splice(mediaAt, 0, ...lines);
  }
  return kept.join('\r\n');
};
