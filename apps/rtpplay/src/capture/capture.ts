import type { Micros } from '@rm/rtp-sync';
import { type CaptureFault, isRtpdump, readRtpdump } from '@rm/webrtc-peer';
import { CaptureError } from '../errors.js';
import { TABLE_COLUMNS, isArrivalTable, readArrivals } from './arrivals.js';
import type { Datagram, DatagramReader, Skip, SkipReason } from './datagram.js';
import { pcapLayout, readPcap } from './pcap.js';
import { isPcapng, readPcapng } from './pcapng.js';
import { type Protocol, channelData, protocolOf } from './protocol.js';
import { readCnames } from './rtcp.js';
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
  const skipped: Partial<Record<SkipReason | 'line that is no packet', number>> = {};
  const datagrams: Partial<Record<Protocol, number>> = {};
  const skip: Skip = (reason) => void (skipped[reason] = (skipped[reason] ?? 0) + 1);
  const cnames = new Map<number, string>();
  const encryptedFlows = new Set<string>();
  const common = { format, datagrams, skipped, cnames, encryptedFlows };
  if (format === 'arrivals') {
    const notAPacket = 'line that is no packet';
    const table = readArrivals(
      file,
      (arrival) => visit({ ...arrival, payload: undefined, flow: '' }),
      () => (skipped[notAPacket] = (skipped[notAPacket] ?? 0) + 1),
    );
    return { ...common, ...table };
  }
  const look = (datagram: Datagram): void => {
    let protocol = datagram.kind ?? protocolOf(datagram.bytes);
    const { bytes, flow } = datagram;
    if (protocol === 'turn-channel') {
      const inner = channelData(bytes);
      if (inner !== undefined && protocolOf(inner) !== 'turn-channel') {
        look({ ...datagram, bytes: inner, length: inner.length });
        return;
      }
    }
    if (protocol === 'rtp') {
      const packet = parseRtp(bytes, datagram.length);
      if (packet === undefined) protocol = 'other';
      else visit({ ...packet, arrival: datagram.arrival, flow });
    } else if (protocol === 'rtcp')
      readCnames(bytes, (ssrc, cname) => {
        if (cnames.size < MAX_NAMES) cnames.set(ssrc, cname);
      });
    else if (protocol === 'dtls' && encryptedFlows.size < MAX_NAMES) {
      const [from, to] = flow.split('>');
      encryptedFlows.add(flow).add(`${to}>${from}`);
    }
    datagrams[protocol] = (datagrams[protocol] ?? 0) + 1;
  };
  const reader = READERS[format](file, skip);
  for (;;) {
    const { done, value } = reader.next();
    if (done === true) return { ...common, clockRate: undefined, fault: value };
    look(value);
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
