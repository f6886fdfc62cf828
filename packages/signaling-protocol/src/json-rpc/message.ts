/** A request id; `null` is an id too (JSON-RPC 2.0 §4), unlike an absent one. */
export type JsonRpcId = string | number | null;

/** Parameters by name or by position (JSON-RPC 2.0 §4.2). */
export type JsonRpcParams = Readonly<Record<string, unknown>> | readonly unknown[];

/** The error member of a response (JSON-RPC 2.0 §5.1); `code` is an integer. */
export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** One member of a received text, classified; nothing in it has been checked beyond JSON-RPC. */
export type IncomingMessage = Classified & {
  /** Number by which its sender can tell what has arrived, if it gives one; from 1. */
  readonly seq?: number;
};

type Classified =
  | {
      readonly kind: 'request';
      readonly id: JsonRpcId;
      readonly method: string;
      readonly params: JsonRpcParams | undefined;
    }
  | {
      readonly kind: 'notification';
      readonly method: string;
      readonly params: JsonRpcParams | undefined;
    }
  | { readonly kind: 'result'; readonly id: JsonRpcId; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: JsonRpcId; readonly error: JsonRpcError }
  /** Not a request: to be answered with an invalid-request error under `id`. */
  | { readonly kind: 'invalid'; readonly id: JsonRpcId; readonly message: string }
  /** A broken response: never answered, so that two engines cannot exchange errors for ever. */
  | { readonly kind: 'broken-response' };
