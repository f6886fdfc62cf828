// The thread of one node. What is thrown outside of `process` ends it, and its owner starts another.
import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '../errors.js';
import { createNode } from '../graph/create-node.js';
import { NodeTypes } from '../graph/node-types.js';
import type { Emit, PipelineNode } from '../graph/node.js';
import { loadNodeTypes } from '../graph/load-node-types.js';
import { builtInNodes } from '../nodes/built-in-nodes.js';
import { bytesOf } from '../runtime-data/bytes.js';
import type { Lease } from '../runtime-data/runtime-data.js';
import type { FromNode, NodeJob, ToNode } from './protocol.js';
import { SharedCopies } from './shared-copies.js';

/** Buffers of one size that are with the owner at most. */
const LENT = 16;

const job = workerData as NodeJob;
const port = parentPort!;
const copies = new SharedCopies(LENT);
const lent = new Map<number, Lease>();
let buffers = 0;

const waiting: Extract<ToNode, { kind: 'data' }>[] = [];
let current: Extract<ToNode, { kind: 'data' }> | undefined;
let closing = false;
let node: PipelineNode;

const post = (message: FromNode): void => port.postMessage(message);

const fail = (error: unknown): void => post({ kind: 'failed', message: errorText(error) });

const emit: Emit = (data) => {
  const bytes = bytesOf(data);
  const input = current === undefined ? undefined : bytesOf(current.data);
  if (bytes !== undefined && bytes.buffer === input?.buffer) {
    post({ kind: 'emitted', data, input: current!.sequence });
    return;
  }
  const shared = copies.share(data, false);
  if (shared === undefined) {
    fail(new Error(`all ${LENT} buffers are with slower nodes; ${data.kind} was dropped`));
    return;
  }
  if (shared.lease === undefined) {
    post({ kind: 'emitted', data: shared.data });
    return;
  }
  buffers += 1;
  lent.set(buffers, shared.lease);
  post({ kind: 'emitted', data: shared.data, buffer: buffers });
};

/** Runs what waits, one after the other; returns at the first promise and goes on when that has settled. */
function run(): void {
  while (current === undefined) {
    current = waiting.shift();
    if (current === undefined) {
      if (closing) void close();
      return;
    }
    try {
      const pending: unknown = node.process(current.data, emit);
      if (pending instanceof Promise) {
        pending.catch(fail).finally(() => {
          done();
          run();
        });
        return;
      }
    } catch (error) {
      fail(error);
    }
    done();
  }
}

function done(): void {
  post({ kind: 'done', sequence: current!.sequence });
  current = undefined;
}

async function close(): Promise<void> {
  try {
    await node.close?.();
  } catch (error) {
    fail(error);
  }
  post({ kind: 'closed' });
}

port.on('message', (message: ToNode) => {
  if (message.kind === 'data') waiting.push(message);
  else if (message.kind === 'release') {
    lent.get(message.buffer)?.release();
    lent.delete(message.buffer);
    return;
  } else if (message.kind === 'flush') {
    for (const { sequence } of waiting.splice(0)) post({ kind: 'done', sequence });
    void node.flush?.('flush');
    return;
  } else closing = true;
  run();
});

try {
  const types = new NodeTypes(
    job.module === undefined ? builtInNodes : await loadNodeTypes(job.module),
  );
  node = createNode(types, job.nodeType, job.params, {
    nodeId: job.nodeId,
    emit,
    reportError: fail,
  });
  await node.open?.();
  post({ kind: 'opened', mutates: node.mutates === true });
} catch (error) {
  fail(error);
}
