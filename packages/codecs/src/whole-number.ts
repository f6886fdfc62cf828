import { ArgumentError } from './errors.js';

/** Gives `value` back; throws `ArgumentError` unless it is a whole number from `min` to `max`. */
export function wholeNumber(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ArgumentError(`${name} is ${value}; give a whole number from ${min} to ${max}`);
  }
  return value;
}
