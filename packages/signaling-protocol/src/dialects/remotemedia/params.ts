import type { JsonRpcParams } from '../../json-rpc/index.js';

/** Fields of parameters by name; none for those by position, which no method takes. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of `params`; without any if there are none, which upstream servers refuse. */
export const fieldsOf = (params: JsonRpcParams | undefined): Fields =>
  params === undefined || Array.isArray(params) ? {} : (params as Fields);

/** Parameters of `peer.announce`; a client may say its capabilities as flags, `{ audio: true }`. */
export function announceParams(
  { peer_id, capabilities, user_data, room: named }: Fields,
  room: string | undefined,
): Fields {
  const isFlags =
    typeof capabilities === 'object' && capabilities !== null && !Array.isArray(capabilities);
  const list = isFlags
    ? Object.entries(capabilities).flatMap(([name, has]) => (has ? [name] : []))
    : capabilities;
  return {
    peer_id,
    capabilities: list ?? [],
    user_data: user_data ?? {},
    ...optional('room', named ?? room),
  };
}

/** Parameters of `peer.offer`; whether candidates trickle the clients mostly leave out. */
export const offerParams = (
  fields: Fields,
  requestId: string,
): Fields & { readonly request_id: string } => ({
  to: addressee(fields),
  sdp: fields['sdp'],
  can_trickle_ice_candidates: fields['can_trickle_ice_candidates'] ?? true,
  request_id: requestId,
});

/** Parameters of `peer.ice_candidate`. */
export const candidateParams = (fields: Fields): Fields => ({
  to: addressee(fields),
  candidate: fields['candidate'],
  sdp_mid: fields['sdp_mid'] ?? null,
  sdp_m_line_index: fields['sdp_m_line_index'] ?? fields['sdp_mline_index'] ?? null,
  ...optional('user_fragment', fields['user_fragment']),
});

/** Who a message is for, in the words of either server. */
export const addressee = ({ to, to_peer_id }: Fields): unknown => to ?? to_peer_id;

const optional = (name: string, value: unknown): Fields =>
  value === undefined ? {} : { [name]: value };
