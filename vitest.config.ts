import { defineConfig } from 'vitest/config'

const shared = {
  testTimeout: 120_000,
  pool: 'forks' as const,
  setupFiles: ['test/random-seed.ts'],
}

const LAWS = 'test/{audit,audit-*,both-worlds,card,generation,overload,source,theory}.test.ts'

/**
 * `unit` stands beside the code; `laws` cut across it: theory, audit, both worlds; `suites` run the
 * command line and the runtime.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['{sim,runtime,scenarios,reports,tools}/**/*.test.ts'],
        },
      },
      {
        test: { ...shared, name: 'laws', include: [LAWS] },
      },
      {
        // live runs measure time: one file after another
        test: {
          ...shared,
          name: 'suites',
          include: ['test/**/*.test.ts'],
          exclude: [LAWS],
          fileParallelism: false,
        },
      },
    ],
  },
})
