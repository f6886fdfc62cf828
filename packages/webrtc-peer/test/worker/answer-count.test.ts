import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { AnswerCount } from '../../src/worker/answer-count.js';

const workers: Worker[] = [];

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

/** A thread that runs `body` with the `count` as Int32Array; it has begun. */
async function thread(count: AnswerCount, body: string): Promise<void> {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    const count = new Int32Array(workerData);
    parentPort.postMessage('here');
    ${body}`;
  const worker = new Worker(program, { eval: true, workerData: count.memory });
  workers.push(worker);
  await once(worker, 'message');
}

test('who is woken for the answer before stands still until the next is there', async () => {
  const count = new AnswerCount();
  await thread(
    count,
    `let woken = 0;
     while (woken < 20) woken += Atomics.notify(count, 0);
     Atomics.add(count, 0, 1);
     Atomics.notify(count, 0);`,
  );
  expect(count.waitFor(0, 15_000)).toBe(true);
  expect(count.current).toBe(1);
});

test('an answer that came before it was waited for is not waited for', () => {
  const count = new AnswerCount();
  const before = count.current;
  count.add();
  expect(count.waitFor(before, 0)).toBe(true);
});

test('who is woken again and again without an answer waits no longer than told', async () => {
  const count = new AnswerCount();
  await thread(count, 'for (;;) Atomics.notify(count, 0);');
  expect(count.waitFor(0, 50)).toBe(false);
});
