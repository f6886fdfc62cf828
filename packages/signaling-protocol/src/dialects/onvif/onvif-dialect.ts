import type * as z from 'zod';
import { ErrorCode } from '../../error-codes.js';
import { DEFAULT_JSON_RPC_LIMITS } from '../../json-rpc/index.js';
import type { JsonRpcParams, RpcCall } from '../../json-rpc/index.js';
import { decodeForClient, decodeForHub, decodeValue, METHODS } from '../../messages/index.js';
import { milliseconds } from '../../time.js';
import type { Micros } from '../../time.js';
import type { Dialect, DialectDrop, DialectOptions, DialectOutput } from '../dialect.js';
import { Drops } from '../drops.js';
import { clientEnd, hubEnd } from '../end.js';
import type { End, ReceivedCall } from '../end.js';
import { Roster } from '../roster.js';
import { Connects } from './connects.js';
import { errorNotice, noticeText } from './error-notice.js';
import * as fault from './errors.js';
import { Invites } from './invites.js';
import { withoutNote } from './note.js';
import * as params from './params.js';
import { Sessions } from './sessions.js';
import type { Offer } from './sessions.js';

/** WebSocket sub-protocol of the ONVIF WebRTC specification §5.1. */
export const ONVIF_SUB_PROTOCOL = 'webrtc.onvif.org';

/** Ends the socket after `unregister`, as the client means it to (RFC 6455 §7.4.1). */
const GOODBYE = 1000;

/**
 * Clients and devices of the ONVIF WebRTC specification (26.06). The hub knows them as peers with
 * the capability `webrtc.onvif.org`; a session is what a socket and one other peer have together.
 */
export class OnvifDialect implements Dialect {
  readonly #options: DialectOptions;
  readonly #outputs: DialectOutput[] = [];
  readonly #drops = new Drops();
  readonly #client: End;
  readonly #hub: End;
  readonly #roster = new Roster(this.#drops);
  readonly #sessions: Sessions;
  readonly #invites: Invites;
  readonly #connects: Connects;
  #isRegistered = false;
  /** What the client said it can do. */
  #capabilities: readonly string[] = [];

  constructor(options: DialectOptions) {
    this.#options = options;
    this.#client = clientEnd(this.#outputs, this.#drops, options);
    this.#hub = hubEnd(this.#outputs, this.#drops, options);
    const lifetime = options.sessionLifetime ?? milliseconds(3_600_000);
    this.#sessions = new Sessions(lifetime, options.maxSessions ?? 64);
    this.#invites = new Invites({
      client: this.#client,
      hub: this.#hub,
      sessions: this.#sessions,
      drops: this.#drops,
      readsNotes: (peer) => this.#readsNotes(peer),
      callClient: (session, done) => this.#connects.callClient(session, done),
      newId: options.randomId,
    });
    this.#connects = new Connects({
      client: this.#client,
      hub: this.#hub,
      sessions: this.#sessions,
      invites: this.#invites,
      readsNotes: (peer) => this.#readsNotes(peer),
      newId: options.randomId,
    });
  }

  get dropped(): Readonly<Partial<Record<DialectDrop, number>>> {
    return this.#drops.counts;
  }

  fromClient(now: Micros, text: string): DialectOutput[] {
    this.#advance(now);
    const limits = { ...DEFAULT_JSON_RPC_LIMITS, ...this.#options.messageLimits };
    const error = errorNotice(text, limits);
    if (error === undefined) {
      this.#client.receive(text, (received) => this.#fromClient(received));
    } else this.#passError(error, undefined);
    return this.#outputs.splice(0);
  }

  toClient(now: Micros, text: string): DialectOutput[] {
    this.#advance(now);
    this.#hub.receive(text, (received) => this.#fromHub(received));
    return this.#outputs.splice(0);
  }

  #advance(now: Micros): void {
    this.#connects.advance(now);
    this.#client.advance(now);
    this.#hub.advance(now);
    for (const session of this.#sessions.advance(now)) this.#invites.end(session);
  }

  #fromClient({ method, params: given, call }: ReceivedCall): void {
    if (method === 'register') {
      this.#decode(params.register, method, given, call, (asked) => this.#register(asked, call));
    } else if (method === 'unregister') this.#unregister(call);
    else if (!this.#isRegistered) this.#client.reject(call, fault.NOT_REGISTERED);
    else this.#fromRegistered(method, given, call);
  }

  #fromRegistered(
    method: string,
    given: JsonRpcParams | undefined,
    call: RpcCall | undefined,
  ): void {
    switch (method) {
      case 'connect':
        this.#decode(params.connect, method, given, call, (asked) => {
          if (this.#roster.get(asked.peer) !== undefined) this.#connects.connect(asked, call);
          else this.#client.reject(call, fault.UNAVAILABLE);
        });
        return;
      case 'invite':
        this.#decode(params.invite, method, given, call, (asked) => {
          this.#invites.make(asked, call);
        });
        return;
      case 'trickle':
        this.#decode(params.trickle, method, given, call, (asked) => this.#trickle(asked, call));
        return;
      case 'extend':
        this.#decode(params.extend, method, given, call, ({ session }) => {
          this.#connects.extend(session, call);
        });
        return;
      case 'error':
        this.#passError(given, call);
        return;
      default:
        this.#client.reject(call, {
          code: ErrorCode.METHOD_NOT_FOUND,
          message: `there is no ${method.slice(0, 64)}; use a method of ${ONVIF_SUB_PROTOCOL}`,
        });
    }
  }

  /** Checks parameters; a request with bad ones is refused, a notification counted. */
  #decode<S extends z.ZodType>(
    schema: S,
    method: string,
    given: unknown,
    call: RpcCall | undefined,
    then: (value: z.output<S>) => void,
  ): void {
    const decoded = decodeValue(schema, given ?? {}, method);
    if (decoded.ok) then(decoded.value);
    else if (call === undefined) this.#drops.add('malformed-notification');
    else this.#client.reject(call, decoded.error);
  }

  #register({ id, name, capabilities }: z.output<typeof params.register>, call?: RpcCall): void {
    const { peerId, room, randomId } = this.#options;
    const announcement = {
      peer_id: id ?? peerId ?? randomId(),
      capabilities: [ONVIF_SUB_PROTOCOL, ...capabilities],
      user_data: name === undefined ? {} : { name },
      ...(room === undefined ? {} : { room }),
    };
    this.#hub.ask('peer.announce', announcement, (outcome) => {
      const { result: schema } = METHODS['peer.announce'];
      const result = outcome.ok ? decodeValue(schema, outcome.result, 'the result') : outcome;
      if (!result.ok) {
        this.#client.reject(call, fault.faultOf(fault.FAULTS.register, result.error));
        return;
      }
      this.#isRegistered = true;
      this.#capabilities = capabilities;
      for (const peer of result.value.peers) this.#roster.add(peer, 0);
      this.#client.respond(call, { id: announcement.peer_id });
    });
  }

  #unregister(call: RpcCall | undefined): void {
    if (!this.#isRegistered) {
      this.#client.reject(call, { code: fault.Fault.NOT_FOUND, message: 'not registered' });
      return;
    }
    this.#isRegistered = false;
    this.#client.respond(call, null);
    this.#outputs.push({ to: 'close', code: GOODBYE, reason: 'unregistered' });
  }

  #trickle({ session: id, candidate }: z.output<typeof params.trickle>, call?: RpcCall): void {
    const session = this.#sessions.get(id);
    if (session === undefined) {
      this.#drops.add('no-session');
      this.#client.reject(call, fault.NO_SESSION);
      return;
    }
    const passed = {
      to: session.peer,
      candidate: candidate?.candidate ?? '',
      sdp_m_line_index: candidate?.sdpMLineIndex ?? null,
      sdp_mid: candidate?.sdpMid ?? null,
      user_fragment: candidate?.usernameFragment,
    };
    if (decodeForHub('peer.ice_candidate', passed).ok) {
      this.#hub.tell('peer.ice_candidate', passed);
      this.#client.respond(call, null);
      return;
    }
    this.#drops.add('malformed-candidate');
    const { MALFORMED_CANDIDATE } = fault.Notice;
    this.#client.say(noticeText(MALFORMED_CANDIDATE, 'the candidate is malformed', id));
  }

  /** Tells a session's peer of an error; the session is over unless it was about one candidate. */
  #passError(given: unknown, call: RpcCall | undefined): void {
    const decoded = decodeValue(params.error, given, 'error');
    const session = decoded.ok ? this.#sessions.get(decoded.value.session) : undefined;
    if (!this.#isRegistered || !decoded.ok || session === undefined) {
      this.#drops.add(decoded.ok ? 'no-session' : 'malformed-notification');
      this.#client.reject(call, decoded.ok ? fault.NO_SESSION : decoded.error);
      return;
    }
    const { code, message } = decoded.value;
    const isFatal = code !== fault.Notice.MALFORMED_CANDIDATE;
    if (isFatal || this.#readsNotes(session.peer)) {
      const reason = `${code} ${message}`;
      this.#hub.tell('peer.disconnect', { to: session.peer, reason });
    } else this.#drops.add('untranslatable-error');
    if (isFatal) {
      this.#invites.end(session);
      this.#sessions.remove(session);
    }
    this.#client.respond(call, null);
  }

  #fromHub({ method, params: given, call }: ReceivedCall): void {
    const decoded = decodeForClient(method, given);
    if (!decoded.ok) {
      this.#hub.reject(call, decoded.error);
      return;
    }
    const message = decoded.value;
    switch (message.method) {
      case 'peer.offer':
        if (call !== undefined) this.#takeOffer({ call, params: message.params });
        return;
      case 'peer.ice_candidate':
        this.#invites.takeCandidate(message.params);
        return;
      case 'peer.announced':
        this.#roster.add(message.params, 0);
        return;
      case 'peer.left': {
        const { peer_id } = message.params;
        this.#roster.remove(peer_id);
        this.#endWith(peer_id, fault.Notice.PEER_DISCONNECTED, 'the peer has disconnected', true);
        return;
      }
      case 'peer.disconnect': {
        const { from, reason } = message.params;
        const told = this.#readsNotes(from) ? /^(-?\d{1,10}) (.*)$/.exec(reason) : null;
        const code = told === null ? fault.Notice.PEER_DISCONNECTED : Number(told[1]);
        this.#endWith(from, code, told?.[2] ?? reason, false);
        return;
      }
      case 'server.ice_servers':
        this.#connects.giveIceServers(message.params);
        return;
      case 'peer.state_changed':
      case 'server.draining':
      // ONVIF has no words for these; its clients come back by themselves when they are cut off.
    }
  }

  #takeOffer(offer: Offer): void {
    const { note } = withoutNote(offer.params.sdp);
    if (note.connect !== undefined) this.#connects.takeConnect(note.connect, offer);
    else if (note.extend !== undefined) {
      this.#connects.takeExtend(note.extend, offer, this.#capabilities);
    } else this.#invites.take(offer);
  }

  /** Tells the client of an error in its session with `peer`, and ends that if it is over. */
  #endWith(peer: string, code: number, message: string, peerIsGone: boolean): void {
    const session = this.#sessions.withPeer(peer);
    if (session === undefined) return;
    this.#client.say(noticeText(code, message, session.id));
    if (code === fault.Notice.MALFORMED_CANDIDATE) return;
    this.#invites.end(session, peerIsGone);
    this.#sessions.remove(session);
  }

  #readsNotes(peer: string): boolean {
    return this.#roster.get(peer)?.info.capabilities.includes(ONVIF_SUB_PROTOCOL) === true;
  }
}
