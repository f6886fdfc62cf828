import { libdatachannelBackend } from '../../src/backend/libdatachannel/index.js';
import { complies } from './compliance/index.js';

complies(await libdatachannelBackend());
