import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generatingSystem } from '../../../test/random-generation.ts'
import { type SmallSystem, serve } from '../../../test/small-system.ts'
import { StepRecorder } from '../../stats/index.ts'
import type { Observer, Requests } from '../index.ts'

/** What runs state of contexts, beside what follows from the sequences in them. */
interface Stated {
  readonly longest: number
  readonly past: number
}

function statedAndFound(system: SmallSystem, padsContexts: boolean) {
  const { columns } = system.requests
  const pools = system.plan.pools.map((pool) => {
    return { ...pool, generation: { ...pool.generation!, padsContexts } }
  })
  const stated: Stated[] = []
  const found: Stated[] = []
  const observe = (requests: Requests): Observer => {
    const recorder = new StepRecorder(requests)
    const answers = new Map<number, number>()
    const past: number[] = []
    const completed: number[][] = []
    const lengthOf = (key: number) => columns.inputTokens[key]! + (answers.get(key) ?? 0)
    return {
      slotTaken: (executor, request, missing) => recorder.slotTaken(executor, request, missing),
      slotLeft(executor, request) {
        recorder.slotLeft(executor, request)
        const key = requests.key[request]!
        completed[executor] = (completed[executor] ?? []).filter((each) => each !== key)
      },
      prompted(executor, request, tokens, left) {
        recorder.prompted(executor, request, tokens, left)
        const key = requests.key[request]!
        past[executor] = (past[executor] ?? 0) + lengthOf(key) - left - tokens
        if (left === 0) completed[executor] = [...(completed[executor] ?? []), key]
      },
      stepped(now, run) {
        const { executor, longest, promptPast } = run
        recorder.stepped(now, run)
        const { generating, contexts, idle, decodes } = recorder.rows.at(-1)!
        const isStatic = system.plan.pools[0]!.generation!.policy === 'static'
        // the last token of a sequence that is done is computed again
        const waiting = isStatic && decodes > 0 ? idle.map((key) => lengthOf(key) - 2) : []
        stated.push({ longest, past: promptPast })
        found.push({
          longest: decodes > 0 ? Math.max(0, ...contexts, ...waiting) : 0,
          past: past[executor] ?? 0,
        })
        for (const key of generating) answers.set(key, (answers.get(key) ?? 0) + run.steps)
        for (const key of completed[executor] ?? []) answers.set(key, (answers.get(key) ?? 0) + 1)
        completed[executor] = []
        past[executor] = 0
      },
      batch: (now, batch) => recorder.batch(now, batch),
    }
  }
  serve({ ...system, plan: { ...system.plan, pools } }, { observe })
  return { stated, found }
}

describe.each(['continuous', 'static'] as const)('%s engines', (policy) => {
  test('state the longest context of each run, and what its prompts have before', () => {
    let [longest, past] = [0, 0]
    fc.assert(
      fc.property(generatingSystem({ policy }), (system) => {
        const { stated, found } = statedAndFound(system, true)
        expect(stated).toEqual(found)
        for (const each of stated) {
          longest = Math.max(longest, each.longest)
          past += each.past
        }
      }),
      { numRuns: 150 },
    )
    expect(longest).toBeGreaterThan(80)
    if (policy === 'continuous') expect(past).toBeGreaterThan(10_000)
  })

  test('state no longest context where nothing asks for it', () => {
    const [system] = fc.sample(generatingSystem({ policy }), { numRuns: 1, seed: 1 })
    const { stated } = statedAndFound(system!, false)
    expect(stated.every(({ longest }) => longest === 0)).toBe(true)
  })
})
