import { defineConfig } from 'vitest/config'

// In-process tests run on the sources (condition `batpak-source`), so that core's tests and the
// testkit they use share one class identity. Tests that spawn a process use `dist`, which the test
// command has just built.
const packages = ['profile-schema', 'platform', 'core', 'testkit', 'cli']
const examples = ['quickstart', 'git-history']

// A path: the counts of the run are also written there as JSON (`.ci/run` prints them).
const report = process.env['BATPAK_TEST_REPORT']

export default defineConfig({
  test: {
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
    testTimeout: 30_000, // for machines that do something else as well
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.d.ts'],
    },
    projects: [
      ...packages.map((name) => ({ name, root: `packages/${name}` })),
      ...examples.map((name) => ({ name: `example-${name}`, root: `examples/${name}` })),
    ].map(({ name, root }) => ({
      extends: true as const,
      root,
      ssr: { resolve: { conditions: ['batpak-source', 'module', 'node', 'development'] } },
      test: { name, include: ['test/**/*.test.ts'], pool: 'forks' as const },
    })),
  },
})
