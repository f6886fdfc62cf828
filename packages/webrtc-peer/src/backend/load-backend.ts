import { libdatachannelBackend, type LibdatachannelBackend } from './libdatachannel/index.js';
import { weriftBackend, type WeriftBackend } from './werift/index.js';

/** Which backend to use; `auto` for libdatachannel where it can be loaded, else werift. */
export type BackendName = 'werift' | 'libdatachannel' | 'auto';

/**
 * Makes a backend; its `name` says which.
 *
 * Rejects with `BackendUnavailableError` (`BACKEND_UNAVAILABLE`) where libdatachannel is asked for and cannot be loaded.
 */
export const loadBackend = (name: BackendName): Promise<WeriftBackend | LibdatachannelBackend> => {
  switch (name) {
    case 'werift':
      return weriftBackend();
    case 'libdatachannel':
      return libdatachannelBackend();
    case 'auto':
      return libdatachannelBackend().catch(() => weriftBackend());
  }
};
