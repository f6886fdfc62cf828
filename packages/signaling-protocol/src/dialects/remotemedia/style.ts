/** What a client speaks, as far as it has told. */
export type Style = 'unknown' | 'canonical' | 'rust' | 'server-js';

/** Fields of an announcement that only the protocol itself has. */
const CANONICAL_ANNOUNCEMENT = ['room', 'resume', 'resume_token', 'last_seq'];

/**
 * The style after a call: what a client has shown first it keeps, but for the methods of
 * `server.js`, whose names no other has.
 */
export function styleAfter(
  style: Style,
  method: string,
  params: Readonly<Record<string, unknown>>,
): Style {
  const shown = shownStyle(method, params);
  return style === 'unknown' || shown === 'server-js' ? (shown ?? style) : style;
}

/** Which style a call gives away; `undefined` if it could be of several. */
function shownStyle(method: string, params: Readonly<Record<string, unknown>>): Style | undefined {
  const has = (field: string): boolean => Object.hasOwn(params, field);
  switch (method) {
    case 'announce':
    case 'offer':
    case 'answer':
    case 'ice_candidate':
    case 'disconnect':
      return 'server-js';
    case 'peer.announce':
      return CANONICAL_ANNOUNCEMENT.some(has) ? 'canonical' : undefined;
    case 'peer.offer':
      return has('request_id') ? 'canonical' : 'rust';
    case 'peer.answer':
      return 'rust';
    case 'peer.ice_candidate':
      if (has('user_fragment')) return 'canonical';
      return has('sdp_mid') && has('sdp_m_line_index') ? undefined : 'rust';
    case 'peer.disconnect':
      return has('to') ? 'canonical' : 'rust';
    case 'peer.state_changed':
    case 'server.ice_servers':
      return 'canonical';
    default:
      return undefined;
  }
}
