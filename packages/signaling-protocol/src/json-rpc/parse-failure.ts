import { ErrorCode } from '../error-codes.js';
import type { JsonRpcLimits } from './limits.js';
import type { JsonRpcError } from './message.js';
import type { ParseFailure } from './parse.js';

/** The error that answers a text that was refused as a whole. */
export function parseFailureError(reason: ParseFailure, limits: JsonRpcLimits): JsonRpcError {
  const { maxMessageBytes, maxBatch, maxDepth } = limits;
  switch (reason) {
    case 'not-json':
      return { code: ErrorCode.PARSE_ERROR, message: 'the message is not JSON' };
    case 'message-too-large':
      return invalidRequest(`a message has at most ${maxMessageBytes} bytes; send less at once`);
    case 'nested-too-deep':
      return invalidRequest(`a message nests at most ${maxDepth} deep; flatten it`);
    case 'empty-batch':
      return invalidRequest('a batch has at least one member; leave the empty one out');
    case 'batch-too-long':
      return invalidRequest(`a batch has at most ${maxBatch} members; split it`);
  }
}

const invalidRequest = (message: string): JsonRpcError => ({
  code: ErrorCode.INVALID_REQUEST,
  message,
});
