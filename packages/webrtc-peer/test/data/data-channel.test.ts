import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DataChannel, type DataChannelError } from '../../src/data/data-channel.js';
import {
  type DataMessage,
  FRAME_BYTES,
  FRAMED_PROTOCOL,
  MessageReassembler,
} from '../../src/data/message-frames.js';
import { ChannelEnd } from './channel-pair.js';

interface Pair {
  readonly a: DataChannel;
  readonly b: DataChannel;
  readonly ends: readonly [ChannelEnd, ChannelEnd];
  readonly received: DataMessage[];
  /** Delivers until nothing is under way. */
  readonly settle: () => Promise<void>;
}

function pair(options: Partial<ConstructorParameters<typeof ChannelEnd>[0]> = {}): Pair {
  const ends = [0, 1].map(
    () => new ChannelEnd({ label: 'files', protocol: FRAMED_PROTOCOL, ordered: true, ...options }),
  ) as unknown as Pair['ends'];
  const [a, b] = ends.map(
    (end) =>
      new DataChannel('peer', (handlers) => {
        end.handlers = handlers;
        return end;
      }),
  ) as [DataChannel, DataChannel];
  const received: DataMessage[] = [];
  b.on('message', (message) => received.push(message));
  const settle = async (): Promise<void> => {
    while (ends[0].sent.length > 0) {
      ends[0].deliver(ends[1]);
      await Promise.resolve();
    }
  };
  return { a, b, ends, received, settle };
}

const open = ({ ends }: Pair): void => {
  for (const end of ends) end.open();
};

const codeOf = (sending: Promise<void>): Promise<string | undefined> =>
  sending.then(
    () => undefined,
    (error: DataChannelError) => error.code,
  );

test('text, bytes and JSON arrive as what they are, the empty ones too', async () => {
  const both = pair();
  open(both);
  const messages: DataMessage[] = [
    { kind: 'text', text: 'Grüße 👋' },
    { kind: 'text', text: '' },
    { kind: 'binary', data: Uint8Array.of(0, 255, 3) },
    { kind: 'binary', data: new Uint8Array() },
    { kind: 'json', payload: { a: [1, null, 'x'] } },
    { kind: 'json', payload: null },
  ];
  for (const message of messages) void both.a.send(message);
  await both.settle();
  expect(both.received).toEqual(messages);
});

test('messages of any size arrive whole and in order, however many at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.integer({ min: 0, max: 300_000 }),
          fc.constantFrom(FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 3e6),
        ),
        { maxLength: 6 },
      ),
      async (sizes) => {
        const both = pair();
        open(both);
        const sent = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
        const done = Promise.all(sent.map((data) => both.a.send(data)));
        await both.settle();
        await done;
        // Compared as a whole, which Jest's own comparison of large arrays takes minutes for.
        const bytes = both.received.map((message) =>
          Buffer.from(message.kind === 'binary' ? message.data : []),
        );
        expect(bytes.map((each, i) => each.equals(sent[i]!))).toEqual(sent.map(() => true));
      },
    ),
    { numRuns: 30 },
  );
});

test('who awaits each message never has more than one waiting', async () => {
  const both = pair();
  open(both);
  let inFlight = 0;
  const sending = (async () => {
    for (let i = 0; i < 50; i++) {
      inFlight++;
      await both.a.send(new Uint8Array(300_000));
      inFlight--;
    }
  })();
  for (let turn = 0; turn < 2000 && both.received.length < 50; turn++) {
    expect(inFlight).toBeLessThanOrEqual(1);
    // a mebibyte at the transport, and the one message that did not fit
    expect(both.a.statistics.bufferedAmount).toBeLessThanOrEqual(1_048_576 + 300_000);
    both.ends[0].deliver(both.ends[1]);
    await new Promise(setImmediate);
  }
  await sending;
  expect(both.received).toHaveLength(50);
});

test('what is sent before the channel is open waits for it', async () => {
  const both = pair();
  const sending = both.a.send('early');
  open(both);
  await sending;
  await both.settle();
  expect(both.received).toEqual([{ kind: 'text', text: 'early' }]);
});

test('too much is refused with what to do: too large, too many, closed', async () => {
  const both = pair();
  expect(await codeOf(both.a.send(new Uint8Array(16 * 1024 * 1024 + 1)))).toBe('MESSAGE_TOO_LARGE');
  const waiting = [0, 1].map(() => codeOf(both.a.send(new Uint8Array(16 * 1024 * 1024))));
  expect(await codeOf(both.a.send('one more'))).toBe('CHANNEL_BUSY');
  both.a.close();
  expect(await Promise.all(waiting)).toEqual(['CHANNEL_CLOSED', 'CHANNEL_CLOSED']);
  expect(await codeOf(both.a.send('late'))).toBe('CHANNEL_CLOSED');
  expect(both.a.statistics).toMatchObject({ messagesSent: 0, messagesLost: 2, bufferedAmount: 0 });
});

test('a channel that loses or reorders takes what fits into one frame', async () => {
  for (const options of [{ ordered: false }, { maxRetransmits: 0 }]) {
    const both = pair(options);
    open(both);
    expect(await codeOf(both.a.send(new Uint8Array(FRAME_BYTES + 1)))).toBe('MESSAGE_TOO_LARGE');
    await both.a.send(new Uint8Array(FRAME_BYTES));
    await both.settle();
    expect(both.received).toHaveLength(1);
  }
});

test('with another sub-protocol messages go as they are, and one too large does not hold up the next', async () => {
  const both = pair({ protocol: 'chat' });
  open(both);
  const tooLarge = codeOf(both.a.send(new Uint8Array(70_000)));
  void both.a.send('hello');
  void both.a.send(Uint8Array.of(1));
  await both.settle();
  expect(await tooLarge).toBe('MESSAGE_TOO_LARGE');
  expect(both.received).toEqual([
    { kind: 'text', text: 'hello' },
    { kind: 'binary', data: Uint8Array.of(1) },
  ]);
});

test('a listener that throws is told, and the others hear the message', async () => {
  const both = pair();
  const errors: unknown[] = [];
  both.b.on('listener-error', ({ error }) => errors.push(error));
  both.b.on('message', () => {
    throw new Error('mine');
  });
  open(both);
  await both.a.send('x');
  await both.settle();
  expect(errors).toEqual([new Error('mine')]);
  expect(both.received).toHaveLength(1);
});

test('frames of any bytes give a message, nothing, or a fault, and never hold more than a message', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (frames) => {
      const reassembler = new MessageReassembler();
      const faults = frames
        .map((frame) => reassembler.add(frame))
        .flatMap((result) => (result.ok ? [] : result.reason))
        .filter((reason) => reason !== 'malformed' && reason !== 'too-large');
      expect(faults).toEqual([]);
    }),
    { numRuns: 2000 },
  );
  const endless = new MessageReassembler();
  const piece = new Uint8Array(FRAME_BYTES + 1);
  const results = Array.from({ length: 1025 }, (_, i) => {
    const frame = piece.slice();
    frame[0] = 1 | 4 | (i > 0 ? 8 : 0);
    return endless.add(frame).ok;
  });
  expect(results.indexOf(false)).toBe(1024);
});
