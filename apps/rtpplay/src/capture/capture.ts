import type { Micros } from '@rm/rtp-sync';
import {
  type CaptureFault,
  SDES_CNAME,
  isRtpdump,
  parseCompound,
  readRtpdump,
} from '@rm/webrtc-peer';
import { CaptureError } from '../errors.js';
import { TABLE_COLUMNS, isArrivalTable, readArrivals } from './arrivals.js';
import type { Datagram, DatagramReader, Skip, SkipReason } from './datagram.js';
import { pcapLayout, readPcap } from './pcap.js';
import { isPcapng, readPcapng } from './pcapng.js';
import { type Protocol, channelData, protocolOf } from './protocol.js';
import { parseRtp } from './rtp.js';

/** An RTP packet of a capture. */
export interface CapturedPacket {
  /** In µs on the clock of the capture. */
  readonly arrival: Micros;
  readonly ssrc: number;
  /** Undefined where a table of arrivals does not tell. */
  readonly payloadType: number | undefined;
  readonly sequence: number;
  readonly timestamp: number;
  /** Undefined where the capture does not hold it; a view into the file. */
  readonly payload: Uint8Array | undefined;
  /** From where to where; empty where the format does not tell. */
  readonly flow: string;
}

/** Formats that are read. */
export type CaptureFormat = 'rtpdump' | 'pcap' | 'pcapng' | 'arrivals';

/** What a capture holds beside RTP packets. */
export interface CaptureContents {
  readonly format: CaptureFormat;
  /** Datagrams by what they are. */
  readonly datagrams: Readonly<Partial<Record<Protocol, number>>>;
  /** What could not be looked into, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason | 'line that is no packet', number>>>;
  /** CNAMEs told by RTCP, by SSRC. */
  readonly cnames: ReadonlyMap<number, string>;
  /** Flows on which DTLS was seen: what they carry is encrypted. */
  readonly encryptedFlows: ReadonlySet<string>;
  /** RTP clock rate in Hz, where the file tells. */
  readonly clockRate: number | undefined;
  /** Where reading had to end early. */
  readonly fault: CaptureFault | undefined;
}

/** A hostile capture names no more than so many sources and flows. */
const MAX_NAMES = 4096;

/**
 * Reads a capture of a format found out by its content, and tells `visit` its RTP packets in the order of the file.
 * Never throws for what a file holds, but a {@link CaptureError} for a format that is not known.
 */
export function readCapture(
  file: Uint8Array,
  visit: (packet: CapturedPacket) => void,
): CaptureContents {
  const format = formatOf(file);
  if (format === 'arrivals') return contentsOfTable(file, visit);
  const contents = new Contents(format, visit);
  const reader = READERS[format](file, (reason) => contents.skip(reason));
  for (;;) {
    const { done, value } = reader.next();
    if (done !== true) contents.add(value);
    else {
      contents.fault = value;
      return contents;
    }
  }
}

function contentsOfTable(
  file: Uint8Array,
  visit: (packet: CapturedPacket) => void,
): CaptureContents {
  let lines = 0;
  const table = readArrivals(
    file,
    (arrival) => visit({ ...arrival, payload: undefined, flow: '' }),
    () => void lines++,
  );
  return {
    format: 'arrivals',
    datagrams: {},
    skipped: lines === 0 ? {} : { 'line that is no packet': lines },
    cnames: new Map(),
    encryptedFlows: new Set(),
    ...table,
  };
}

/** Takes datagrams, tells RTP from what else there is, and keeps count. */
class Contents implements CaptureContents {
  readonly format: CaptureFormat;
  readonly datagrams: Partial<Record<Protocol, number>> = {};
  readonly skipped: Partial<Record<SkipReason, number>> = {};
  readonly cnames = new Map<number, string>();
  readonly encryptedFlows = new Set<string>();
  readonly clockRate: undefined;
  fault: CaptureFault | undefined;
  readonly #visit: (packet: CapturedPacket) => void;

  constructor(format: CaptureFormat, visit: (packet: CapturedPacket) => void) {
    this.format = format;
    this.#visit = visit;
  }

  skip(reason: SkipReason): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  add(datagram: Datagram): void {
    const { bytes, length, arrival, flow } = datagram;
    let protocol = datagram.kind ?? protocolOf(bytes);
    const inner = protocol === 'turn-channel' ? channelData(bytes) : undefined;
    if (inner !== undefined && protocolOf(inner) !== 'turn-channel') {
      this.add({ arrival, flow, bytes: inner, length: inner.length });
      return;
    }
    if (protocol === 'rtp') {
      const packet = parseRtp(bytes, length);
      if (packet === undefined) protocol = 'other';
      else this.#visit({ ...packet, arrival, flow });
    } else if (protocol === 'rtcp') this.#names(bytes);
    else if (protocol === 'dtls') this.#encrypted(flow);
    this.datagrams[protocol] = (this.datagrams[protocol] ?? 0) + 1;
  }

  #names(compound: Uint8Array): void {
    for (const packet of parseCompound(compound).packets)
      for (const { ssrc, items } of packet.type === 'source-description' ? packet.chunks : [])
        for (const { kind, text } of items)
          if (kind === SDES_CNAME && this.cnames.size < MAX_NAMES) this.cnames.set(ssrc, text);
  }

  /** What follows a handshake is encrypted both ways. */
  #encrypted(flow: string): void {
    if (this.encryptedFlows.size >= MAX_NAMES) return;
    const [from, to] = flow.split('>');
    this.encryptedFlows.add(flow).add(`${to}>${from}`);
  }
}

const READERS: Record<
  Exclude<CaptureFormat, 'arrivals'>,
  (file: Uint8Array, skip: Skip) => DatagramReader
> = {
  rtpdump: datagramsOfRtpdump,
  pcap: readPcap,
  pcapng: readPcapng,
};

function* datagramsOfRtpdump(file: Uint8Array): DatagramReader {
  const reader = readRtpdump(file);
  for (;;) {
    const { done, value } = reader.next();
    if (done === true) return value;
    const { arrival, bytes, length, rtcp } = value;
    yield { arrival, bytes, length, flow: '', kind: rtcp ? 'rtcp' : 'rtp' };
  }
}

function formatOf(file: Uint8Array): CaptureFormat {
  if (isRtpdump(file)) return 'rtpdump';
  if (isPcapng(file)) return 'pcapng';
  if (pcapLayout(file) !== undefined) return 'pcap';
  if (isArrivalTable(file)) return 'arrivals';
  throw new CaptureError(
    `the file is no rtpdump, pcap or pcapng file and no table of arrivals (${TABLE_COLUMNS})`,
  );
}
