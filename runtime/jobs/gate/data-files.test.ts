import { describe, expect, test } from 'vitest'
import { EXIT, type Failure } from '../../../scenarios/index.ts'
import { hasModels, resolveSystem } from '../../../sim/experiment/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { madeUpProfile } from '../../../test/profiles.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import type { Prepared } from '../prepare.ts'
import { refuseChangedFiles } from '../refuse.ts'
import { changedFiles } from './data-files.ts'

/** Two versions of a repository with a model at one path, which is another file in each. */

const inputs = { x: { shape: ['batch', 8] } }
const scenario = scenarioOf({
  models: { own: { onnx: 'model.onnx', inputs }, other: { onnx: 'other.onnx', inputs } },
  pools: [
    { name: 'central', model: 'own' },
    { name: 'edge', model: 'other' },
  ],
})

const versionOf = (content: string) =>
  ({
    ...{ scenario, hash: 'h', file: 'a.yaml', directory: '.', notes: [], variants: [] },
    ...{ traces: new Map(), clients: new Map(), contents: [content, 'the same'] },
  }) satisfies Prepared

const [base, head] = [versionOf('content of base'), versionOf('content of head')]

/** As a calibration of some versions measures them: batches of each content take another time. */
function profileOf(...contents: readonly string[]): Profile {
  const [own, other] = madeUpProfile(scenario).models
  const measured = contents.map((content, i) => {
    const ms = own!.work.ms.map((row) => row.map((one) => (i + 1) * one))
    return { ...own!, content, work: { ...own!.work, ms } }
  })
  return { ...madeUpProfile(scenario), models: [...measured, { ...other!, content: 'the same' }] }
}

describe('a model that is another file at the same path', () => {
  test('has the times of its own content on each side', () => {
    const profile = profileOf('content of base', 'content of head')
    const took = [base, head].map((side) => resolveSystem(side, profile).models[0]!.work.ms[0]![0]!)
    expect(took[1]).toBe(2 * took[0]!)
    const contents = [base, head].map((side) => resolveSystem(side, profile).models[0]!.content)
    expect(contents).toEqual(['content of base', 'content of head'])
    // whatever was measured first
    const turned = profileOf('content of head', 'content of base')
    expect(resolveSystem(base, turned).models[0]!.content).toBe('content of base')
  })

  test('is not in a profile that has the other content', () => {
    const profile = profileOf('content of base')
    expect([base, head].map((side) => hasModels(side, profile))).toEqual([true, false])
    expect(hasModels(head, profileOf('content of base', 'content of head'))).toBe(true)
    expect(() => resolveSystem(head, profile)).toThrow(/has another model.onnx/)
  })

  test('is named among what has changed', () => {
    expect(changedFiles(base, head)).toEqual(['model.onnx on cpu: content of b → content of h'])
    expect(changedFiles(base, base)).toEqual([])
  })

  test('is refused by a run, which keeps its models by their paths', () => {
    const refused = () => refuseChangedFiles([base, head])
    expect(refused).toThrow(/model.onnx on cpu is another file on each side, at the same path/)
    try {
      refused()
    } catch (error) {
      expect((error as Failure).exitCode).toBe(EXIT.notComparable)
    }
    expect(() => refuseChangedFiles([base, base])).not.toThrow()
  })
})
