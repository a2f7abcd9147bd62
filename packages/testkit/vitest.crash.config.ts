import { defineConfig } from 'vitest/config'

// `npm run test:crash`: the crash tests with their full budgets, which print what they did.
export default defineConfig({
  root: import.meta.dirname,
  ssr: { resolve: { conditions: ['batpak-source', 'module', 'node', 'development'] } },
  test: {
    name: 'crash',
    include: ['test/core/*.crash.test.ts'],
    pool: 'forks',
    env: { BATPAK_CRASH: 'full' },
    disableConsoleIntercept: true,
  },
})
