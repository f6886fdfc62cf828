import { parseJsonRpc } from '../../json-rpc/index.js';
import type { JsonRpcLimits } from '../../json-rpc/index.js';

/**
 * The error of a notification in the layout of the ONVIF specification §5.2.7, which is that of a
 * response without an id; `undefined` if `text` is anything else.
 */
export function errorNotice(
  text: string,
  limits: JsonRpcLimits,
): Readonly<Record<string, unknown>> | undefined {
  if (!text.includes('"error"') || text.includes('"method"')) return undefined;
  if (!parseJsonRpc(text, limits).ok) return undefined;
  const json = JSON.parse(text) as Record<string, unknown> | unknown[];
  if (Array.isArray(json) || Object.hasOwn(json, 'id')) return undefined;
  const { error } = json;
  return typeof error === 'object' && error !== null && !Array.isArray(error)
    ? { ...error }
    : undefined;
}

/** The text of such a notification. */
export const noticeText = (code: number, message: string, session: string): string =>
  JSON.stringify({ jsonrpc: '2.0', error: { code, message, session } });
