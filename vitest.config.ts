import { defineConfig } from 'vitest/config'

const shared = { testTimeout: 120_000, pool: 'forks' } as const

/** `unit` stands beside the code; `suites` cut across it: theory, command line, live runs. */
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
        // live runs measure time: one file after another
        test: { ...shared, name: 'suites', include: ['test/**/*.test.ts'], fileParallelism: false },
      },
    ],
  },
})
