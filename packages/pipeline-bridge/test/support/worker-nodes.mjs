// Node types for the tests of worker threads, loaded there by name.
import { threadId } from 'node:worker_threads';
import { setTimeout as delay } from 'node:timers/promises';
import { defineNode } from '@rm/pipeline-bridge';
import { z } from 'zod';

const none = z.strictObject({});
const say = (data, value) => ({
  kind: 'json',
  streamId: data.streamId,
  capture: data.capture,
  value,
});

/** Says which thread it runs in. */
export const whereAmI = defineNode({
  name: 'WhereAmI',
  params: none,
  create: () => ({ process: (data, emit) => emit(say(data, { threadId })) }),
});

/** Doubles samples or bytes where they are. */
const doubler = defineNode({
  name: 'Doubler',
  params: z.strictObject({ by: z.number().default(2) }),
  create: ({ by }) => ({
    mutates: true,
    process(data, emit) {
      const values = data.samples ?? data.pixels ?? data.bytes;
      for (let index = 0; index < values.length; index++) values[index] *= by;
      emit(data);
    },
  }),
});

/** Makes a new buffer of each, and remembers nothing. */
const negative = defineNode({
  name: 'Negative',
  params: none,
  create: () => ({
    process: (data, emit) => emit({ ...data, samples: data.samples.map((sample) => -sample) }),
  }),
});

/** Does what the text says. */
const obedient = defineNode({
  name: 'Obedient',
  params: none,
  create: (_, { reportError, emit: later }) => ({
    asynchronous: true,
    async process(data, emit) {
      if (data.kind !== 'text') return emit(data);
      if (data.text === 'throw') throw new Error('as told');
      if (data.text === 'exit') process.exit(3);
      if (data.text === 'hang') for (;;);
      if (data.text === 'report') reportError(new Error('reported'));
      if (data.text === 'later') setImmediate(() => later({ ...data, text: 'it is later' }));
      if (data.text === 'wait') await delay(50);
      emit({ ...data, text: `${data.text} done` });
    },
    close() {
      later({ kind: 'text', streamId: 'chat', capture: undefined, text: 'closing' });
    },
  }),
});

const unopened = defineNode({
  name: 'Unopened',
  params: none,
  create: () => ({
    open: () => Promise.reject(new Error('no model here')),
    process: () => undefined,
  }),
});

const neverOpen = defineNode({
  name: 'NeverOpen',
  params: none,
  create: () => ({ open: () => delay(3_600_000), process: () => undefined }),
});

export const all = [doubler, negative, obedient, unopened, neverOpen];
