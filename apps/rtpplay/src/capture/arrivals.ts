import { type Micros, micros } from '@rm/rtp-sync';
import Papa from 'papaparse';
import type { CaptureFault } from '@rm/webrtc-peer';

/** One line of a table of arrivals. */
export interface Arrival {
  readonly arrival: Micros;
  readonly sequence: number;
  readonly timestamp: number;
  /** 0 in tables without the column. */
  readonly ssrc: number;
  /** Undefined in tables without the column. */
  readonly payloadType: number | undefined;
}

/** What a table says of all its packets. */
export interface ArrivalTable {
  /** Of a comment `# clock_rate=HZ`. */
  readonly clockRate: number | undefined;
  readonly fault: CaptureFault | undefined;
}

/** What a table of arrivals must look like, for who gave another one. */
export const TABLE_COLUMNS: string =
  'a table of arrivals has the columns sequence, timestamp (RTP) and arrival_s, arrival_ms or arrival_us, ' +
  'and may have payload_type and ssrc; the names stand in its first line';

type Column = 'sequence' | 'timestamp' | 'payloadType' | 'ssrc' | 'seconds' | 'millis' | 'micros';

/** Column names in lower case without punctuation, those of `tshark -T fields` and of Wireshark's list among them. */
const COLUMNS: ReadonlyMap<string, Column> = new Map(
  Object.entries({
    sequence: 'sequence seq seqno seqnum sequencenumber rtpseq',
    timestamp: 'timestamp ts rtptimestamp rtpts',
    payloadType: 'payloadtype pt ptype rtpptype rtppt',
    ssrc: 'ssrc rtpssrc',
    seconds: 'arrivals arrivalseconds times timeseconds time frametimerelative frametimeepoch',
    millis: 'arrivalms timems',
    micros: 'arrivalus timeus',
  } satisfies Record<Column, string>).flatMap(([column, names]) =>
    names.split(' ').map((name): [string, Column] => [name, column as Column]),
  ),
);

const MICROS_IN: Partial<Record<Column, number>> = { seconds: 1e6, millis: 1000, micros: 1 };
/** So much is looked at to find the names of the columns. */
const HEAD_BYTES = 65_536;
/** What is longer may be no string in JavaScript. */
const MAX_BYTES = 2 ** 28;

/** Whether bytes read as a table of arrivals: a line in the beginning names its columns. */
export const isArrivalTable = (file: Uint8Array): boolean => columnsOf(file) !== undefined;

/**
 * Reads a table of arrivals: comma, semicolon or tab separated, the names of the columns in its first line, which
 * may be a comment. Lines that are no packet are told to `skip`.
 */
export function readArrivals(
  file: Uint8Array,
  visit: (packet: Arrival) => void,
  skip: (row: readonly string[]) => void,
): ArrivalTable {
  const columns = columnsOf(file);
  if (columns === undefined)
    return { clockRate: undefined, fault: { position: 0, reason: TABLE_COLUMNS } };
  const text = new TextDecoder().decode(file.subarray(0, MAX_BYTES));
  Papa.parse<string[]>(text, {
    comments: '#',
    skipEmptyLines: 'greedy',
    step: ({ data }) => {
      const packet = packetOf(data, columns);
      if (packet !== undefined) visit(packet);
      else if (toColumns(data) === undefined) skip(data);
    },
  });
  const clockRate = Number(/^#\s*clock_rate\s*=\s*(\d+)/m.exec(text.slice(0, HEAD_BYTES))?.[1]);
  const fault =
    file.length > MAX_BYTES
      ? { position: MAX_BYTES, reason: 'a table is read up to 256 MiB' }
      : undefined;
  return { clockRate: clockRate > 0 ? clockRate : undefined, fault };
}

/** Which column is where, from the first line that names what is needed. */
function columnsOf(file: Uint8Array): ReadonlyMap<Column, number> | undefined {
  const head = new TextDecoder().decode(file.subarray(0, HEAD_BYTES));
  for (const line of head.split(/\r?\n/, 64)) {
    const [row] = Papa.parse<string[]>(line.replace(/^#\s*/, '')).data;
    const columns = row && toColumns(row);
    if (columns !== undefined) return columns;
  }
  return undefined;
}

function toColumns(row: readonly string[]): ReadonlyMap<Column, number> | undefined {
  const columns = new Map<Column, number>();
  for (const [index, name] of row.entries()) {
    const column = COLUMNS.get(name.toLowerCase().replaceAll(/[^a-z]/g, ''));
    if (column !== undefined && !columns.has(column)) columns.set(column, index);
  }
  const timed = (['seconds', 'millis', 'micros'] as const).some((unit) => columns.has(unit));
  return columns.has('sequence') && columns.has('timestamp') && timed ? columns : undefined;
}

function packetOf(
  row: readonly string[],
  columns: ReadonlyMap<Column, number>,
): Arrival | undefined {
  const value = (column: Column): number | undefined => {
    const index = columns.get(column);
    if (index === undefined) return undefined;
    const text = row[index]?.trim() ?? '';
    return text === '' ? Number.NaN : Number(text);
  };
  const whole = (column: Column, limit: number, absent: number): number => {
    const found = value(column) ?? absent;
    return Number.isInteger(found) && found >= 0 && found < limit ? found : Number.NaN;
  };
  const sequence = whole('sequence', 2 ** 16, Number.NaN);
  const timestamp = whole('timestamp', 2 ** 32, Number.NaN);
  const ssrc = whole('ssrc', 2 ** 32, 0);
  const payloadType = whole('payloadType', 128, 0);
  const unit = (['micros', 'millis', 'seconds'] as const).find((name) => columns.has(name))!;
  const arrival = Math.round(value(unit)! * MICROS_IN[unit]!);
  if (![sequence, timestamp, ssrc, payloadType].every(Number.isInteger)) return undefined;
  if (!Number.isSafeInteger(arrival)) return undefined;
  return {
    arrival: micros(arrival),
    sequence,
    timestamp,
    ssrc,
    payloadType: columns.has('payloadType') ? payloadType : undefined,
  };
}
