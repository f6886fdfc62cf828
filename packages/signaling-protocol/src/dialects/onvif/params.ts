import * as z from 'zod';
import * as field from '../../messages/fields.js';

const name = z.string().max(field.FieldLimit.USER_DATA_JSON_LENGTH / 2);
const profile = z.string().max(field.FieldLimit.ID_LENGTH);
const names = field.capabilities;

/** Parameters and results of the ONVIF WebRTC specification, §5.2; access tokens are not read. */
export const register = z.object({
  id: field.id.optional(),
  name: name.optional(),
  capabilities: names.default([]),
});

export const connect = z.object({ peer: field.id, profile: profile.optional() });

/** What a device answers to `connect`. */
export const connected = z.object({ capabilities: names.optional() });

export const invite = z.object({
  session: field.requestId,
  offer: field.sdp,
  subprotocols: names.optional(),
});

/** What is answered to `invite`. */
export const invited = z.object({ answer: field.sdp, subprotocols: names.optional() });

/** An RTCIceCandidateInit (W3C WebRTC §4.8.1); its bounds are those of the hub. */
const candidateInit = z.object({
  candidate: z.string().nullish(),
  sdpMid: z.string().nullish(),
  sdpMLineIndex: z.number().nullish(),
  usernameFragment: z.string().nullish(),
});

export const trickle = z.object({ session: field.requestId, candidate: candidateInit.nullish() });

export const extend = z.object({ session: field.requestId });

export const error = z.object({
  code: z.int(),
  message: field.reason.max(field.FieldLimit.REASON_LENGTH - 16).default(''),
  session: field.requestId,
});

/** What two ONVIF ends tell each other over the hub, which knows neither sessions nor profiles. */
export const note = z.object({
  connect: z.object({ session: field.requestId, profile: profile.optional() }).optional(),
  /** The session that is to last longer. */
  extend: field.requestId.optional(),
  capabilities: names.optional(),
  subprotocols: names.optional(),
});

export type Note = z.output<typeof note>;
