import { afterEach, describe } from '@jest/globals';
import type { Backend } from '../../../src/backend/transport.js';
import { candidatesComply } from './candidates.js';
import { closingComplies } from './closing.js';
import { connectingComplies } from './connecting.js';
import { dataChannelsComply } from './data-channels.js';
import { closeAll } from './endpoints.js';
import { iceRestartComplies } from './ice-restart.js';
import { mediaComplies } from './media.js';

/** What every backend must do, as tests of the one that is given. */
export const complies = (backend: Backend): void => {
  describe(`the ${backend.name} backend`, () => {
    afterEach(closeAll);
    closingComplies(backend);
    connectingComplies(backend);
    candidatesComply(backend);
    mediaComplies(backend);
    iceRestartComplies(backend);
    dataChannelsComply(backend);
  });
};
