const HOST = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])`;
const PORT = String.raw`(?::(?<port>\d{1,5}))?`;
const STUN_URI = new RegExp(`^stuns?:${HOST}${PORT}$`, 'i');
const TURN_URI = new RegExp(String.raw`^turns?:${HOST}${PORT}(?:\?transport=(?:udp|tcp))?$`, 'i');

const MAX_LENGTH = 512;

/** Whether `text` is a `stun:` or `stuns:` URI (RFC 7064 §3.1). */
export const isStunUri = (text: string): boolean => matches(STUN_URI, text);

/** Whether `text` is a `turn:` or `turns:` URI (RFC 7065 §3.1). */
export const isTurnUri = (text: string): boolean => matches(TURN_URI, text);

function matches(pattern: RegExp, text: string): boolean {
  const groups = text.length <= MAX_LENGTH ? pattern.exec(text)?.groups : undefined;
  if (groups === undefined) return false;
  const { port } = groups;
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}
