import { expect, test } from '@jest/globals';
import { micros } from '@rm/rtp-sync';
import type { TransportDataChannel } from '../../src/backend/transport.js';
import { DataChannel } from '../../src/data/data-channel.js';
import type { EncodedPicture } from '../../src/mesh/mesh-options.js';
import { Backlog } from '../../src/worker/backlog.js';
import { HostedChannels } from '../../src/worker/hosted-channels.js';
import type { MeshThread } from '../../src/worker/mesh-thread.js';
import { Outbox } from '../../src/worker/outbox.js';
import {
  type FromWorker,
  MAX_CHANNEL_BYTES,
  MAX_ENCODED_BYTES,
  type OpenedChannel,
} from '../../src/worker/protocol.js';
import { Reception } from '../../src/worker/reception.js';
import { TickWriter } from '../../src/worker/tick-ring.js';
import { WorkerDataChannel } from '../../src/worker/worker-data-channel.js';

const MEGABYTE = 1024 * 1024;

/** A channel hosted in a worker, what is told of it, and how to have it receive a megabyte. */
function hosted(maxRetransmits?: number): {
  channels: HostedChannels;
  opened: OpenedChannel;
  told: FromWorker[];
  receive: () => void;
} {
  const told: FromWorker[] = [];
  const outbox = new Outbox({ postMessage: (message: FromWorker) => told.push(message) });
  const channels = new HostedChannels(outbox);
  let state: TransportDataChannel['state'] = 'open';
  let receive = (): void => undefined;
  const channel = new DataChannel('a', (handlers) => {
    receive = () => handlers.message(new Uint8Array(MEGABYTE));
    return {
      label: 'x',
      protocol: 'other',
      ordered: true,
      ...(maxRetransmits !== undefined && { maxRetransmits }),
      get state() {
        return state;
      },
      bufferedAmount: 0,
      send: () => true,
      close: () => {
        state = 'closed';
        handlers.close();
      },
    };
  });
  return { channels, opened: channels.host(channel), told, receive: () => receive() };
}

const count = (told: readonly FromWorker[], kind: FromWorker['kind']): number =>
  told.filter((message) => message.kind === kind).length;

test('a reliable channel that its application does not read is closed, and what came before is told', () => {
  const { opened, told, receive } = hosted();
  for (let i = 0; i < 40; i++) receive();
  expect(count(told, 'channel-message')).toBe(MAX_CHANNEL_BYTES / MEGABYTE - 1);
  expect(told.at(-1)).toMatchObject({ kind: 'channel-closed', statistics: { state: 'closed' } });
  expect(opened.reliable).toBe(true);
});

test('a channel that may lose messages loses those that wait for too long, and goes on when it is read', () => {
  const { channels, opened, told, receive } = hosted(0);
  for (let i = 0; i < 40; i++) receive();
  expect(channels.messagesDropped).toBe(40 - 31);
  expect(count(told, 'channel-closed')).toBe(0);
  const thread = { gone: undefined } as unknown as MeshThread;
  const channel = new WorkerDataChannel(thread, opened);
  const read: number[] = [];
  channel.on('message', (message) =>
    read.push(message.kind === 'binary' ? message.data.length : 0),
  );
  for (const message of told.splice(0))
    if (message.kind === 'channel-message') channel.received(message.message, message.bytes);
  expect(read).toEqual(Array.from({ length: 31 }, () => MEGABYTE));
  receive();
  expect(count(told, 'channel-message')).toBe(1);
});

test('encoded pictures that were seen make room for others', () => {
  const reception = new Reception(
    () => undefined,
    () => undefined,
  );
  const writer = new Backlog(reception.encoded);
  const data = new Uint8Array(MAX_ENCODED_BYTES);
  expect([
    writer.admit(data.length, MAX_ENCODED_BYTES),
    writer.admit(1, MAX_ENCODED_BYTES),
  ]).toEqual([true, false]);
  reception.encodedPicture({ frame: { data } } as unknown as EncodedPicture);
  expect(writer.admit(data.length, MAX_ENCODED_BYTES)).toBe(true);
});

test('an application that takes longer than a tick for each has time for other things', () => {
  const reception = new Reception(
    () => undefined,
    () => undefined,
  );
  let [posted, ticks] = [0, 0];
  const writer = new TickWriter((news) => {
    posted++;
    reception.news(news);
  });
  const tick = (): void => writer.write(new Map(), micros(ticks * 10_000), () => posted);
  reception.onTick(() => {
    if (++ticks < 100) tick();
  });
  tick();
  reception.deliverTicks(posted);
  expect(ticks).toBe(1);
  reception.deliverTicks(posted);
  expect(ticks).toBe(2);
});
