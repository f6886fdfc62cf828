export { createSignalingServer } from './server.js';
export type { CloseOptions, ListeningSignalingServer, SignalingServer } from './server.js';
export { SignalingServerError } from './errors.js';
export type { SignalingServerErrorCode } from './errors.js';
export type { AttachOptions, CommonOptions, ListenOptions, ServerLimits } from './options.js';
export type { JwtOptions } from './auth/gate.js';
export type { TokenRequirements } from './auth/token-verifier.js';
export type { IceServerOptions, TurnOptions } from './ice/ice-servers.js';
export type { TlsOptions } from './listener.js';
