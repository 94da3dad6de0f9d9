import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type Accelerator,
  type AcceleratorFigure,
  shippedAccelerators,
} from '../../../scenarios/index.ts'
import { SHARED } from '../published.ts'

/** The catalogue against the lists that it was written from. */

const CATALOG = new URL('facts/gpu_catalog.csv', SHARED)
const PRICES = new URL('facts/cloud_prices.csv', SHARED)

const rowsOf = (file: URL) =>
  readFileSync(file, 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(','))

const nameOf = (gpu: string) =>
  gpu.toLowerCase().replace('v100-sxm2-32', 'v100-sxm').replace('b200-sxm6', 'b200-sxm')

/** The figures in the order of the columns of the list, with their names there. */
const figuresOf = (own: Accelerator): (readonly [string, AcceleratorFigure | undefined])[] => [
  ['memory', own.memory_gib],
  ['bandwidth', own.bandwidth_gb_s],
  ['fp32', own.tflops.fp32],
  ['tf32', own.tflops.tf32],
  ['fp16', own.tflops.fp16],
  ['fp8', own.tflops.fp8],
  ['int8', own.tflops.int8],
  ['power', own.power_w],
  ['xGMI', own.interconnect_gb_s],
]

/** `checked`, `memory`, or `checked except fp32/tf32`, for one figure. */
function confidenceOf(stated: string, figure: string): string {
  const [, except = ''] = /^checked(?: except (.*))?$/.exec(stated) ?? [stated, figure]
  return except.split('/').includes(figure) ? 'unverified' : 'checked'
}

/** `GPU FIGURE` for each that differs from the list. */
function differences(rows: readonly string[][], all: readonly Accelerator[]): string[] {
  return rows.flatMap(([gpu, ...cells]) => {
    const own = all.find(({ name }) => name === nameOf(gpu!))
    if (own === undefined) return [`${gpu} is missing`]
    return figuresOf(own).flatMap(([name, figure], i) => {
      // a cell may go on with the kind of link
      const [number] = cells[i]!.split(' ')
      const listed = number === '' ? undefined : Number(number)
      const confidence = listed && confidenceOf(cells.at(-1)!, name)
      const same = figure?.value === listed && figure?.confidence === confidence
      return same ? [] : [`${gpu} ${name}`]
    })
  })
}

describe.skipIf(!existsSync(CATALOG))('the catalogue (skipped without ../shared/data)', () => {
  const all = shippedAccelerators()

  test('has every listed figure, as sure as the list is of it, and no other card', () => {
    const rows = rowsOf(CATALOG)
    expect(rows.length).toBe(all.length)
    expect(differences(rows, all)).toEqual([])
  })

  test('a figure or a confidence that differs is found', () => {
    const rows = rowsOf(CATALOG).filter(([gpu]) => gpu === 'T4' || gpu === 'A10')
    const wrong = rows.map((row) => row.map((cell) => cell.replace(/^(130|memory)$/, 'checked')))
    expect(differences(wrong, all)).toEqual([
      'T4 int8',
      ...figuresOf(all[0]!)
        .filter(([, figure]) => figure !== undefined)
        .map(([name]) => `A10 ${name}`),
    ])
  })

  test('has every listed price', () => {
    const listed = rowsOf(PRICES)
      .filter(([, usd]) => usd !== '')
      .map(([gpu, usd, provider]) => `${nameOf(gpu!)} ${Number(usd)} ${provider}`)
    const own = all.flatMap(({ name, prices }) =>
      prices.map(({ usd_per_hour, provider }) => `${name} ${usd_per_hour} ${provider}`),
    )
    expect(own.toSorted()).toEqual(listed.toSorted())
    expect(own.length).toBeGreaterThan(20)
  })
})
