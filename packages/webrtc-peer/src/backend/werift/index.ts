export { weriftBackend, type WeriftBackend, type WeriftBackendOptions } from './backend.js';
export { type TransportCounters } from './counters.js';
export { DescriptionError, IceServerError, TransportClosedError } from './errors.js';
export { type WeriftTransport } from './transport.js';
