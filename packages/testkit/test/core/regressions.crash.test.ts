/**
 * The known failures of batpak 0.8.0 as saved programs.
 * Harness pattern: Fault-Injection Harness.
 * PROVES: none of the failures F1 to F14 of the reference happens here: each program ends with every promise kept.
 * CATCHES: M09 M10 M11 M12 M14 M17 M18 M19 M20 M42; the rule behind a failure lost in a later change.
 * SEEDED: deterministic / no randomness: the programs are files.
 */
import { expect, it } from 'vitest'
import { replayProgram } from '../../src/index.ts'
import { savedRegressions } from '../support/regressions.ts'

for (const { id, title, rule, program } of savedRegressions()) {
  it(`${id}: ${title} (${rule})`, () => {
    expect(replayProgram(program).images).toBeGreaterThan(0)
  })
}
