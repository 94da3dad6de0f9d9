import { expect, test } from 'vitest'
import { madeUpProfile } from '../../../test/profiles.ts'
import { changed } from '../../../test/scenarios.ts'
import { put, temporaryFolder } from '../../../test/spillway.ts'
import type { InputSpec } from '../../models/index.ts'
import { loadSystem } from '../prepare.ts'
import { serveSetup } from './serve-setup.ts'

const folder = temporaryFolder()

const TWO_MODELS = `spillway: 1
name: two
duration_s: 1
models:
  net: { builtin: mlp, width: 8 }
  encoder: { builtin: transformer-encoder, layers: 1, hidden: 32, heads: 2, vocabulary: 100, pad_to: 8 }
traffic:
  - class: web
    model: net
    arrivals: { process: poisson, rate_rps: 10 }
  - class: text
    model: encoder
    arrivals: { process: poisson, rate_rps: 10 }
    input_tokens: { distribution: uniform, min: 3, max: 60 }
  - class: more
    model: encoder
    arrivals: { process: poisson, rate_rps: 10 }
    input_tokens: { distribution: uniform, min: 1, max: 20 }
pools:
  - { name: nets, model: net }
  - { name: texts, model: encoder }
  - { name: others, model: encoder }
`

const drawn = { fill: 'normal', vocabulary: 100 } as const
const X: InputSpec = { ...drawn, name: 'x', type: 'float32', shape: ['batch', 8] }
const IDS: InputSpec = { ...drawn, name: 'ids', type: 'int64', shape: ['batch', 'length'] }

async function setupOf(
  text: string,
  inputs: readonly (readonly InputSpec[])[] = [[X], [IDS], [IDS]],
) {
  const system = await loadSystem(put(folder, 'two.yaml', text), { profile: madeUpProfile(text) })
  const engines = inputs.map((of) => ({
    file: { path: 'm.onnx', key: '0', content: '0', bytes: 1, inputs: of },
  }))
  return serveSetup(system, engines, 16)
}

test('a model has the classes of its pools, and the longest request of them', async () => {
  expect(await setupOf(TWO_MODELS)).toEqual({
    models: [
      { name: 'net', inputs: [X], maxLength: 1, classes: [{ name: 'web', number: 0 }] },
      {
        name: 'encoder',
        inputs: [IDS],
        maxLength: 60,
        classes: [
          { name: 'text', number: 1 },
          { name: 'more', number: 2 },
        ],
      },
    ],
    decoders: [],
    pools: [
      { model: 0, lengths: [1, 1] },
      { model: 1, lengths: [64, 8] },
      { model: 1, lengths: [64, 8] },
    ],
    classes: ['web', 'text', 'more'],
    maxRequests: 16,
  })
})

test('pools of one model with other inputs are refused', async () => {
  await expect(setupOf(TWO_MODELS, [[X], [IDS], [X]])).rejects.toThrow(
    'models.encoder: its pools have other inputs',
  )
})

test('an input that requests have in common is refused', async () => {
  const whole: InputSpec = { ...X, shape: [8] }
  await expect(setupOf(TWO_MODELS, [[whole], [IDS], [IDS]])).rejects.toThrow(
    'models.net.inputs.x: its shape has no batch',
  )
})

test('a class that models share is refused', async () => {
  const shared = changed(TWO_MODELS, [/\n {4}model: [a-z]+/g, ''])
  await expect(setupOf(shared)).rejects.toThrow('traffic.web: pools of several models serve it')
})
