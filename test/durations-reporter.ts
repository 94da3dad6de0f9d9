import type { Reporter, TestModule, Vitest } from 'vitest/node'
import { type Durations, durationLines, recordDurations } from './durations.ts'

/**
 * Ends a run with its number of assertions and its slowest files. With RECORD_DURATIONS=1 it also
 * writes them to durations.json, from which the next runs take their order.
 */
export class DurationsReporter implements Reporter {
  #vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const { logger, config } = this.#vitest!
    const durations = Object.fromEntries(
      modules.map((module) => [module.relativeModuleId, durationOf(module)]),
    )
    logger.log(`${durationLines(durations).join('\n')}\n`)
    if (process.env.RECORD_DURATIONS === '1') recordDurations(config.root, durations)
  }
}

function durationOf(module: TestModule): Durations[string] {
  const tests = [...module.children.allTests()]
  // work at the top of a file is done while it is collected
  const { duration, collectDuration } = module.diagnostic()
  return {
    project: module.project.name,
    seconds: (duration + collectDuration) / 1000,
    tests: tests.length,
    assertions: tests.reduce((sum, test) => sum + (test.meta().assertions ?? 0), 0),
  }
}
