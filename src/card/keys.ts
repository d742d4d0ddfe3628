/** Keys of a card that come from fixed lists; in a file of their own, as threads load no schema. */

export const ROLES = ['exec', 'mtf', 'htf'] as const;
export type Role = (typeof ROLES)[number];

export const PRICE_KEYS = ['open', 'high', 'low', 'close', 'volume'] as const;
