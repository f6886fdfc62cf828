import { batchText, errorText, resultText } from '../json-rpc/index.js';
import type { JsonRpcError, JsonRpcId } from '../json-rpc/index.js';
import type { Answer } from './room-entry.js';

/** Someone who can be answered: a socket, or a peer whether its socket is there or not. */
export interface Party {
  send(text: string): void;
}

/** The answers to one batch: they are kept until the last is known and travel as one text (§6). */
export class Batch {
  readonly texts: string[];
  /** Requests without an answer, and one more while the batch is being read. */
  waiting: number;

  /** A batch that is being read; or one that was, of which `texts` and `waiting` are known. */
  constructor(texts: string[] = [], waiting = 1) {
    this.texts = texts;
    this.waiting = waiting;
  }
}

/** A request to be answered once. */
export interface Call {
  readonly id: JsonRpcId;
  readonly batch: Batch | undefined;
}

export const callOf = (id: JsonRpcId, batch: Batch | undefined): Call => {
  if (batch !== undefined) batch.waiting++;
  return { id, batch };
};

export function respond(party: Party, { id, batch }: Call, result: unknown): void {
  const text = resultText(id, result);
  if (batch === undefined) party.send(text);
  else settle(party, batch, text);
}

export function reject(party: Party, { id, batch }: Call, error: JsonRpcError): void {
  const text = errorText(id, error);
  if (batch === undefined) party.send(text);
  else settle(party, batch, text);
}

/** Answers `call` as it was answered before it got here. */
export function pass(party: Party, call: Call, answer: Answer): void {
  if (answer.error === undefined) respond(party, call, answer.result);
  else reject(party, call, answer.error);
}

/** Ends the reading of a batch; one of notifications alone is not answered (§6). */
export const endReading = (party: Party, batch: Batch): void => settle(party, batch, undefined);

function settle(party: Party, batch: Batch, text: string | undefined): void {
  if (text !== undefined) batch.texts.push(text);
  if (--batch.waiting === 0 && batch.texts.length > 0) party.send(batchText(batch.texts));
}
