import type { JsonRpcError, JsonRpcId, RpcOutcome } from '../json-rpc/index.js';
import { decodeForHub } from '../messages/index.js';
import type { HubCall } from '../messages/index.js';
import type { SocketId } from './io.js';

/** Where a peer is connected: the instance that has its socket, and the socket's id there. */
export interface Home {
  readonly instance: string;
  readonly socket: SocketId;
}

/** How an instance answers a message by itself. */
export type Answer =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly error: JsonRpcError };

/** One message of a peer, checked by the instance that received it. */
export type RoomMessage =
  | {
      readonly kind: 'call';
      readonly call: HubCall;
      /** Absent from a notification. */
      readonly id?: JsonRpcId | undefined;
      /** The parameters as they were written, if they can be passed on so. */
      readonly written?: string | undefined;
      readonly seq?: number | undefined;
    }
  /** Answered already; the answer goes out in its turn. */
  | {
      readonly kind: 'answered';
      readonly id: JsonRpcId;
      readonly answer: Answer;
      readonly seq?: number | undefined;
    }
  | {
      readonly kind: 'response';
      readonly id: JsonRpcId;
      readonly outcome: RpcOutcome;
      /** The fields of the result as they were written, if they may be passed on so. */
      readonly written?: string | undefined;
      readonly seq?: number | undefined;
    };

/** What the instance that received an announcement adds to it. */
export interface Admission {
  /** ISO 8601 in UTC. */
  readonly registeredAt: string;
  /** The resume token of the place if it can be taken again. */
  readonly token?: string | undefined;
  /** Whether the sender's own token names the peer id, which proves that the id is its own. */
  readonly isOwner: boolean;
}

/**
 * What happens in a room. A room is what its entries have made of it, in their order: on every
 * instance the same.
 */
export type RoomEntry =
  | {
      readonly kind: 'messages';
      readonly home: Home;
      readonly isBatch: boolean;
      readonly messages: readonly RoomMessage[];
      /** There if an announcement is among the messages. */
      readonly admission?: Admission | undefined;
    }
  /** An admin who is not in the room asks something of it. */
  | { readonly kind: 'asked'; readonly home: Home; readonly call: HubCall; readonly id: JsonRpcId }
  | {
      readonly kind: 'closed';
      readonly home: Home;
      /** `goodbye`: its peer wanted it so; `expelled`: it broke the rules, and its place is gone. */
      readonly how: 'goodbye' | 'lost' | 'expelled';
    }
  /** Time is over for these, if they still wait. */
  | {
      readonly kind: 'overdue';
      /** Offers by the peer that was to answer and the id of the request to it. */
      readonly offers: readonly (readonly [peerId: string, requestId: number])[];
      /** Peers that are away, and how often they have been. */
      readonly away: readonly (readonly [peerId: string, absences: number])[];
    }
  | { readonly kind: 'instance-gone'; readonly instance: string };

/** An entry in the log: who wrote it, and the how manieth of that instance it is. */
export interface LogEntry {
  readonly by: string;
  readonly nth: number;
  readonly entry: RoomEntry;
}

export const entryText = (log: LogEntry): string => JSON.stringify(log);

/** The reverse of {@link entryText}; `undefined` if it is none. */
export function parseEntry(text: string): LogEntry | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(json) || !isObject(json['entry'])) return undefined;
  const { by, nth, entry } = json;
  if (typeof by !== 'string' || !Number.isSafeInteger(nth) || !isEntry(entry)) return undefined;
  return { by, nth: nth as number, entry };
}

/** The log is written by our own kind; this is against other versions and damage. */
function isEntry(entry: Record<string, unknown>): entry is Record<string, unknown> & RoomEntry {
  switch (entry['kind']) {
    case 'messages':
      return (
        isHome(entry['home']) &&
        Array.isArray(entry['messages']) &&
        entry['messages'].every(isSound)
      );
    case 'asked':
      return isHome(entry['home']) && isCall(entry['call']);
    case 'closed':
      return isHome(entry['home']);
    case 'overdue':
      return isListOfPairs(entry['offers']) && isListOfPairs(entry['away']);
    case 'instance-gone':
      return typeof entry['instance'] === 'string';
    default:
      return false;
  }
}

function isSound(message: unknown): boolean {
  if (!isObject(message)) return false;
  switch (message['kind']) {
    case 'call':
      return isCall(message['call']);
    case 'answered':
      return isObject(message['answer']);
    case 'response':
      return isObject(message['outcome']);
    default:
      return false;
  }
}

const isCall = (call: unknown): boolean =>
  isObject(call) &&
  typeof call['method'] === 'string' &&
  isObject(call['params']) &&
  decodeForHub(call['method'], call['params']).ok;

const isHome = (home: unknown): boolean =>
  isObject(home) && typeof home['instance'] === 'string' && Number.isSafeInteger(home['socket']);

const isListOfPairs = (list: unknown): boolean =>
  Array.isArray(list) && list.every((pair) => Array.isArray(pair) && pair.length === 2);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
