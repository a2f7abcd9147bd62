import { defineConfig } from 'vitest/config'

// `npm run test:model`: many random programs, and figures of what they did.
export default defineConfig({
  root: import.meta.dirname,
  ssr: { resolve: { conditions: ['batpak-source', 'module', 'node', 'development'] } },
  test: {
    name: 'model',
    include: ['test/core/*.model.test.ts'],
    pool: 'forks',
    env: { BATPAK_RUNS: process.env['BATPAK_RUNS'] ?? '1000' },
    disableConsoleIntercept: true,
  },
})
