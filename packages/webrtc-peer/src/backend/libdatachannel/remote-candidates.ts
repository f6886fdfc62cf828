import type { TransportCandidate } from '../transport.js';
import { parseCandidate } from '../candidate.js';
import type { TransportCounters } from './counters.js';

/** Most remote candidates of a transport. */
const MAX_CANDIDATES = 64;

/**
 * The other side's candidates: those that come before its parameters are kept, and of all only those are used that
 * are no harm to anyone.
 */
export class RemoteCandidates {
  readonly #ignored: TransportCounters['candidatesIgnored'];
  readonly #use: (candidate: string) => void;
  readonly #used = new Set<string>();
  #early: { attribute: string; usernameFragment: string | undefined }[] = [];
  #usernameFragment: string | undefined;

  constructor(counters: TransportCounters, use: (candidate: string) => void) {
    this.#ignored = counters.candidatesIgnored;
    this.#use = use;
  }

  /** Uses what has come for this session, and what will. */
  begin(usernameFragment: string): void {
    this.#usernameFragment = usernameFragment;
    const early = this.#early;
    this.#early = [];
    for (const candidate of early) this.#take(candidate.attribute, candidate.usernameFragment);
  }

  add({ candidate, usernameFragment }: TransportCandidate): void {
    // That there are no more changes nothing: peer-reflexive ones may still come (RFC 8863 §4).
    if (candidate === '') return;
    const parsed = parseCandidate(candidate);
    if (!parsed.ok) {
      this.#ignored[parsed.reason]++;
      return;
    }
    const { attribute } = parsed.value;
    const ufrag = usernameFragment ?? parsed.value.usernameFragment;
    if (this.#usernameFragment !== undefined) this.#take(attribute, ufrag);
    else if (this.#early.length >= MAX_CANDIDATES) this.#ignored['too-many']++;
    else this.#early.push({ attribute, usernameFragment: ufrag });
  }

  #take(attribute: string, usernameFragment: string | undefined): void {
    if (usernameFragment !== undefined && usernameFragment !== this.#usernameFragment)
      this.#ignored.stale++;
    else if (this.#used.has(attribute)) this.#ignored.duplicate++;
    else if (this.#used.size >= MAX_CANDIDATES) this.#ignored['too-many']++;
    else {
      this.#used.add(attribute);
      this.#use(`candidate:${attribute}`);
    }
  }
}
