import { availableParallelism } from 'node:os'
import { register } from 'tsx/esm/api'
import { defineConfig } from 'vitest/config'
import { DurationsReporter } from './test/durations-reporter.ts'
import { LongestFirst } from './test/longest-first.ts'

// for the global setup
register()

const shared = {
  // ms; only a test that hangs takes so long, also on a busy machine
  testTimeout: 600_000,
  hookTimeout: 600_000,
  pool: 'forks' as const,
  // Node itself loads the code: through Vite's modules each call of an import goes through a getter
  execArgv: ['--import', 'tsx', '--max-semi-space-size=64'],
  experimental: { viteModuleRunner: false, nodeLoader: false },
  // what the code is made of is loaded once a worker, not once a file
  isolate: false,
  globalSetup: 'test/bundle-children.ts',
  setupFiles: ['test/no-flags.ts', 'test/random-seed.ts', 'test/count-assertions.ts'],
  restoreMocks: true,
  // by default one core is left idle, of two
  maxWorkers: '100%',
}

/** Tests that wait for processes or for the clock leave a part of each core to others. */
const FEW_AT_ONCE = { maxWorkers: 2 * availableParallelism() }

const COMMANDS = 'test/{cli-*,site}.test.ts'
const SUITES = 'test/live-*.test.ts'

/**
 * `unit` stands beside the code; `laws` cut across it: theory, audit, simulated and live;
 * `commands` run the built command line and build the site, and `suites` what it measures.
 */
export default defineConfig({
  test: {
    reporters: ['default', new DurationsReporter()],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['{sim,runtime,scenarios,reports,tools}/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          ...FEW_AT_ONCE,
          name: 'laws',
          sequence: { groupOrder: 1 },
          include: ['test/**/*.test.ts'],
          exclude: [COMMANDS, SUITES],
        },
      },
      {
        test: {
          ...shared,
          ...FEW_AT_ONCE,
          name: 'commands',
          include: [COMMANDS],
          sequence: { groupOrder: 1 },
        },
      },
      {
        // replays mostly wait for the clock, and no test decides by time
        test: {
          ...shared,
          name: 'suites',
          ...FEW_AT_ONCE,
          include: [SUITES],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
