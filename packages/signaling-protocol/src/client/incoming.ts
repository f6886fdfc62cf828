import type { JsonRpcParams, RpcCall, RpcOutcome } from '../json-rpc/index.js';
import { decodeForClient } from '../messages/index.js';
import type { ClientCall, WirePeerInfo } from '../messages/index.js';
import { after, milliseconds, NEVER } from '../time.js';
import type { Micros } from '../time.js';
import type { Outlet } from './outlet.js';
import { Presence } from './presence.js';
import type { PresenceChange } from './presence.js';
import type { Session } from './session.js';
import type { PeerInfo } from './types.js';
import { descriptionFrom, eventFrom, peerInfoFrom } from './wire.js';

/** What the server tells, made into events; asks it who is in the room if it left something out. */
export class Incoming {
  readonly #outlet: Outlet;
  readonly #presence = new Presence();
  /** The request for the list of peers that is to fill a gap. */
  #catchUpId: number | undefined;
  #leaveAt = NEVER;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** Who else is in the room, as far as it was told. */
  get peers(): readonly PeerInfo[] {
    return this.#presence.peers;
  }

  /** When a draining server wants to be left. */
  get leaveAt(): Micros {
    return this.#leaveAt;
  }

  /** A new place was given, with a snapshot of who is in the room. */
  begin(peers: readonly WirePeerInfo[], version: number | undefined): void {
    this.#presence.reset(peers, version);
  }

  /** The place was given again. */
  resume(now: Micros, session: Session): void {
    if (this.#presence.isBehind) this.#askForPeers(now, session);
  }

  /** The connection is gone. */
  suspend(session: Session): void {
    this.#leaveAt = NEVER;
    if (this.#catchUpId !== undefined) session.forget(this.#catchUpId);
    this.#catchUpId = undefined;
  }

  /** Takes a call: a notification if there is no `call` to answer. */
  take(
    now: Micros,
    session: Session,
    method: string,
    params: JsonRpcParams | undefined,
    call: RpcCall | undefined,
  ): void {
    const decoded = decodeForClient(method, params);
    if (!decoded.ok) {
      if (call === undefined) this.#outlet.drop('invalid-notification');
      else session.reply(call, decoded);
    } else if (decoded.value.method !== 'peer.offer') {
      this.#tell(now, session, decoded.value);
      if (call !== undefined) session.reply(call, { ok: true, result: null });
    } else if (call === undefined) this.#outlet.drop('invalid-notification');
    else {
      const { from, request_id: requestId } = decoded.value.params;
      const offer = { from, requestId, ...descriptionFrom(decoded.value.params), call };
      this.#outlet.push({ kind: 'offer', offer });
    }
  }

  /** Takes the end of an own request; false if it is not one made here. */
  settle(id: number, outcome: RpcOutcome): boolean {
    if (id !== this.#catchUpId) return false;
    this.#catchUpId = undefined;
    for (const event of this.#presence.catchUp(outcome)) this.#outlet.push(event);
    return true;
  }

  #tell(
    now: Micros,
    session: Session,
    call: Exclude<ClientCall, { readonly method: 'peer.offer' }>,
  ): void {
    switch (call.method) {
      case 'peer.announced': {
        const { version } = call.params;
        this.#change(now, session, this.#presence.announced(peerInfoFrom(call.params), version));
        return;
      }
      case 'peer.left': {
        const { peer_id: peerId, reason, version } = call.params;
        this.#change(now, session, this.#presence.left(peerId, reason, version));
        return;
      }
      case 'server.draining': {
        const { reconnect_after_ms: reconnectAfterMs } = call.params;
        this.#leaveAt = after(now, milliseconds(reconnectAfterMs));
        this.#outlet.push({ kind: 'event', name: 'draining', event: { reconnectAfterMs } });
        return;
      }
      case 'peer.ice_candidate':
      case 'peer.state_changed':
      case 'peer.disconnect':
      case 'server.ice_servers':
        this.#outlet.push(eventFrom(call));
    }
  }

  #change(now: Micros, session: Session, change: PresenceChange): void {
    if (change === 'known') this.#outlet.drop('known-presence');
    else if (change !== 'gap') this.#outlet.push(change);
    else if (this.#catchUpId === undefined) this.#askForPeers(now, session);
  }

  #askForPeers(now: Micros, session: Session): void {
    this.#catchUpId = session.request(now, 'peer.list', {});
  }
}
