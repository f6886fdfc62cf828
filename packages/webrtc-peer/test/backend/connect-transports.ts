import type { ReportBlock, RtpPacket, SenderReport } from '../../src/rtp/packet.js';
import type {
  Backend,
  IceCandidate,
  IceServer,
  Transport,
  TransportHandlers,
  TransportStates,
} from '../../src/backend/transport.js';

/** All that a transport has told, in order, with payloads copied. */
export interface Heard {
  negotiationNeeded: number;
  readonly candidates: IceCandidate[];
  readonly states: TransportStates[];
  readonly packets: RtpPacket[];
  readonly senderReports: SenderReport[];
  readonly reportBlocks: ReportBlock[];
  readonly messages: (string | Uint8Array)[];
  channelOpen: number;
  channelClose: number;
}

/** One end of a connection under test. */
export interface Endpoint<T extends Transport = Transport> {
  readonly transport: T;
  readonly heard: Heard;
  /** Resolves once `condition` holds, which is looked at after every event; rejects after `deadlineMs`. */
  until(what: string, condition: () => boolean, deadlineMs?: number): Promise<void>;
}

/** Makes a transport whose events are recorded and can be waited for. `also` sees each event afterwards. */
export const endpoint = <T extends Transport>(
  backend: { createTransport(config: { iceServers: IceServer[] }, handlers: TransportHandlers): T },
  also: Partial<TransportHandlers> = {},
  iceServers: IceServer[] = [],
): Endpoint<T> => {
  const heard: Heard = {
    negotiationNeeded: 0,
    candidates: [],
    states: [],
    packets: [],
    senderReports: [],
    reportBlocks: [],
    messages: [],
    channelOpen: 0,
    channelClose: 0,
  };
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  const transport = backend.createTransport(
    { iceServers },
    {
      negotiationNeeded: () => {
        heard.negotiationNeeded++;
        also.negotiationNeeded?.();
        look();
      },
      iceCandidate: (candidate) => {
        heard.candidates.push(candidate);
        also.iceCandidate?.(candidate);
        look();
      },
      stateChange: (states) => {
        heard.states.push(states);
        also.stateChange?.(states);
        look();
      },
      audioPacket: (packet) => {
        heard.packets.push({ ...packet, payload: packet.payload.slice() });
        also.audioPacket?.(packet);
        look();
      },
      senderReport: (report) => {
        heard.senderReports.push(report);
        also.senderReport?.(report);
        look();
      },
      reportBlock: (block) => {
        heard.reportBlocks.push(block);
        also.reportBlock?.(block);
        look();
      },
      channelOpen: () => {
        heard.channelOpen++;
        also.channelOpen?.();
        look();
      },
      channelClose: () => {
        heard.channelClose++;
        also.channelClose?.();
        look();
      },
      message: (data) => {
        heard.messages.push(data);
        also.message?.(data);
        look();
      },
    },
  );
  const until = (what: string, condition: () => boolean, deadlineMs = 10_000): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(deadline);
        waiting.delete(check);
        resolve();
      };
      const deadline = setTimeout(() => {
        waiting.delete(check);
        reject(new Error(`waited ${deadlineMs} ms in vain for: ${what}`));
      }, deadlineMs);
      waiting.add(check);
      check();
    });
  return { transport, heard, until };
};

/** One offer/answer round, offered by `a`. */
export const negotiate = async (a: Transport, b: Transport): Promise<void> => {
  await b.setRemoteDescription(await a.setLocalDescription());
  await a.setRemoteDescription(await b.setLocalDescription());
};

/** Two transports, connected with each other, channel open both ways. */
export interface Connection<A extends Transport, B extends Transport> {
  readonly a: Endpoint<A>;
  readonly b: Endpoint<B>;
  readonly close: () => Promise<void>;
}

type Makes<T extends Transport> = Omit<Backend, 'createTransport'> & {
  createTransport(config: { iceServers: IceServer[] }, handlers: TransportHandlers): T;
};

/** Connects a transport of `backendA`, which offers, with one of `backendB` through this process. */
export const connectTransports = async <A extends Transport, B extends Transport>(
  backendA: Makes<A>,
  backendB: Makes<B>,
  handlers: {
    readonly a?: Partial<TransportHandlers>;
    readonly b?: Partial<TransportHandlers>;
  } = {},
): Promise<Connection<A, B>> => {
  const a = endpoint(backendA, {
    ...handlers.a,
    iceCandidate: (candidate) => void b.transport.addIceCandidate(candidate),
  });
  const b: Endpoint<B> = endpoint(backendB, {
    ...handlers.b,
    iceCandidate: (candidate) => void a.transport.addIceCandidate(candidate),
  });
  const close = async (): Promise<void> => {
    await Promise.all([a.transport.close(), b.transport.close()]);
  };
  try {
    await negotiate(a.transport, b.transport);
    for (const end of [a, b]) {
      await end.until('connected', () => end.transport.states.connection === 'connected');
      await end.until('control channel open', () => end.heard.channelOpen === 1);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { a, b, close };
};
