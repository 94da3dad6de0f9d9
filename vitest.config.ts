import { defineConfig } from 'vitest/config'

const shared = {
  // ms; only a test that hangs takes so long, also on a busy machine
  testTimeout: 600_000,
  hookTimeout: 600_000,
  pool: 'forks' as const,
  setupFiles: ['test/random-seed.ts'],
  restoreMocks: true,
  // by default one core is left idle, of two
  maxWorkers: '100%',
}

const COMMANDS = 'test/cli-*.test.ts'
const SUITES = 'test/live-*.test.ts'

/**
 * `unit` stands beside the code; `laws` cut across it: theory, audit, simulated and live;
 * `commands` run the built command line, and `suites` what it measures.
 */
export default defineConfig({
  test: {
    projects: [
      {
        // what the code is made of is loaded once, not once a file: that took half of the time
        test: {
          ...shared,
          name: 'unit',
          isolate: false,
          include: ['{sim,runtime,scenarios,reports,tools}/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'laws',
          include: ['test/**/*.test.ts'],
          exclude: [COMMANDS, SUITES],
        },
      },
      {
        test: { ...shared, name: 'commands', include: [COMMANDS] },
      },
      {
        // replays mostly wait for the clock, and no test decides by time: so they run beside others
        test: {
          ...shared,
          name: 'suites',
          include: [SUITES],
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
