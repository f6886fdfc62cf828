import type { DtlsSocket } from 'werift';

// record types (RFC 6347 §4.1) and handshake message types (§4.3.2)
const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const CLIENT_HELLO = 1;
const HELLO_VERIFY_REQUEST = 3;
const CERTIFICATE = 11;
const SERVER_HELLO_DONE = 14;
const CERTIFICATE_VERIFY = 15;
const CLIENT_KEY_EXCHANGE = 16;

/** Offsets in a datagram that begins with an unencrypted handshake record. */
const EPOCH_AT = 3;
const MESSAGE_TYPE_AT = 13;
const MESSAGE_SEQUENCE_AT = 17;
/** Here an encrypted alert has its epoch, 1, and no alert has that code: so werift decrypts before it believes. */
const ALERT_CODE_AT = 14;
const SESSION_ID_LENGTH_AT = 59;

interface Message {
  readonly msg_type: number;
  readonly message_seq: number;
}

/** The part of a DTLS socket that says how far its handshake is. */
export type HandshakeProgress = Pick<DtlsSocket, 'connected'> & {
  readonly dtls: {
    readonly flight: number;
    readonly handshakeCache: Readonly<
      Record<number, { readonly data: readonly Message[] } | undefined>
    >;
  };
};

const hasCookie = (datagram: Uint8Array): boolean => {
  const cookieLengthAt = SESSION_ID_LENGTH_AT + 1 + (datagram[SESSION_ID_LENGTH_AT] ?? 0);
  return (datagram[cookieLengthAt] ?? 0) > 0;
};

const messageSequence = (datagram: Uint8Array): number =>
  ((datagram[MESSAGE_SEQUENCE_AT] ?? 0) << 8) | (datagram[MESSAGE_SEQUENCE_AT + 1] ?? 0);

/**
 * Whether a datagram may go to werift's DTLS. werift takes a repeated flight for a new one: a second
 * HelloVerifyRequest ends a client with an error, a second first ClientHello gives a server new keys in the
 * middle of the handshake, and on an open connection a ClientHello or alert in the clear, which anyone can
 * send, ends it. A client answers before it was asked for its certificate, and a server derives the keys from
 * whatever it has when a ClientKeyExchange comes, so that a flight with a gap must wait for its repetition. What got lost is repeated by the timer of its own side.
 */
const admitsDatagram = (socket: HandshakeProgress, datagram: Uint8Array): boolean => {
  const type = datagram[0] ?? 0;
  if (type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA) return false;
  const encrypted = datagram[EPOCH_AT] !== 0 || datagram[EPOCH_AT + 1] !== 0;
  if (type === ALERT) return !socket.connected || (encrypted && datagram[ALERT_CODE_AT] === 1);
  if (encrypted || type !== HANDSHAKE) return true;
  const { flight } = socket.dtls;
  const message = datagram[MESSAGE_TYPE_AT] ?? 0;
  if (message === CLIENT_HELLO) {
    return !socket.connected && (hasCookie(datagram) ? flight <= 4 : flight < 4);
  }
  if (message === HELLO_VERIFY_REQUEST) return flight === 1;
  const { handshakeCache } = socket.dtls;
  // A client, whose flights are the odd ones, answers the server's messages in flight 5, once it has them all.
  if (flight % 2 === 1) {
    if (message > SERVER_HELLO_DONE) return true;
    const received = handshakeCache[4]?.data ?? [];
    const first = Math.min(...received.map(({ message_seq }) => message_seq));
    const all = messageSequence(datagram) - first === received.length;
    return flight < 5 && (message !== SERVER_HELLO_DONE || all);
  }
  const has = (sought: number): boolean =>
    handshakeCache[5]?.data.some(({ msg_type }) => msg_type === sought) ?? false;
  if (message === CLIENT_KEY_EXCHANGE) return has(CERTIFICATE) && !has(CLIENT_KEY_EXCHANGE);
  if (message === CERTIFICATE_VERIFY) return has(CLIENT_KEY_EXCHANGE);
  return true;
};

/** Puts the guard in front of a socket. */
export const guardDtls = (socket: DtlsSocket): void => {
  const wire = socket.transport.socket;
  const receive = wire.onData;
  wire.onData = (datagram, from) => {
    if (admitsDatagram(socket, datagram)) receive?.(datagram, from);
  };
};
