import type { BrowserContext, Page } from 'playwright-core';
import type { PageOptions } from './page/mesh-page.js';
import type { Site } from './site.js';

/** Opens a page that joins the room; resolves when it has its seat. */
export async function openPage(
  context: BrowserContext,
  site: Site,
  options: PageOptions,
): Promise<Page> {
  const page = await context.newPage();
  const address = new URL(site.url);
  for (const [name, value] of Object.entries(options) as [string, string | number][])
    address.searchParams.set(name, String(value));
  await page.goto(address.href);
  await page.waitForFunction(() => 'mesh' in window);
  return page;
}
