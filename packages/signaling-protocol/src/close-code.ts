/** WebSocket close codes of the hub (RFC 6455 §7.4); those from 4000 are named after HTTP's. */
export const CloseCode = {
  /** The server lost touch with others that share its rooms; connect again, and resume. */
  SERVICE_RESTART: 1012,
  /** A message was larger than the limit; the peer is gone at once. */
  MESSAGE_TOO_LARGE: 1009,
  /** The token has expired; connect with a fresh one, and resume. */
  TOKEN_EXPIRED: 4401,
  /** An admin removed the peer. */
  REMOVED: 4403,
  /** The same peer came back on another connection with its resume token. */
  TAKEN_OVER: 4409,
  /** Far more was sent than the rate allows; the peer is gone at once. */
  FLOODING: 4429,
} as const;
