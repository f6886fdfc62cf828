import type { DataChannelOptions } from '../transport.js';

// message types (RFC 8832 §8.2.1) and channel types (§8.2.2)
const ACK = 0x02;
const OPEN = 0x03;
const UNORDERED = 0x80;
const REXMIT = 0x01;
const TIMED = 0x02;
const OPEN_BYTES = 12;
const MAX_LIMIT = 0xffff;

/** A message of the Data Channel Establishment Protocol. */
export type DcepMessage =
  | { readonly type: 'open'; readonly options: DataChannelOptions }
  | { readonly type: 'ack' };

/** Acknowledges a channel that was opened (RFC 8832 §5.2). */
export const writeAck = (): Buffer => Buffer.from([ACK]);

/** Opens a channel (RFC 8832 §5.1). Priority is that of normal traffic. */
export const writeOpen = (options: DataChannelOptions): Buffer => {
  const { maxRetransmits, maxPacketLifeTime } = options;
  const label = Buffer.from(options.label);
  const protocol = Buffer.from(options.protocol);
  const message = Buffer.alloc(OPEN_BYTES + label.length + protocol.length);
  const reliability = maxRetransmits === undefined ? 0 : REXMIT;
  const type = maxPacketLifeTime === undefined ? reliability : TIMED;
  message[0] = OPEN;
  message[1] = type | (options.ordered ? 0 : UNORDERED);
  message.writeUInt16BE(256, 2);
  message.writeUInt32BE(maxRetransmits ?? maxPacketLifeTime ?? 0, 4);
  message.writeUInt16BE(label.length, 8);
  message.writeUInt16BE(protocol.length, 10);
  label.copy(message, OPEN_BYTES);
  protocol.copy(message, OPEN_BYTES + label.length);
  return message;
};

/** Reads a message; undefined for what is none. */
export const parseDcep = (message: Buffer): DcepMessage | undefined => {
  if (message[0] === ACK) return { type: 'ack' };
  if (message[0] !== OPEN || message.length < OPEN_BYTES) return undefined;
  const type = message.readUInt8(1);
  const reliability = type & ~UNORDERED;
  const labelEnd = OPEN_BYTES + message.readUInt16BE(8);
  const end = labelEnd + message.readUInt16BE(10);
  if (reliability > TIMED || end > message.length) return undefined;
  const limit = Math.min(message.readUInt32BE(4), MAX_LIMIT);
  return {
    type: 'open',
    options: {
      label: message.toString('utf8', OPEN_BYTES, labelEnd),
      protocol: message.toString('utf8', labelEnd, end),
      ordered: (type & UNORDERED) === 0,
      ...(reliability === REXMIT && { maxRetransmits: limit }),
      ...(reliability === TIMED && { maxPacketLifeTime: limit }),
    },
  };
};
