import { LabUnavailableError } from './errors.js';
import { Lab } from './lab.js';

/** Why there can be no laboratory here, and what to do about it; undefined where there can. */
export async function labMissing(): Promise<string | undefined> {
  try {
    const lab = await Lab.start();
    await lab.close();
    return undefined;
  } catch (error) {
    if (error instanceof LabUnavailableError) return error.message;
    throw error;
  }
}
