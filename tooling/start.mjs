// `npm start`: set up, build, and become the demo. One process, so that Ctrl-C reaches it directly.
import { prepare } from './run.mjs';

prepare(['build'], { quiet: true });
await import('./demo/dist/main.js');
