/** JSON as it travels on the control channel. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What a control message says. */
export type ControlMessage =
  /** Asks for the other side's clock; `timestampMs` is the sender's wall clock in ms since 1970, with fraction. */
  | { readonly kind: 'ping'; readonly timestampMs: number }
  /** Answers a ping: its timestamp, and the answering side's wall clock. */
  | { readonly kind: 'pong'; readonly pingTimestampMs: number; readonly pongTimestampMs: number }
  /** A message of the application. */
  | { readonly kind: 'json'; readonly payload: JsonValue };

/** Result of {@link parseControlMessage}. */
export type ParsedControlMessage =
  | { readonly ok: true; readonly value: ControlMessage }
  | { readonly ok: false; readonly reason: string };

/** Longest control message accepted or sent, in UTF-16 units. */
const MAX_CONTROL_MESSAGE = 65_536;

/**
 * Writes a control message in the JSON form of RemoteMedia's `control` channel:
 * `{"type":"Json","payload":…}`, pings and pongs as payloads with an `action`.
 */
export function serializeControlMessage(message: ControlMessage): string {
  switch (message.kind) {
    case 'ping':
      return wrap({ action: 'Ping', timestamp_ms: message.timestampMs });
    case 'pong':
      return wrap({
        action: 'Pong',
        ping_timestamp_ms: message.pingTimestampMs,
        pong_timestamp_ms: message.pongTimestampMs,
      });
    case 'json':
      return wrap(message.payload);
  }
}

/** Reads a control message from the other side; never throws. */
export function parseControlMessage(data: string | Uint8Array): ParsedControlMessage {
  if (typeof data !== 'string') return { ok: false, reason: 'binary message' };
  if (data.length > MAX_CONTROL_MESSAGE) return { ok: false, reason: 'message too long' };
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  if (!isObject(message) || message['type'] !== 'Json' || !Object.hasOwn(message, 'payload'))
    return { ok: false, reason: 'not a {"type":"Json","payload":…} message' };
  const payload = message['payload'] as JsonValue;
  if (isObject(payload)) {
    const { action } = payload;
    if (action === 'Ping' && isTime(payload['timestamp_ms']))
      return { ok: true, value: { kind: 'ping', timestampMs: payload['timestamp_ms'] } };
    const ping = payload['ping_timestamp_ms'];
    const pong = payload['pong_timestamp_ms'];
    if (action === 'Pong' && isTime(ping) && isTime(pong))
      return { ok: true, value: { kind: 'pong', pingTimestampMs: ping, pongTimestampMs: pong } };
  }
  return { ok: true, value: { kind: 'json', payload } };
}

const wrap = (payload: JsonValue): string => JSON.stringify({ type: 'Json', payload });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Milliseconds since 1970 that microseconds in a double can hold exactly. */
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value < 9e12;
