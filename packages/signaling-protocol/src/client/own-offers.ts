import { ErrorCode } from '../error-codes.js';
import type { RpcOutcome } from '../json-rpc/index.js';
import { decodeValue, METHODS } from '../messages/index.js';
import type { EngineOutput } from './engine-io.js';
import { RpcError } from './errors.js';
import type { SignalingError } from './errors.js';
import { descriptionFrom } from './wire.js';

/** Offers of this client that wait for their answers, by the id of their JSON-RPC request. */
export class OwnOffers {
  readonly #requestIds = new Map<number, string>();
  #last = 0;

  /** A request id that no offer of this client had before. */
  nextRequestId(): string {
    return `offer-${++this.#last}`;
  }

  add(rpcId: number, requestId: string): void {
    this.#requestIds.set(rpcId, requestId);
  }

  /** Removes an offer; returns the id of its JSON-RPC request. */
  abandon(requestId: string): number | undefined {
    for (const [rpcId, known] of this.#requestIds) {
      if (known !== requestId) continue;
      this.#requestIds.delete(rpcId);
      return rpcId;
    }
    return undefined;
  }

  /** Removes the offer that `outcome` ends and says how it ended; checks a remote answer. */
  settle(rpcId: number, outcome: RpcOutcome): EngineOutput | undefined {
    const requestId = this.#requestIds.get(rpcId);
    if (requestId === undefined) return undefined;
    this.#requestIds.delete(rpcId);
    if (!outcome.ok) {
      return { kind: 'offer-failed', requestId, error: new RpcError(outcome.error) };
    }
    const answer = decodeValue(METHODS['peer.offer'].result, outcome.result, 'the answer');
    if (answer.ok) return { kind: 'answered', requestId, answer: descriptionFrom(answer.value) };
    const error = new RpcError({ ...answer.error, code: ErrorCode.ANSWER_INVALID });
    return { kind: 'offer-failed', requestId, error };
  }

  /** Removes all; each has failed with `error`. */
  failAll(error: SignalingError): EngineOutput[] {
    const outputs = [...this.#requestIds.values()].map((requestId): EngineOutput => ({
      kind: 'offer-failed',
      requestId,
      error,
    }));
    this.#requestIds.clear();
    return outputs;
  }
}
