import { DtlsClient, isDtls, type RTCDtlsTransport } from 'werift';

/** Handshake records kept for a server that is not there yet; one flight of a client fits. */
const MAX_EARLY_RECORDS = 8;
/** A number above every flight of the handshake (RFC 6347 §4.2.4). */
const HANDSHAKE_OVER = 100;

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
      if (socket instanceof DtlsClient) {
        // What werift calls when its sleep is over becomes the handshake that already runs.
        const running = socket.connect();
        running.catch(() => {});
        socket.connect = () => running;
      }
      for (const record of early.splice(0)) socket.transport.socket.onData?.(record, ['', 0]);
    });
  });
};

/** Lets the retransmission loops of a handshake end at their next wake-up instead of after half a minute. */
export const endHandshake = (dtls: RTCDtlsTransport): void => {
  if (dtls.dtls !== undefined) dtls.dtls.dtls.flight = HANDSHAKE_OVER;
};
