import { decodeValue, METHODS } from '../messages/index.js';
import type { HubParams } from '../messages/index.js';
import { milliseconds } from '../time.js';
import type { Micros } from '../time.js';
import { SignalingError } from './errors.js';

/** Who a client is and how it behaves. */
export interface ClientOptions {
  /** WebSocket address of the signaling server, `ws:` or `wss:`. */
  readonly url: string;
  /** Own id in the room: 1 to 128 of A–Z a–z 0–9 . _ ~ -. */
  readonly peerId: string;
  /** Room to join, named like a peer; default `default`. */
  readonly room?: string | undefined;
  /** What this peer can do, told to the others; default none. */
  readonly capabilities?: readonly string[] | undefined;
  /** Free data told to the others, at most 8192 characters as JSON; default empty. */
  readonly userData?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Secret by which the server knows this peer again: 1 to 256 characters that nobody can guess. Give
   * one that outlives the process, and one that is started anew takes its place back at once; by
   * default there is one for the life of the client.
   */
  readonly resumeToken?: string | undefined;
  /** Time from dialing to the answer of the announcement, in milliseconds; default 10000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Time for the answer to an own offer, in milliseconds; default 12000, a little more than a
   * server waits, so that its own error comes first.
   */
  readonly offerTimeoutMs?: number | undefined;
  /**
   * Silence of the server, in milliseconds, after which it is asked for a sign of life; default
   * 10000. If nothing comes within 5 s of that, the connection counts as lost.
   */
  readonly keepAliveMs?: number | undefined;
  /** Bytes of the largest message accepted from the server; default 4194304 (4 MiB). */
  readonly maxMessageBytes?: number | undefined;
}

/** Options checked and with every default filled in. */
export interface ClientSettings {
  readonly url: string;
  readonly announcement: HubParams<'peer.announce'>;
  /** Of this life of the peer only, or of earlier ones too; there from the beginning. */
  readonly resumeToken: { readonly text: string; readonly outlives: boolean } | undefined;
  readonly connectTimeout: Micros;
  readonly offerTimeout: Micros;
  readonly keepAlive: Micros;
  readonly maxMessageBytes: number;
}

/**
 * Checks `options`; `randomToken` is the resume token if they give none. Throws
 * {@link SignalingError} `INVALID_ARGUMENT`.
 */
export function clientSettings(
  options: ClientOptions,
  randomToken: string | undefined,
): ClientSettings {
  const checked = checkArgument(METHODS['peer.announce'].toHub, 'the announcement', {
    peer_id: options.peerId,
    room: options.room,
    capabilities: options.capabilities,
    user_data: options.userData,
    resume_token: options.resumeToken,
  });
  const { resume_token: given, ...announcement } = checked;
  const token = given ?? randomToken;
  return {
    url: options.url,
    announcement,
    resumeToken: token === undefined ? undefined : { text: token, outlives: given !== undefined },
    connectTimeout: milliseconds(positive('connectTimeoutMs', options.connectTimeoutMs, 10_000)),
    offerTimeout: milliseconds(positive('offerTimeoutMs', options.offerTimeoutMs, 12_000)),
    keepAlive: milliseconds(positive('keepAliveMs', options.keepAliveMs, 10_000)),
    maxMessageBytes: positive('maxMessageBytes', options.maxMessageBytes, 4_194_304),
  };
}

/** `value` as `schema` returns it; throws {@link SignalingError} `INVALID_ARGUMENT`. */
export function checkArgument<S extends Parameters<typeof decodeValue>[0]>(
  schema: S,
  subject: string,
  value: unknown,
): ReturnType<S['parse']> {
  const checked = decodeValue(schema, value, subject);
  if (!checked.ok)
    throw new SignalingError('INVALID_ARGUMENT', `${checked.error.message}; correct it`);
  return checked.value as ReturnType<S['parse']>;
}

function positive(name: string, given: number | undefined, standard: number): number {
  const value = given ?? standard;
  if (Number.isFinite(value) && value > 0) return value;
  throw new SignalingError('INVALID_ARGUMENT', `${name} is ${value}; give a positive number`);
}
