export type { WeriftBackend, WeriftBackendOptions } from './backend.js';
export { IceServerError } from '../errors.js';
export { weriftBackend } from './load.js';
