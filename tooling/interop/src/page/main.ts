import { MeshPage, type PageOptions } from './mesh-page.js';

declare global {
  interface Window {
    /** There from the moment the page has joined. */
    mesh: MeshPage;
  }
}

const { tone, ...given } = Object.fromEntries(new URLSearchParams(location.search));
const options = { ...given, ...(tone !== undefined && { tone: Number(tone) }) };
const page = new MeshPage(options as unknown as PageOptions);
await page.join();
window.mesh = page;
