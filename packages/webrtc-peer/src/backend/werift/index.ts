export { weriftBackend, type WeriftBackend, type WeriftBackendOptions } from './backend.js';
export { IceServerError } from './errors.js';
export { type WeriftTransport } from './transport.js';
