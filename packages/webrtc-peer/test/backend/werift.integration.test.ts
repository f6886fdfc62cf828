import { weriftBackend } from '../../src/backend/werift/index.js';
import { complies } from './compliance/index.js';

complies(await weriftBackend());
