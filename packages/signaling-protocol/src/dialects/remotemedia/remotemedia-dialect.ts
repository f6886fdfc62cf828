import type * as z from 'zod';
import { ErrorCode } from '../../error-codes.js';
import { DEFAULT_JSON_RPC_LIMITS } from '../../json-rpc/index.js';
import type { JsonRpcError, JsonRpcLimits, JsonRpcParams, RpcCall } from '../../json-rpc/index.js';
import { decodeForClient, decodeValue, METHODS } from '../../messages/index.js';
import type { WirePeerInfo } from '../../messages/index.js';
import type { Micros } from '../../time.js';
import type { Dialect, DialectDrop, DialectOptions, DialectOutput } from '../dialect.js';
import { Drops } from '../drops.js';
import { clientEnd, hubEnd } from '../end.js';
import type { End, ReceivedCall } from '../end.js';
import { Roster } from '../roster.js';
import { CANONICAL, EITHER } from './canonical-wording.js';
import { IncomingOffers } from './incoming-offers.js';
import type { Delivery } from './incoming-offers.js';
import { OutgoingOffers } from './outgoing-offers.js';
import { addressee, announceParams, candidateParams, fieldsOf } from './params.js';
import type { Fields } from './params.js';
import { ownId, repaired } from './repair.js';
import { RUST } from './rust-wording.js';
import { SERVER_JS } from './server-js-wording.js';
import { styleAfter } from './style.js';
import type { Style } from './style.js';
import type { Wording } from './wording.js';

/** Callers of this peer await its answer as the result: the SDK has its media server there. */
const MEDIA_SERVER = 'remotemedia-server';

const WORDINGS: Readonly<Record<Style, Wording>> = {
  unknown: EITHER,
  canonical: CANONICAL,
  rust: RUST,
  'server-js': SERVER_JS,
};

/**
 * Sockets without a sub-protocol: the protocol itself, and what clients of the RemoteMedia SDK
 * speak with its Rust server or its `server.js`. Which it is shows in what the client says.
 */
export class RemoteMediaDialect implements Dialect {
  readonly #options: DialectOptions;
  readonly #limits: JsonRpcLimits;
  readonly #outputs: DialectOutput[] = [];
  readonly #drops = new Drops();
  readonly #client: End;
  readonly #hub: End;
  readonly #roster = new Roster(this.#drops);
  readonly #incoming: IncomingOffers;
  readonly #outgoing: OutgoingOffers;
  #style: Style = 'unknown';
  /** The client can resume, as only one of the protocol itself does: nothing is translated. */
  #stepsAside = false;
  #self: WirePeerInfo | undefined;
  #selfSinceEpochMs = 0;
  #epochMs = 0;

  constructor(options: DialectOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_JSON_RPC_LIMITS, ...options.messageLimits };
    this.#client = clientEnd(this.#outputs, this.#drops, options, ownId);
    this.#hub = hubEnd(this.#outputs, this.#drops, options);
    this.#incoming = new IncomingOffers(this.#client, this.#hub, () => {
      if (this.#style === 'unknown') this.#style = 'canonical';
    });
    this.#outgoing = new OutgoingOffers(this.#client, this.#hub, this.#roster);
  }

  get dropped(): Readonly<Partial<Record<DialectDrop, number>>> {
    return this.#drops.counts;
  }

  fromClient(now: Micros, text: string): DialectOutput[] {
    if (this.#stepsAside) return [{ to: 'hub', text }];
    this.#advance(now);
    this.#client.receive(repaired(text, this.#limits), (received) => {
      this.#fromClient(received, text);
    });
    return this.#outcome();
  }

  toClient(now: Micros, text: string): DialectOutput[] {
    if (this.#stepsAside) return [{ to: 'client', text }];
    this.#advance(now);
    this.#hub.receive(text, (received) => this.#fromHub(received));
    return this.#outcome();
  }

  get #wording(): Wording {
    return WORDINGS[this.#style];
  }

  get #delivery(): Delivery {
    const isForeign = this.#style === 'rust' || this.#style === 'server-js';
    return isForeign ? this.#wording : 'request';
  }

  #advance(now: Micros): void {
    this.#epochMs = this.#options.epochMs(now);
    this.#client.advance(now);
    this.#hub.advance(now);
  }

  #outcome(): DialectOutput[] {
    this.#incoming.prune(this.#delivery);
    return this.#outputs.splice(0);
  }

  #fromClient(received: ReceivedCall, text: string): void {
    const { method, call } = received;
    const fields = fieldsOf(received.params);
    if (method === 'peer.announce' && canResume(fields) && this.#mayStepAside(call)) {
      this.#stepsAside = true;
      this.#outputs.push({ to: 'hub', text });
      return;
    }
    this.#style = styleAfter(this.#style, method, fields);
    const isCanonical = this.#style === 'canonical';
    switch (method) {
      case 'announce':
      case 'peer.announce':
        this.#announce(fields, call);
        return;
      case 'offer':
      case 'peer.offer':
        if (isCanonical) this.#pass(received);
        else this.#offer(method, fields, call);
        return;
      case 'answer':
      case 'peer.answer':
        this.#answer(fields, call);
        return;
      case 'ice_candidate':
      case 'peer.ice_candidate':
        if (isCanonical) this.#pass(received);
        else this.#candidate(fields, call);
        return;
      case 'disconnect':
      case 'peer.disconnect':
        if (isCanonical) this.#pass(received);
        else this.#disconnect(fields, call);
        return;
      case 'list_peers':
        // No client of the protocol alone knows this name.
        this.#list({}, call, isCanonical ? EITHER : this.#wording);
        return;
      case 'peer.list':
        if (isCanonical) this.#pass(received);
        else this.#list(fields, call, this.#wording);
        return;
      case 'server.info':
        if (isCanonical) this.#pass(received);
        else this.#info(call);
        return;
      default:
        this.#pass(received);
    }
  }

  /** Whether nothing is under way that was translated. */
  #mayStepAside(call: RpcCall | undefined): boolean {
    return (
      call !== undefined &&
      call.batch === undefined &&
      this.#self === undefined &&
      !this.#hub.isWaiting
    );
  }

  #pass(received: ReceivedCall): void {
    this.#hub.pass(received, (outcome) => {
      if (outcome.ok) this.#client.respond(received.call, outcome.result);
      else this.#client.reject(received.call, outcome.error);
    });
  }

  /** Asks the hub, and answers the client with what `worded` makes of the result. */
  #ask<S extends z.ZodType>(
    method: string,
    params: JsonRpcParams,
    schema: S,
    call: RpcCall | undefined,
    worded: (result: z.output<S>) => unknown,
  ): void {
    this.#hub.ask(method, params, (outcome) => {
      const result = outcome.ok ? decodeValue(schema, outcome.result, 'the result') : outcome;
      if (result.ok) this.#client.respond(call, worded(result.value));
      else this.#refuse(call, result.error);
    });
  }

  #refuse(call: RpcCall | undefined, error: JsonRpcError): void {
    this.#client.reject(call, { ...error, code: this.#wording.errorCode(error.code) });
  }

  #announce(fields: Fields, call: RpcCall | undefined): void {
    const { toHub, result: schema } = METHODS['peer.announce'];
    const params = decodeValue(toHub, announceParams(fields, this.#options.room), 'peer.announce');
    if (!params.ok) {
      this.#refuse(call, params.error);
      return;
    }
    this.#ask('peer.announce', params.value, schema, call, (result) => {
      const { peer_id, capabilities, user_data } = params.value;
      this.#self = { peer_id, capabilities, user_data };
      this.#selfSinceEpochMs = this.#epochMs;
      for (const peer of result.peers) this.#roster.add(peer, this.#epochMs);
      return this.#wording.announced(result, this.#self);
    });
  }

  #offer(method: 'offer' | 'peer.offer', fields: Fields, call: RpcCall | undefined): void {
    const answerIsResult = method === 'peer.offer' && addressee(fields) === MEDIA_SERVER;
    const self = this.#self?.peer_id;
    this.#outgoing.make({ self, fields, call, answerIsResult }, this.#wording);
  }

  #answer(fields: Fields, call: RpcCall | undefined): void {
    const caller = String(addressee(fields));
    if (this.#self === undefined) this.#refuse(call, NOT_ANNOUNCED);
    else if (this.#roster.get(caller) === undefined) this.#refuse(call, notFound(caller));
    else {
      const error = this.#incoming.answer(caller, fields['sdp'], this.#delivery);
      if (error === undefined) this.#client.respond(call, this.#wording.passedOn(caller));
      else this.#refuse(call, error);
    }
  }

  #candidate(fields: Fields, call: RpcCall | undefined): void {
    const received = { method: 'peer.ice_candidate', params: candidateParams(fields), call };
    this.#passOn(received, this.#wording.passedOn(String(addressee(fields))));
  }

  #disconnect(fields: Fields, call: RpcCall | undefined): void {
    const reason = fields['reason'] ?? 'disconnected';
    const peerId = fields['peer_id'];
    const params = { to: peerId, reason };
    const result = this.#wording.disconnected(String(peerId));
    if (this.#self === undefined || peerId !== this.#self.peer_id) {
      this.#passOn({ method: 'peer.disconnect', params, call }, result);
      return;
    }
    // Its own id: it hangs up on everyone it has spoken with, and stays in the room.
    for (const to of this.#roster.inTouch()) this.#hub.tell('peer.disconnect', { to, reason });
    this.#client.respond(call, result);
  }

  #passOn(received: ReceivedCall, result: unknown): void {
    this.#hub.pass(received, (outcome) => {
      if (outcome.ok) this.#client.respond(received.call, result);
      else this.#refuse(received.call, outcome.error);
    });
  }

  #info(call: RpcCall | undefined): void {
    this.#ask('server.info', {}, METHODS['server.info'].result, call, (info) =>
      this.#wording.info(info, this.#options.host ?? { hostname: '', addresses: [] }),
    );
  }

  #list({ room }: Fields, call: RpcCall | undefined, wording: Wording): void {
    const params = room === undefined ? {} : { room };
    this.#ask('peer.list', params, METHODS['peer.list'].result, call, (result) => {
      const around = { roster: this.#roster, selfSinceEpochMs: this.#selfSinceEpochMs };
      return wording.listed(result, { ...around, self: this.#self });
    });
  }

  #fromHub({ method, params, call }: ReceivedCall): void {
    const decoded = decodeForClient(method, params);
    if (!decoded.ok) {
      this.#hub.reject(call, decoded.error);
      return;
    }
    const message = decoded.value;
    if (message.method === 'peer.offer') {
      this.#roster.touch(message.params.from);
      if (call !== undefined) this.#incoming.add(call, message.params, this.#delivery);
      return;
    }
    if (message.method === 'peer.announced') this.#roster.add(message.params, this.#epochMs);
    else if (message.method === 'peer.left') {
      this.#roster.remove(message.params.peer_id);
      this.#incoming.forget(message.params.peer_id);
    }
    for (const notice of this.#wording.notices(message, this.#epochMs)) {
      this.#client.tell(notice.method, notice.params);
    }
  }
}

/** Only a client of the protocol itself can resume, and numbers its messages then. */
const canResume = ({ resume, resume_token }: Fields): boolean =>
  resume === true || resume_token !== undefined;

const NOT_ANNOUNCED: JsonRpcError = {
  code: ErrorCode.NOT_ANNOUNCED,
  message: 'send peer.announce first',
};

const notFound = (peerId: string): JsonRpcError => ({
  code: ErrorCode.PEER_NOT_FOUND,
  message: `peer ${peerId} is not in the room; wait until it joins`,
});
