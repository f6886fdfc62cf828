/** A description of the other side that cannot be used. */
export class DescriptionError extends Error {
  override readonly name = 'DescriptionError';
  readonly code = 'INVALID_DESCRIPTION';

  constructor(type: 'offer' | 'answer', reason: string) {
    super(`the ${type} cannot be used: ${reason}`);
  }
}

/** Something was asked of a peer connection that is closed. */
export class PeerConnectionClosedError extends Error {
  override readonly name = 'PeerConnectionClosedError';
  readonly code = 'CONNECTION_CLOSED';

  constructor() {
    super('the peer connection is closed; make a new one');
  }
}
