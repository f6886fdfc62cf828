export { LabCommandError, LabUnavailableError } from './errors.js';
export { Lab } from './lab.js';
export { labMissing } from './lab-missing.js';
export type { LabCounters, LabOptions, LabSpawnOptions, LinkCounters, LinkName } from './lab.js';
export type { Profile, ProfileName } from './profile.js';
