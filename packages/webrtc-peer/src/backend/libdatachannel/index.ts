export type { LibdatachannelBackend } from './backend.js';
export { BackendUnavailableError, IceRestartError } from './errors.js';
export { libdatachannelBackend } from './load.js';
