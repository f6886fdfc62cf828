import { parseMessage, type Connection } from 'werift';
import { agentOf } from './internals.js';

/** Most remote candidates that one ICE session checks, and checks it keeps for later. */
export const MAX_REMOTE_CANDIDATES = 64;

/**
 * Lets only those checks through to werift that know our username fragment and password (RFC 8445 §7.3), and only
 * from so many addresses. werift answers any check, and takes its word for which role is whose.
 */
export const guardChecks = (connection: Connection, ignored: () => void): void => {
  const agent = agentOf(connection);
  const admits = (username: unknown, [host, port]: readonly [string, number]): boolean => {
    const { localUsername, remoteCandidates } = connection;
    if (typeof username !== 'string' || !username.startsWith(`${localUsername}:`)) return false;
    if (agent.earlyChecks.length >= MAX_REMOTE_CANDIDATES) return false;
    if (remoteCandidates.length < MAX_REMOTE_CANDIDATES) return true;
    return remoteCandidates.some((known) => known.host === host && known.port === port);
  };
  const follow = agent.ensureProtocol.bind(connection);
  agent.ensureProtocol = (socket) => {
    follow(socket);
    const event = socket.onRequestReceived;
    const { execute } = event;
    event.execute = (message, from, datagram) => {
      const known =
        admits(message.getAttributeValue('USERNAME'), from) &&
        parseMessage(datagram, Buffer.from(connection.localPassword)) !== undefined;
      if (known) execute(message, from, datagram);
      else ignored();
    };
  };
};
