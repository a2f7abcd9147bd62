/** Header flags: stored as given, never acted upon by the store. */
export const Flag = {
  requiresAck: 0x01,
  transactional: 0x02,
  replay: 0x08,
} as const
