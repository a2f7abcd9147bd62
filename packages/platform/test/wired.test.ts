import { expect, it } from 'vitest'
it('is wired', () => { expect(1).toBe(1) })
