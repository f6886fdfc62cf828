import { getEnvironmentData, setEnvironmentData, threadId } from 'node:worker_threads';
import { preload, setSctpSettings } from 'node-datachannel';
import type { Backend, TransportConfig, TransportHandlers } from '../transport.js';
import { MAX_MESSAGE_SIZE } from './data-channel.js';
import { BackendUnavailableError } from './errors.js';
import { nativeIceServers } from './ice-servers.js';
import { LibdatachannelTransport } from './transport.js';

/** The backend over libdatachannel. */
export interface LibdatachannelBackend extends Backend {
  readonly name: 'libdatachannel';
  readonly restartsIce: false;
  createTransport(config: TransportConfig, handlers: TransportHandlers): LibdatachannelTransport;
}

const THREAD_KEY = '@rm/webrtc-peer/libdatachannel';

/** See `libdatachannelBackend`. */
export const createBackend = (): LibdatachannelBackend => {
  // The add-on keeps its classes for the first thread only, and takes the process down when another one uses it.
  const owner = getEnvironmentData(THREAD_KEY);
  if (owner !== undefined && owner !== threadId)
    throw new BackendUnavailableError(
      'another thread of this process uses it; give each a process, or use weriftBackend()',
    );
  setEnvironmentData(THREAD_KEY, threadId);
  // What is in the buffer cannot be overtaken by another channel.
  setSctpSettings({ sendBufferSize: MAX_MESSAGE_SIZE });
  preload();
  return {
    name: 'libdatachannel',
    restartsIce: false,
    validate: ({ iceServers }) => void nativeIceServers(iceServers),
    createTransport: (config, handlers) => new LibdatachannelTransport(config, handlers),
  };
};
