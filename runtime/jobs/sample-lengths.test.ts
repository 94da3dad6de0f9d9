import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { floatSamples } from '../models/npy.test-helper.ts'
import { withFolder } from '../models/reference.test-helper.ts'
import { passingOn } from '../models/user-model.test-helper.ts'
import { prepare } from './prepare.ts'

/** What is said about samples of length 300 for requests of these lengths. */
async function notesOn(input_tokens: string, sample = floatSamples([2, 300], Array(600).fill(1))) {
  return withFolder(async (folder) => {
    writeFileSync(
      join(folder, 'm.onnx'),
      passingOn([{ name: 'x', type: 'FLOAT', shape: ['', ''] }]),
    )
    writeFileSync(join(folder, 'x.npy'), sample)
    const path = join(folder, 's.yaml')
    writeFileSync(
      path,
      `spillway: 1
name: s
duration_s: 1
models: { m: { onnx: m.onnx, inputs: { x: { shape: [batch, length], file: x.npy } } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 1 }, input_tokens: ${input_tokens} }]
pools: [{ name: a, model: m }, { name: b, model: m }]
`,
    )
    const notes: string[] = []
    await prepare(path, { onNote: (text) => notes.push(text) })
    return notes
  })
}

const samples = 'models.m.inputs.x: samples in x.npy have length 300, requests'
const remedy = 'input_tokens: { distribution: fixed, value: 300 } reads them whole'

test('samples that are cut or that zeros follow are named, once', async () => {
  expect(await notesOn('{ distribution: fixed, value: 512 }')).toEqual([
    `${samples} 512: zeros follow; ${remedy}`,
  ])
  expect(await notesOn('{ distribution: fixed, value: 160 }')).toEqual([
    `${samples} 160: samples are cut; ${remedy}`,
  ])
  expect(await notesOn('{ distribution: uniform, min: 160, max: 512 }')).toEqual([
    `${samples} 160 to 512: samples are cut for shorter ones, and zeros follow in longer ones; ${remedy}`,
  ])
})

test('nothing is said of samples that fit, or that are refused where they are used', async () => {
  const fitting = '{ distribution: fixed, value: 300 }'
  expect(await notesOn(fitting)).toEqual([])
  expect(await notesOn(fitting, Buffer.from('no samples'))).toEqual([])
})
