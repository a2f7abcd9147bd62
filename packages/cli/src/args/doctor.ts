import type { CommandSpec } from './spec.ts'

export const DOCTOR_COMMAND: CommandSpec = {
  name: 'doctor',
  purpose: 'Say which locks and memory maps work here, why others do not, and how to repair it',
  arguments: [['[dir]', 'also examine this directory; it is not created']],
  options: [],
  examples: ['batpak doctor', 'batpak doctor ./data', 'batpak doctor --json'],
  exits: [0, 2, 12],
  run: (session, [dir]) =>
    import('../commands/doctor.ts').then(({ doctorCommand }) => doctorCommand(session, dir)),
}
