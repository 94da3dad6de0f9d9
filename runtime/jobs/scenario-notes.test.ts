import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scenarioOf } from '../../test/scenarios.ts'
import { floatSamples } from '../models/npy.test-helper.ts'
import { withFolder } from '../models/reference.test-helper.ts'
import { passingOn } from '../models/user-model.test-helper.ts'
import { prepare } from './prepare.ts'
import { doubtfulValues } from './scenario-notes.ts'

const scenario = (surge: object, ms: readonly number[]) =>
  scenarioOf({
    duration_s: 300,
    models: { scorer: { work: { law: 'table', sizes: [1, 8], ms } } },
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: 10, surges: [{ factor: 4, ...surge }] },
      },
    ],
    pools: [{ name: 'central', model: 'scorer' }],
  })

test('a surge whose peak the end of the traffic cuts is doubtful', () => {
  const cut = { at_s: 240, rise_s: 60, hold_s: 300 }
  expect(doubtfulValues(scenario(cut, [14, 44]))).toEqual([
    'traffic.web.arrivals.surges.0: its peak lasts until 600 s, but the traffic ends at duration_s 300; raise duration_s, or let the surge begin earlier',
  ])
  // its decay may be cut, and of surges that repeat the last one
  const decays = { at_s: 200, rise_s: 50, hold_s: 50, decay_s: 100 }
  expect(doubtfulValues(scenario(decays, [14, 44]))).toEqual([])
  expect(doubtfulValues(scenario({ ...cut, every_s: 1000 }, [14, 44]))).toEqual([])
})

test('a larger batch that takes less time is doubtful', () => {
  const within = { at_s: 10, hold_s: 5 }
  expect(doubtfulValues(scenario(within, [44, 14]))).toEqual([
    'models.scorer.work: a batch of 8 takes 14 ms, less than one of 1 (44 ms); check the order of sizes and ms',
  ])
})

const folder = mkdtempSync(join(tmpdir(), 'spillway-unclaimed-'))

test('rows of a trace that no class takes are named, with how to take them', async () => {
  writeFileSync(join(folder, 'log.csv'), 'ts,url\n1,/a\n2,/b\n3,/b\n4,/c\n')
  const path = join(folder, 's.yaml')
  const noted = async (classes: string) => {
    writeFileSync(
      path,
      `spillway: 1
name: classes
duration_s: 10
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [${classes}]
pools: [{ name: p, model: m }]
`,
    )
    const notes: string[] = []
    await prepare(path, { onNote: (text) => notes.push(text) })
    return notes
  }
  const taking = (name: string, values: string) =>
    `{ class: ${name}, arrivals: { process: trace, file: log.csv, columns: { class: url }, class_values: [${values}] } }`
  const [guessed, ...left] = await noted(`${taking('a', '/a')}, ${taking('b', '/c')}`)
  expect(guessed).toContain('read as csv')
  expect(left).toEqual([
    'log.csv: 2 rows are in no class: those with url "/b"; class_values of a class take them',
  ])
  expect(await noted(`${taking('a', '/a, /b')}, ${taking('b', '/c')}`)).toHaveLength(1)
})

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
