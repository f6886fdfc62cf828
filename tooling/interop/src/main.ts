// Serves the page for a browser of your own, and prints where.
import { serveSite } from './site.js';

const site = await serveSite();
console.log(`${site.url}?signaling=ws://localhost:8080&room=demo&id=browser`);
