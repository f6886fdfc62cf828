import type {
  DataChannelHandlers,
  DataChannelOptions,
  IceServer,
  Transport,
  TransportCandidate,
  TransportConfig,
  TransportDataChannel,
  TransportHandlers,
  TransportParameters,
  TransportStates,
} from '../../../src/backend/transport.js';

/** What a backend under test does. */
export interface Makes<T extends Transport> {
  readonly restartsIce: boolean;
  createTransport(config: TransportConfig, handlers: TransportHandlers): T;
}

/** A data channel at one end, and all that it has told. */
export interface ChannelEnd {
  readonly channel: TransportDataChannel;
  readonly messages: (string | Uint8Array)[];
  opened: number;
  closed: number;
  drained: number;
}

/** All that a transport has told, in order, with packets copied. */
export interface Heard {
  readonly candidates: TransportCandidate[];
  readonly states: TransportStates[];
  readonly rtp: Uint8Array[];
  readonly rtcp: Uint8Array[];
  /** Those that the other side opened. */
  readonly channels: ChannelEnd[];
}

/** One end of a connection under test. */
export interface Endpoint<T extends Transport = Transport> {
  readonly transport: T;
  readonly heard: Heard;
  /** Opens a data channel, reliable and ordered if not said otherwise. */
  readonly open: (label: string, options?: Partial<DataChannelOptions>) => ChannelEnd;
  /** Resolves once `condition` holds, which is looked at after every event; rejects after `deadlineMs`. */
  readonly until: (what: string, condition: () => boolean, deadlineMs?: number) => Promise<void>;
}

/** Two ends that trickle candidates to each other. */
export interface Pair<T extends Transport = Transport> {
  readonly a: Endpoint<T>;
  readonly b: Endpoint<T>;
}

const open = new Set<Transport>();

/** Closes all transports that were made here since the last call. */
export const closeAll = async (): Promise<void> => {
  const all = [...open];
  open.clear();
  await Promise.all(all.map((transport) => transport.close()));
};

/** Makes a transport whose events are recorded and can be waited for. `also` sees each event afterwards. */
export const endpoint = <T extends Transport>(
  backend: Makes<T>,
  also: Partial<TransportHandlers> = {},
  iceServers: readonly IceServer[] = [],
): Endpoint<T> => {
  const heard: Heard = { candidates: [], states: [], rtp: [], rtcp: [], channels: [] };
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  const record = (channel: TransportDataChannel): [ChannelEnd, DataChannelHandlers] => {
    const end: ChannelEnd = { channel, messages: [], opened: 0, closed: 0, drained: 0 };
    const handlers: DataChannelHandlers = {
      open: () => {
        end.opened++;
        look();
      },
      close: () => {
        end.closed++;
        look();
      },
      message: (data) => {
        end.messages.push(data);
        look();
      },
      drained: () => {
        end.drained++;
        look();
      },
    };
    return [end, handlers];
  };
  const transport = backend.createTransport(
    { iceServers },
    {
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
      rtp: (packet) => {
        heard.rtp.push(new Uint8Array(packet));
        also.rtp?.(packet);
        look();
      },
      rtcp: (packet) => {
        heard.rtcp.push(new Uint8Array(packet));
        also.rtcp?.(packet);
        look();
      },
      dataChannel: (channel) => {
        if (also.dataChannel !== undefined) return also.dataChannel(channel);
        const [end, handlers] = record(channel);
        heard.channels.push(end);
        queueMicrotask(look);
        return handlers;
      },
    },
  );
  open.add(transport);
  const until = (what: string, condition: () => boolean, deadlineMs = 8_000): Promise<void> =>
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
  return {
    transport,
    heard,
    until,
    open: (label, options = {}) => {
      const relay: { handlers?: DataChannelHandlers } = {};
      const channel = transport.createDataChannel(
        { label, protocol: '', ordered: true, ...options },
        {
          open: () => relay.handlers?.open(),
          close: () => relay.handlers?.close(),
          message: (data) => relay.handlers?.message(data),
          drained: () => relay.handlers?.drained(),
        },
      );
      const [end, handlers] = record(channel);
      relay.handlers = handlers;
      return end;
    },
  };
};

/** Two ends that trickle candidates to each other. */
export const pair = <T extends Transport>(
  backend: Makes<T>,
  handlers: {
    readonly a?: Partial<TransportHandlers>;
    readonly b?: Partial<TransportHandlers>;
  } = {},
): Pair<T> => {
  const a = endpoint(backend, {
    ...handlers.a,
    iceCandidate: (candidate) => b.transport.addRemoteCandidate(candidate),
  });
  const b: Endpoint<T> = endpoint(backend, {
    ...handlers.b,
    iceCandidate: (candidate) => a.transport.addRemoteCandidate(candidate),
  });
  return { a, b };
};

/** One offer/answer round, offered by `a`. `edit` sees the parameters on their way. */
export const negotiate = async (
  a: Transport,
  b: Transport,
  edit: (parameters: TransportParameters) => TransportParameters = (parameters) => parameters,
): Promise<void> => {
  await b.setRemote('offer', edit(await a.getLocal('offer')));
  await a.setRemote('answer', edit(await b.getLocal('answer')));
};

/** Waits until both ends are connected. */
export const bothConnected = async ({ a, b }: Pair): Promise<void> => {
  for (const { transport, until } of [a, b])
    await until('connected', () => transport.states.connection === 'connected');
};

/** Two ends connected with each other; `a` offered. */
export const connected = async <T extends Transport>(
  backend: Makes<T>,
  handlers?: Parameters<typeof pair>[1],
): Promise<Pair<T>> => {
  const ends = pair(backend, handlers);
  await negotiate(ends.a.transport, ends.b.transport);
  await bothConnected(ends);
  return ends;
};

/** Two ends connected with each other, and a channel that `a` opened. */
export const connectedByChannel = async <T extends Transport>(
  backend: Makes<T>,
  options: Partial<DataChannelOptions> = {},
): Promise<Pair<T> & { readonly atA: ChannelEnd; readonly atB: ChannelEnd }> => {
  const ends = await connected(backend);
  return { ...ends, ...(await openChannel(ends, 'test', options)) };
};

/** Opens a channel from `a`, and waits until it is there at `b`. */
export const openChannel = async (
  { a, b }: Pair,
  label: string,
  options: Partial<DataChannelOptions> = {},
): Promise<{ readonly atA: ChannelEnd; readonly atB: ChannelEnd }> => {
  const atA = a.open(label, options);
  await a.until('open', () => atA.opened === 1);
  const found = (): ChannelEnd | undefined =>
    b.heard.channels.find(({ channel }) => channel.label === label);
  await b.until('the channel', () => found() !== undefined);
  return { atA, atB: found() as ChannelEnd };
};

/** Options of an RTP packet. */
export interface RtpOptions {
  readonly sequenceNumber: number;
  readonly ssrc?: number;
  readonly payload?: Uint8Array;
}

/** An RTP packet of payload type 111 (RFC 3550 §5.1). */
export const rtp = ({ sequenceNumber, ssrc = 0x1234_5678, payload }: RtpOptions): Uint8Array => {
  const data = payload ?? Uint8Array.of(0xf8, 0xff, 0xfe);
  const packet = new Uint8Array(12 + data.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x80;
  packet[1] = 111;
  view.setUint16(2, sequenceNumber & 0xffff);
  view.setUint32(4, (sequenceNumber * 960) >>> 0);
  view.setUint32(8, ssrc);
  packet.set(data, 12);
  return packet;
};

/** Sequence numbers of RTP packets. */
export const sequenceNumbers = (packets: readonly Uint8Array[]): number[] =>
  packets.map((packet) => new DataView(packet.buffer, packet.byteOffset).getUint16(2));

/** Sends a packet each way and waits for it. Gives the sequence numbers that arrived. */
export const carriesMedia = async ({ a, b }: Pair, sequenceNumber: number): Promise<number[]> => {
  const arrived: number[] = [];
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const before = to.heard.rtp.length;
    if (!from.transport.sendRtp(rtp({ sequenceNumber }))) throw new Error('refused to send');
    await to.until('a packet', () => to.heard.rtp.length > before);
    arrived.push(...sequenceNumbers(to.heard.rtp.slice(before)));
  }
  return arrived;
};
