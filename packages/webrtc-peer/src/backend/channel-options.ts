import { DataChannelError } from '../data/data-channel.js';
import type { DataChannelOptions } from './transport.js';

const MAX_NAME_BYTES = 65_535;
const MAX_LIMIT = 65_535;

const isLimit = (limit: number | undefined): boolean =>
  limit === undefined || (Number.isInteger(limit) && limit >= 0 && limit <= MAX_LIMIT);

const invalidChannel = (reason: string): DataChannelError =>
  new DataChannelError('INVALID_CHANNEL', `the data channel cannot be opened: ${reason}`);

/** @throws `DataChannelError` (`INVALID_CHANNEL`) for options out of range. */
export const checkChannelOptions = (options: DataChannelOptions): void => {
  const { label, protocol, maxRetransmits, maxPacketLifeTime } = options;
  if (Buffer.byteLength(label) > MAX_NAME_BYTES)
    throw invalidChannel('give a label of at most 65,535 bytes');
  if (Buffer.byteLength(protocol) > MAX_NAME_BYTES)
    throw invalidChannel('give a protocol of at most 65,535 bytes');
  if (maxRetransmits !== undefined && maxPacketLifeTime !== undefined)
    throw invalidChannel('give maxRetransmits or maxPacketLifeTime, not both');
  if (!isLimit(maxRetransmits)) throw invalidChannel('give a maxRetransmits of 0 to 65,535');
  if (!isLimit(maxPacketLifeTime))
    throw invalidChannel('give a maxPacketLifeTime of 0 to 65,535 ms');
};
