import { describe, expect, test } from 'vitest'
import type { BaselineEntry, Stability, Verdict } from '../../documents/index.ts'
import { type HeadAlone, newCase, unlistedCase } from './new-scenario.ts'

const figures: BaselineEntry['figures'] = [
  { class: 'web', name: 'p99', unit: 'ms', better: 'lower', value: 10, low: 9, high: 11 },
]

function head(verdicts: readonly Verdict[], state: Stability['state'] = 'STABLE'): HeadAlone {
  const entry: BaselineEntry = {
    ...{ file: 'a.yaml', name: 'a', hash: 'h', version: '1.0.0', commit: null, profile: null },
    ...{ seed: 1, replications: 10, load: 0.5, figures, scenario: {} },
    objectives: verdicts.map((verdict, i) => ({ class: 'web', text: `o${i}`, verdict })),
  }
  return { entry, stability: { state, reason: 'by its backlog' } }
}

const OF_VERSION = 'main (abc) has no scenario a.yaml'
const OF_FILE = 'gate.json has no scenario a.yaml'

describe('a scenario that the other version does not have', () => {
  test('is new, with its figures and their intervals', () => {
    const fresh = newCase(head(['PASS']), 'main (abc)')
    expect(fresh).toMatchObject({
      verdict: 'NEW',
      reason: `${OF_VERSION}: there is nothing to compare it with`,
      figures,
    })
    expect(fresh.metrics).toMatchObject([{ class: 'web', name: 'o0', verdict: 'PASS' }])
  })

  test('fails by an objective of its own, which stands first', () => {
    const failed = newCase(head(['PASS', 'FAIL', 'FAIL']), 'main (abc)')
    expect(failed).toMatchObject({
      verdict: 'FAIL',
      reason: `${OF_VERSION}, and an objective fails: web: o1 and 1 more`,
      figures,
    })
    expect(failed.metrics.map(({ verdict }) => verdict)).toEqual(['FAIL', 'FAIL', 'PASS'])
  })

  test('fails where it is overloaded: no base shows that it always was', () => {
    expect(newCase(head([], 'OVERLOADED'), 'main (abc)')).toMatchObject({
      verdict: 'FAIL',
      reason: `${OF_VERSION}, and it is overloaded: by its backlog`,
    })
    expect(newCase(head(['FAIL'], 'OVERLOADED'), 'main (abc)').reason).toBe(
      `${OF_VERSION}, and it is overloaded: by its backlog, and an objective fails: web: o0`,
    )
  })

  test('is undecided where it fails by times that were not measured well', () => {
    const doubts = ['mlp: other programs used the machine', 'mlp: more']
    expect(newCase({ ...head([], 'OVERLOADED'), doubts }, 'main (abc)')).toMatchObject({
      verdict: 'UNDECIDED',
      reason: `${OF_VERSION}, and it is overloaded: by its backlog; by times in doubt: ${doubts[0]}`,
    })
    expect(newCase({ ...head(['PASS']), doubts }, 'main (abc)').verdict).toBe('NEW')
  })

  test('is undecided where an objective fails as stated, and is open by what is not known', () => {
    const open = { ...head(['UNDECIDED']), interval: 'inputs' as const }
    expect(newCase({ ...open, failsAsStated: true }, 'main (abc)').verdict).toBe('UNDECIDED')
    expect(newCase({ ...open, failsAsStated: false }, 'main (abc)').verdict).toBe('NEW')
  })

  test('names what is not decided', () => {
    const open = newCase(head(['UNDECIDED', 'PASS', 'UNDECIDED'], 'UNDECIDED'), 'main (abc)')
    expect(open.verdict).toBe('NEW')
    expect(open.reason).toBe(
      `${OF_VERSION}: there is nothing to compare it with; ` +
        'whether it is overloaded is not decided: by its backlog; not decided: web: o0 and 1 more',
    )
    expect(open.metrics.map(({ verdict }) => verdict)).toEqual(['UNDECIDED', 'UNDECIDED', 'PASS'])
  })
})

describe('a scenario that a baseline lacks', () => {
  test('cannot be compared, and has its figures', () => {
    expect(unlistedCase(head(['PASS']), 'gate.json')).toMatchObject({
      verdict: 'NOT COMPARABLE',
      reason: `${OF_FILE}; add it with --update`,
      figures,
    })
  })

  test.each([
    [head(['FAIL']), 'an objective fails: web: o0'],
    [head([], 'OVERLOADED'), 'it is overloaded: by its backlog'],
  ])('fails as a new one does: %#', (alone, fault) => {
    expect(unlistedCase(alone, 'gate.json')).toMatchObject({
      verdict: 'FAIL',
      reason: `${OF_FILE}, and ${fault}`,
    })
  })
})
