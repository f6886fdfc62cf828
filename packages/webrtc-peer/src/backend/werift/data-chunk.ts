// flags of a DATA chunk (RFC 9260 §3.3.1)
export const LAST_FRAGMENT = 0x01;
export const FIRST_FRAGMENT = 0x02;
export const UNORDERED = 0x04;

/** Whether a transmission sequence number is after another (RFC 1982). */
export const isAfter = (tsn: number, other: number): boolean => ((tsn - other) | 0) > 0;
