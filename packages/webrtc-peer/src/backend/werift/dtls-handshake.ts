import { DtlsClient, isDtls, type RTCDtlsTransport } from 'werift';
import { guardDtls } from './dtls-guard.js';

/** Handshake records kept for a server that is not there yet; one flight of a client fits. */
const MAX_EARLY_RECORDS = 8;
/** The flight of the first ClientHello. */
const CLIENT_HELLO = 1;
/** A number above every flight of the handshake (RFC 6347 §4.2.4). */
const HANDSHAKE_OVER = 100;

/**
 * Begins a client's handshake, and returns what is due when werift's sleep is over: its ClientHello once more,
 * if the other side was too late for the first, well before the retransmission after 500 ms.
 */
const beginClient = (socket: DtlsClient): (() => Promise<void>) => {
  const wire = socket.transport.socket;
  const send = wire.send.bind(wire);
  const hello: Buffer[] = [];
  wire.send = (record) => {
    hello.push(record);
    return send(record);
  };
  const running = socket.connect();
  wire.send = send;
  running.catch(() => {});
  return () => {
    if (socket.dtls.flight === CLIENT_HELLO) {
      for (const record of hello) void send(record).catch(() => {});
    }
    return running;
  };
};

/**
 * Lets the DTLS handshake begin at once. werift's client sleeps 100 ms before its ClientHello, because a
 * server that has not finished ICE drops what comes. Here the server keeps early records until it exists, so
 * the client need not wait; and a client of another make, which does not wait, is not sent into its
 * retransmission timeout.
 */
export const beginHandshakeAtOnce = (dtls: RTCDtlsTransport): void => {
  const early: Buffer[] = [];
  const { unSubscribe } = dtls.iceTransport.connection.onData.subscribe((data) => {
    if (dtls.dtls === undefined && isDtls(data) && early.length < MAX_EARLY_RECORDS)
      early.push(data);
  });
  dtls.onStateChange.subscribe((state) => {
    if (state !== 'connecting') return;
    unSubscribe();
    // The state is announced just before the socket is made, in the same turn.
    queueMicrotask(() => {
      const socket = dtls.dtls;
      if (socket === undefined || dtls.state !== 'connecting') return;
      guardDtls(socket);
      if (socket instanceof DtlsClient) socket.connect = beginClient(socket);
      for (const record of early.splice(0)) socket.transport.socket.onData?.(record, ['', 0]);
    });
  });
};

/**
 * Lets the retransmission loops of a handshake end at their next wake-up instead of after half a minute, and
 * no new one begin: a handler that still waits for a message fails when it moves on to the next flight.
 */
export const endHandshake = (dtls: RTCDtlsTransport): void => {
  if (dtls.dtls === undefined) return;
  Object.defineProperty(dtls.dtls.dtls, 'flight', { value: HANDSHAKE_OVER, writable: false });
};
