import { existsSync } from 'node:fs';
import type { LaunchOptions } from 'playwright-core';

/** Where Debian installs it. */
const executablePath = '/usr/bin/chromium';

/** Whether there is a Chromium on this machine. */
export const chromiumInstalled: boolean = existsSync(executablePath);

/** How it is started: without a window, and its pages may sound without a click. */
export const CHROMIUM: LaunchOptions = {
  executablePath,
  args: ['--autoplay-policy=no-user-gesture-required'],
};
