/** WebSocket sub-protocol of the messages; clients offer it to the server. */
export const SUB_PROTOCOL = 'rm.signaling.v1';
