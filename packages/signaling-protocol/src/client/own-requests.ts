import { ErrorCode } from '../error-codes.js';
import type { RpcOutcome } from '../json-rpc/index.js';
import { decodeValue, METHODS } from '../messages/index.js';
import type { EngineOutput } from './engine-io.js';
import { RpcError } from './errors.js';
import type { SignalingError } from './errors.js';
import { descriptionFrom, peerInfoFrom } from './wire.js';

type Kind = 'offer' | 'list';

interface OwnRequest {
  readonly kind: Kind;
  readonly requestId: string;
}

/** Requests of this client that wait for their responses, by the id of their JSON-RPC request. */
export class OwnRequests {
  readonly #waiting = new Map<number, OwnRequest>();
  #last = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** A request id that no request of this client had before. */
  nextRequestId(kind: Kind): string {
    return `${kind}-${++this.#last}`;
  }

  add(rpcId: number, kind: Kind, requestId: string): void {
    this.#waiting.set(rpcId, { kind, requestId });
  }

  /** Removes a request; returns the id of its JSON-RPC request. */
  abandon(requestId: string): number | undefined {
    for (const [rpcId, request] of this.#waiting) {
      if (request.requestId !== requestId) continue;
      this.#waiting.delete(rpcId);
      return rpcId;
    }
    return undefined;
  }

  /** Removes the request that `outcome` ends and says how it ended; checks a remote result. */
  settle(rpcId: number, outcome: RpcOutcome): EngineOutput | undefined {
    const request = this.#waiting.get(rpcId);
    if (request === undefined) return undefined;
    this.#waiting.delete(rpcId);
    const { kind, requestId } = request;
    if (!outcome.ok) {
      return { kind: 'request-failed', requestId, error: new RpcError(outcome.error) };
    }
    return kind === 'offer'
      ? answered(requestId, outcome.result)
      : listed(requestId, outcome.result);
  }

  /** Removes the request and says that it has failed with `error`. */
  fail(rpcId: number, error: SignalingError): EngineOutput | undefined {
    const requestId = this.#waiting.get(rpcId)?.requestId;
    this.#waiting.delete(rpcId);
    return requestId === undefined ? undefined : { kind: 'request-failed', requestId, error };
  }

  /** Removes all; each has failed with `error`. */
  failAll(error: SignalingError): EngineOutput[] {
    const outputs = [...this.#waiting.values()].map(({ requestId }): EngineOutput => ({
      kind: 'request-failed',
      requestId,
      error,
    }));
    this.#waiting.clear();
    return outputs;
  }
}

function answered(requestId: string, result: unknown): EngineOutput {
  const answer = decodeValue(METHODS['peer.offer'].result, result, 'the answer');
  if (answer.ok) return { kind: 'answered', requestId, answer: descriptionFrom(answer.value) };
  const error = new RpcError({ ...answer.error, code: ErrorCode.ANSWER_INVALID });
  return { kind: 'request-failed', requestId, error };
}

function listed(requestId: string, result: unknown): EngineOutput {
  const list = decodeValue(METHODS['peer.list'].result, result, 'the result of peer.list');
  if (list.ok) return { kind: 'listed', requestId, peers: list.value.peers.map(peerInfoFrom) };
  return { kind: 'request-failed', requestId, error: new RpcError(list.error) };
}
