import { describe, expect, test } from 'vitest'
import { type RowColumn, Rows } from '../../sim/stats/index.ts'
import { keptRun } from '../jobs/audit.test-helper.ts'
import { rowsProblem } from './rows-problem.ts'

const { scenario, run } = keptRun()
const batched = run.rows.columns.batch.findIndex((batch) => batch >= 0)

function changed(name: RowColumn, key: number, value: number) {
  const rows = Rows.allocate(run.rows.count)
  for (const column of Object.keys(rows.columns) as RowColumn[]) {
    rows.columns[column].set(run.rows.columns[column])
  }
  rows.columns[name][key] = value
  return { ...run, rows }
}

describe('rows that no run can produce', () => {
  test('are rejected', () => {
    expect(rowsProblem(run, scenario)).toBe(null)
  })

  test.each<[RowColumn, number]>([
    ['class', 200],
    ['pool', 200],
    ['queue', 1e6],
    ['executor', 1e6],
    ['executor', -1],
    ['outcome', 9],
    ['refusal', 9],
    ['inputTokens', -1],
    ['part', 9],
    ['batchSize', 0],
    ['at', Number.NaN],
    ['at', 1e300],
    ['ended', Number.NaN],
    ['done', Number.POSITIVE_INFINITY],
    ['sent', -1e300],
  ])('are reported by the first of them: %s %f', (name, value) => {
    const problem = rowsProblem(changed(name, batched, value), scenario)
    expect(problem).toMatch(new RegExp(`^row ${batched}, ${name}: expected .*, got `))
  })

  test('may have models that were never loaded by any executor', () => {
    const move = { executor: 1e6, kind: 'load', asked: 0, started: 0, ended: 1, done: 1, ok: true }
    const problem = rowsProblem({ ...run, moves: [{ ...move, kind: 'load' }] }, scenario)
    expect(problem).toMatch(/^load 0, executor: expected 0 to \d+, got 1000000$/)
  })

  test('may have control times of more executors than there are', () => {
    const executors = scenario.pools.reduce((sum, { replicas }) => sum + replicas, 0)
    const control = [executors, executors + 1].map((count) => ({ at: 0, ms: Array(count).fill(1) }))
    expect(rowsProblem({ ...run, control: control.slice(0, 1) }, scenario)).toBe(null)
    const expected = `control 1: expected times of ${executors} executors, got ${executors + 1}`
    expect(rowsProblem({ ...run, control }, scenario)).toBe(expected)
  })

  test('may have probes of an executor that there is not', () => {
    const executors = scenario.pools.reduce((sum, { replicas }) => sum + replicas, 0)
    const probed = { size: 1, length: 8, idleMs: 0, gap: 0, ms: 1 }
    const problemOf = (executor: number) =>
      rowsProblem({ ...run, probes: [{ at: 0, batches: [{ ...probed, executor }] }] }, scenario)
    expect(problemOf(executors - 1)).toBe(null)
    expect(problemOf(executors)).toBe(
      `probe, executor: expected 0 to ${executors - 1}, got ${executors}`,
    )
  })
})
