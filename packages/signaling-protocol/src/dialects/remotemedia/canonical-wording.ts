import { listedPeer, RUST } from './rust-wording.js';
import type { Wording } from './wording.js';

/** The protocol itself, for clients that speak it without offering its sub-protocol. */
export const CANONICAL: Wording = {
  ...RUST,
  announced: (result) => result,
  listed: (result) => result,
  info: (result) => result,
  passedOn: () => null,
  disconnected: () => null,
  notices: ({ method, params }) => [{ method, params }],
  offer: (params) => ({ method: 'peer.offer', params }),
  errorCode: (code) => code,
};

/**
 * Both at once, while the client has said nothing that tells which it speaks: results have the
 * fields of either, and what only one of them would understand is told twice.
 */
export const EITHER: Wording = {
  ...CANONICAL,
  announced: (result, self) => both(result, RUST.announced(result, self)),
  listed: (result, around) => ({
    ...result,
    // Without the asker, as the protocol has it: a client might call every peer of the list.
    peers: result.peers.map((peer) => both(peer, listedPeer(peer, around))),
    count: result.peers.length,
  }),
  info: (result, host) => both(result, RUST.info(result, host)),
  passedOn: RUST.passedOn,
  disconnected: RUST.disconnected,
  notices: (call, epochMs) => {
    const canonical = CANONICAL.notices(call, epochMs);
    const renamed = RUST.notices(call, epochMs).filter(({ method }) => method !== call.method);
    return [...canonical, ...renamed];
  },
};

const both = (one: unknown, other: unknown): object => ({
  ...(one as object),
  ...(other as object),
});
